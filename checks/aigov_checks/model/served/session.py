"""A served model that is asked for a while: what it takes, what it answers, and everything that must be told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from aigov import Endpoint, UnsupportedInputError, msg
from aigov_checks.model.served.exchange import Exchange, Reply
from aigov_checks.model.served.interface import Interface, interface_of
from aigov_checks.model.served.tensors import KINDS, BadAnswerError, array_of, as_json
from aigov_checks.model.served.words import shown

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

_MOST_METADATA, _MOST_ANSWER = 1 << 20, 1 << 25
"""Bytes of an answer (1 MiB, 32 MiB)."""
_BINARY, _LENGTH = "binary_tensor_data", "inference-header-content-length"
_MOST_OUTPUTS = 64


@dataclass(slots=True, eq=False)
class Session:
    """A model behind an endpoint; calling it asks."""

    endpoint: Endpoint
    timeout: float
    """Seconds of one request."""
    until: float = float("inf")
    """Reading of the monotonic clock after which nothing more is asked."""
    exchange: Exchange = field(init=False)
    server: str = "?"
    """Name and version of the server, where it says them."""
    platform: str = "?"
    versions: tuple[str, ...] = ()
    """Versions that the server has."""
    answered: str = ""
    """Version that answers say they come from; empty where they say nothing."""
    _binary: bool = False
    _interface: Interface | None = None

    def __post_init__(self) -> None:
        """Make the exchange."""
        self.exchange = Exchange(self.endpoint, self.timeout)

    @property
    def path(self) -> str:
        """Path of the model behind that of the server."""
        version = f"/versions/{quote(self.endpoint.version, safe='')}" if self.endpoint.version else ""
        return f"/v2/models/{quote(self.endpoint.model, safe='')}{version}"

    def interface(self, shape: tuple[int, ...]) -> Interface:
        """Return what the model takes and answers, by its metadata; `shape` is that of a sample of the data set.

        Raises:
            UnsupportedInputError: the server does not answer, or the model takes something else than one sample a row.
        """
        if self._interface is None:
            self._greet()
            reply = self.exchange.good(self.exchange.ask(self.path, None, {}, _MOST_METADATA))
            found = self._object(reply.data)
            self.platform = shown(found.get("platform", "?"))
            versions = found.get("versions")
            self.versions = tuple(map(shown, versions[:20])) if isinstance(versions, list) else ()
            try:
                self._interface = interface_of(found, self.endpoint, shape)
            except BadAnswerError as error:
                raise self._bad(error) from error
        return self._interface

    def __call__(self, x: Array) -> Array:
        """Return what the model answers for samples of shape (n, ...), in as many requests as it takes.

        Raises:
            UnsupportedInputError: no answer, or none that fits.
        """
        interface = self.interface(x.shape[1:])
        size = interface.rows or self.endpoint.batch
        parts = [self._part(x[at : at + size], interface) for at in range(0, len(x), size)]
        if not parts:
            return np.zeros((0, 1))
        if len({part.shape[1:] for part in parts}) > 1:
            raise self._bad(BadAnswerError(msg("served.bad.changing")))
        return np.concatenate(parts)

    def _part(self, x: Array, interface: Interface) -> Array:
        if monotonic() > self.until:
            raise UnsupportedInputError(msg("served.too-long", address=self.exchange.where))
        rows = interface.rows or len(x)
        full = np.concatenate([x, np.repeat(x[-1:], rows - len(x), axis=0)]) if rows > len(x) else x
        body, headers = self._request(full, interface)
        reply = self.exchange.good(self.exchange.ask(f"{self.path}/infer", body, headers, _MOST_ANSWER))
        try:
            return self._answer(reply, rows, interface)[: len(x)]
        except BadAnswerError as error:
            raise self._bad(error) from error

    def _request(self, x: Array, interface: Interface) -> tuple[bytes, dict[str, str]]:
        inputs, blocks = [], []
        for name, part in interface.parts(x):
            tensor: dict[str, Any] = {"name": name, "shape": list(part.shape), "datatype": interface.datatype}
            if self._binary:
                blocks.append(np.ascontiguousarray(part).tobytes())
                tensor["parameters"] = {"binary_data_size": len(blocks[-1])}
            else:
                tensor["data"] = as_json(part)
            inputs.append(tensor)
        request: dict[str, Any] = {"id": str(self.exchange.requests), "inputs": inputs}
        if interface.output:
            more = {"parameters": {"binary_data": True}} if self._binary and interface.numeric else {}
            request["outputs"] = [{"name": interface.output, **more}]
        text = json.dumps(request, separators=(",", ":"), allow_nan=False).encode()
        if not self._binary:
            return text, {"Content-Type": "application/json"}
        headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(text))}
        return text + b"".join(blocks), headers

    def _answer(self, reply: Reply, rows: int, interface: Interface) -> Array:
        text, blocks = _apart(reply)
        found = self._object(text)
        self._check(found)
        outputs = found.get("outputs")
        if not isinstance(outputs, list) or not 0 < len(outputs) <= _MOST_OUTPUTS:
            raise BadAnswerError(msg("served.bad.outputs"))
        at, chosen = 0, []
        for output in outputs:
            if not isinstance(output, Mapping):
                raise BadAnswerError(msg("served.bad.outputs"))
            raw, at = _block(output, blocks, at)
            if not interface.output or output.get("name") == interface.output:
                chosen.append((output, raw))
        if len(chosen) != 1:
            raise BadAnswerError(msg("served.bad.outputs"))
        return array_of(*chosen[0], rows)

    def _check(self, found: Mapping[str, Any]) -> None:
        """Let no answer pass that is another model's, or another version's than the answers before."""
        name, version = found.get("model_name"), found.get("model_version")
        if isinstance(name, str) and name != self.endpoint.model:
            raise BadAnswerError(msg("served.bad.model", name=shown(name)))
        said = "" if version is None else shown(version)
        if not said or said == "?":
            return
        wanted = self.answered or self.endpoint.version
        if wanted and said != wanted:
            raise BadAnswerError(msg("served.bad.version", before=wanted, after=said))
        self.answered = said

    def _greet(self) -> None:
        """Ask the server who it is, and whether tensors may travel as bytes; it need not say."""
        reply = self.exchange.ask("/v2", None, {}, _MOST_METADATA)
        try:
            found = json.loads(reply.data)
        except (ValueError, RecursionError):
            return
        if isinstance(found, dict):
            self.server = shown(f"{found.get('name', '?')} {found.get('version', '')}")
            extensions = found.get("extensions")
            self._binary = isinstance(extensions, list) and _BINARY in extensions

    def _object(self, data: bytes | memoryview) -> Mapping[str, Any]:
        try:
            found = json.loads(bytes(data))
        except (ValueError, RecursionError) as error:
            raise UnsupportedInputError(
                msg(
                    "served.not-json",
                    address=self.exchange.where,
                    begins=shown(bytes(data[:40]).decode("utf-8", "replace")),
                )
            ) from error
        if not isinstance(found, dict):
            raise UnsupportedInputError(
                msg("served.not-json", address=self.exchange.where, begins=type(found).__name__)
            )
        return found

    def _bad(self, error: BadAnswerError) -> UnsupportedInputError:
        return UnsupportedInputError(msg("served.bad-answer", address=self.exchange.where, problem=error.problem))

    @property
    def encoding(self) -> str:
        """How tensors travel."""
        return "binary" if self._binary else "json"


def _apart(reply: Reply) -> tuple[memoryview, memoryview]:
    """Return the JSON of an answer, and the bytes behind it."""
    data, given = memoryview(reply.data), reply.headers.get(_LENGTH)
    if given is None:
        return data, data[len(data) :]
    if not (given.isascii() and given.isdigit() and len(given) < 12 and int(given) <= len(data)):  # noqa: PLR2004  # digits of any real length
        raise BadAnswerError(msg("served.bad.outputs"))
    return data[: int(given)], data[int(given) :]


def _block(output: Mapping[str, Any], blocks: memoryview, at: int) -> tuple[memoryview | None, int]:
    """Return the bytes of an output, None where they are in the JSON, and where those of the next one begin."""
    parameters = output.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, Mapping) else None
    if size is None:
        return None, at
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= len(blocks) - at:
        raise BadAnswerError(msg("served.bad.outputs"))
    return blocks[at : at + size], at + size


def dtype_of(datatype: str) -> Any:  # a numpy dtype
    """Return the type in which a model takes numbers."""
    return np.dtype(KINDS[datatype]).newbyteorder("=")
