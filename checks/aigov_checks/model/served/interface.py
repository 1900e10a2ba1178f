"""What a served model takes and answers, by its metadata: samples as rows of one input, or a column an input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov import Endpoint, msg
from aigov_checks.model.served.tensors import KINDS, TEXT, BadAnswerError, Described, described
from aigov_checks.model.served.words import shown

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

_FLOATS = ("FP32", "FP64")
_FIRST = "input-0"
"""Name of the input of a model that describes none."""


@dataclass(frozen=True, slots=True)
class Interface:
    """How the model is asked."""

    inputs: tuple[str, ...]
    """One for whole samples, or one a feature."""
    datatype: str
    shape: tuple[int | None, ...] | None
    """Shape of a sample; None where the model does not say."""
    rows: int
    """Samples of every request where the model fixes them, else 0."""
    output: str
    """Output to read; empty where the model does not name its outputs."""
    numeric: bool
    """Whether that output is of numbers."""
    column: bool = False
    """Whether inputs of one feature have the shape (n, 1) rather than (n,)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, where there is one input a feature."""
        return self.inputs if len(self.inputs) > 1 else ()

    def parts(self, x: Array) -> Iterator[tuple[str, Array]]:
        """Yield each input with its values."""
        wire = x.astype(KINDS[self.datatype])
        if len(self.inputs) == 1:
            yield self.inputs[0], wire
            return
        for place, name in enumerate(self.inputs):
            yield name, wire[:, place : place + 1] if self.column else wire[:, place]


def interface_of(metadata: Mapping[str, Any], endpoint: Endpoint, shape: tuple[int, ...]) -> Interface:
    """Return how a model is asked; `shape` is that of a sample of the data set.

    Raises:
        BadAnswerError: the metadata are none, or describe something that cannot be asked.
    """
    name = metadata.get("name")
    if isinstance(name, str) and name != endpoint.model:
        raise BadAnswerError(msg("served.bad.model", name=shown(name)))
    inputs, outputs = _tensors(metadata.get("inputs")), _tensors(metadata.get("outputs"))
    output = _output(outputs, endpoint.output)
    chosen = output.name if output is not None else endpoint.output
    numeric = output is None or output.datatype != TEXT
    if not inputs:
        return Interface((_FIRST,), "FP32", None, 0, chosen, numeric)
    kinds = {tensor.datatype for tensor in inputs}
    if len(kinds) > 1 or not kinds <= set(_FLOATS):
        raise BadAnswerError(msg("served.bad.inputs", kinds=tuple(sorted(map(shown, kinds)))))
    rows = _rows(inputs)
    if len(inputs) == 1:
        own = tuple(None if axis < 0 else axis for axis in inputs[0].shape[1:])
        return Interface((inputs[0].name,), kinds.pop(), own, rows, chosen, numeric)
    widths = {tensor.shape[1:] for tensor in inputs}
    if len(widths) > 1 or not widths <= {(), (1,), (-1,)} or shape != (len(inputs),):
        raise BadAnswerError(msg("served.bad.columns", inputs=len(inputs), shape="x".join(map(str, shape))))
    names = tuple(tensor.name for tensor in inputs)
    return Interface(names, kinds.pop(), (len(inputs),), rows, chosen, numeric, column=widths != {()})


def _tensors(value: Any) -> list[Described]:  # any JSON value
    if value is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadAnswerError(msg("served.bad.tensor"))
    found = [described(tensor) for tensor in value[:10_000]]
    if len({tensor.name for tensor in found}) != len(found):
        raise BadAnswerError(msg("served.bad.tensor"))
    return found


def _rows(inputs: Sequence[Described]) -> int:
    """Return how many samples a request holds, 0 for any number."""
    firsts = {tensor.shape[0] if tensor.shape else None for tensor in inputs}
    if len(firsts) > 1 or None in firsts or 0 in firsts:
        raise BadAnswerError(msg("served.bad.batch"))
    first = firsts.pop()
    if first is None or first > 1 << 16:
        raise BadAnswerError(msg("served.bad.batch"))
    return max(0, first)


def _output(outputs: Sequence[Described], wanted: str) -> Described | None:
    """Return the output to read, None where the model names none."""
    if wanted and outputs:
        chosen = [output for output in outputs if output.name == wanted]
        if not chosen:
            raise BadAnswerError(msg("served.bad.no-output", name=wanted, names=_names(outputs)))
        return chosen[0]
    if len(outputs) > 1:
        raise BadAnswerError(msg("served.bad.several-outputs", names=_names(outputs)))
    return outputs[0] if outputs else None


def _names(outputs: Sequence[Described]) -> tuple[str, ...]:
    return tuple(shown(output.name) for output in outputs[:10])
