"""Files of Keras 3, on its torch backend. Only layers of Keras itself; in the sandbox, after a clean scan.

Source: Keras 3 serialization, with safe_mode; CVE-2025-1550, CVE-2025-9906, CVE-2025-49655, CVE-2026-1462 and
CVE-2026-1669 say why that alone is not relied on (ADR 81).
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, msg, need
from aigov_checks.model.robustness.networks.network import Network, Tensor, tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

_DTYPES: dict[str, npt.DTypeLike] = {"float64": np.float64, "float16": np.float16}
_FLOATS = ("float64", "float32", "float16", "bfloat16")
_SQUASHING = ("softmax", "sigmoid")
_OLDEST = 3
"""Version that wrote the oldest files that are read."""
_INSTALLED = 3, 15
"""Oldest installed version that loads: those before let files reach code or other files, whatever `safe_mode` says."""


def keras_network(data: bytes, name: str) -> Network:
    """Return the network of a `.keras` archive.

    Raises:
        UnsupportedInputError: written before Keras 3, several inputs, or none of floating point.
        MissingExtraError: keras is not installed.
        ValueError, TypeError: it cannot be loaded, or holds a layer that Keras does not know.
    """
    keras = _keras()
    with zipfile.ZipFile(BytesIO(data)) as archive:
        version = str(json.loads(archive.read("metadata.json")).get("keras_version", ""))
    if not version.partition(".")[0].isdecimal() or int(version.partition(".")[0]) < _OLDEST:
        raise UnsupportedInputError(msg("robustness.network.old-keras", file=name, version=version[:20]))
    return _network(keras, data, name, "cpu")


def _keras() -> Any:  # keras is untyped
    """Import Keras on torch; it reads its backend and its device from the environment, once.

    Raises:
        UnsupportedInputError: it was imported before, on another backend, or is one with known holes.
    """
    os.environ["KERAS_BACKEND"] = "torch"
    keras = need("keras", "keras")
    backend = str(keras.backend.backend())
    if backend != "torch":
        raise UnsupportedInputError(msg("robustness.network.backend", backend=backend))
    installed = str(keras.__version__)
    if tuple(int(part) for part in installed.split(".")[:2]) < _INSTALLED:
        least = ".".join(map(str, _INSTALLED))
        raise UnsupportedInputError(msg("robustness.network.keras-version", version=installed, least=least))
    return keras


def _network(keras: Any, data: bytes, name: str, device: str) -> Network:  # keras is untyped
    model = _loaded(keras, data, device)
    inputs = model.inputs or ()
    if len(inputs) > 1:
        raise UnsupportedInputError(
            msg("robustness.several-inputs", file=name, inputs=tuple(str(item.name) for item in inputs))
        )
    kind = str(inputs[0].dtype) if inputs else "float32"
    if kind not in _FLOATS:
        raise UnsupportedInputError(msg("robustness.input-type", file=name, type=kind))
    sizes = tuple(inputs[0].shape) if inputs else ()
    network = Network(
        f"keras {keras.__version__}, torch {need('torch', 'torch').__version__}",
        _on(keras, device, model),
        _DTYPES.get(kind, np.float32),
        lambda other: _network(keras, data, name, other),
        shape=sizes[1:] or None,
        batch=sizes[0] if sizes else None,
        device=device,
    )
    return replace(network, before=_before(keras, data, model, device))


def _loaded(keras: Any, data: bytes, device: str) -> Any:  # keras is untyped
    with keras.device(device):
        lib = need("keras.src.saving.saving_lib", "keras")  # the public function takes a path, these are the very bytes
        model = lib.load_model(BytesIO(data), compile=False, safe_mode=True)
    for weight in model.parameters():
        weight.requires_grad_(False)  # noqa: FBT003  # torch's own order
    return model


def _before(keras: Any, data: bytes, model: Any, device: str) -> Callable[[Tensor], Tensor] | None:  # keras is untyped
    """Return the network with its last layer made linear, None where that layer squashes nothing."""
    last = getattr(model.layers[-1], "activation", None) if model.layers else None
    if getattr(last, "__name__", "") not in _SQUASHING:
        return None
    inner = _loaded(keras, data, device)
    inner.layers[-1].activation = keras.activations.linear
    run = _on(keras, device, inner)
    return lambda x: tensors_of(run(x))[0]


def _on(keras: Any, device: str, model: Any) -> Callable[[Tensor], Any]:  # keras is untyped; a tensor, or several
    def run(x: Tensor) -> Any:  # a tensor, or several
        with keras.device(device):
            return model(x, training=False)

    return run
