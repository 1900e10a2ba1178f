"""The check that compares two models tensor by tensor, whatever their formats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov import (
    FrozenMap,
    Location,
    Measured,
    Measurement,
    Message,
    Model,
    NotPerformed,
    Occurrence,
    Subject,
    Tier,
    check,
    count,
    msg,
    need,
)
from aigov_checks.model.weights.reading import tensors_of
from aigov_checks.model.weights.statistics import measured
from aigov_checks.model.weights.tensors import Tensor, Unread, values

if TYPE_CHECKING:
    from types import ModuleType

_MOST = 10_000
"""Differences that are listed."""


@dataclass(frozen=True, slots=True)
class DifferenceParams:
    """Parameters that a policy may set."""

    first: str = ""
    """Name of the model that is compared with; empty for the first of the subject."""
    second: str = ""
    """Name of the model that is compared; empty for the second of the subject."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tensor with its digest, and the file that holds it."""

    path: str
    tensor: Tensor
    digest: str

    @property
    def key(self) -> tuple[str, str, tuple[int, ...]]:
        return self.digest, self.tensor.dtype, self.tensor.shape


@check(
    id="model.difference",
    title="What differs between two models",
    inputs=("model",),
    measures={
        "tensors_same": "count",
        "tensors_renamed": "count",
        "tensors_added": "count",
        "tensors_removed": "count",
        "tensors_changed": "count",
        "max_abs_difference": "number",
    },
    params=DifferenceParams,
    extras=("robustness",),
)
def difference(subject: Subject, params: DifferenceParams) -> Measured | NotPerformed:
    """Compare the tensors of two models.

    What it measures
    How many tensors of the second model are the same as in the first (`tensors_same`), the same under another name
    (`tensors_renamed`), only in the second (`tensors_added`), only in the first (`tensors_removed`), or of the same
    name and with other values (`tensors_changed`), and the largest absolute difference of two values over all tensors
    that have the same number of elements (`max_abs_difference`, 0 where nothing changed).

    Why it matters
    A new release should change what its notes say and nothing else. A converted file should hold the same weights as
    the one that was tested. A fine-tuned or tampered model shows where it was touched.

    How
    Tensors are read as in `model.weights` and matched by name, then by type, shape and SHA-256 of the raw bytes, so
    that a torch file and its safetensors are the same even where names differ.

    Limits
    A tensor that was transposed, merged, quantised or converted to another type counts as changed, or as removed and
    added. Formats that `model.weights` does not read are not compared, and are said. Two tensors with the same bytes
    (zeros, say) may be matched either way round.

    References
    NIST FIPS 180-4 (SHA-256).
    """
    models = _two(subject, params)
    if models is None:
        return NotPerformed(msg("difference.two-models", count=len(subject.models)))
    numpy = need("numpy", "robustness")
    first, second = (_entries(model, numpy) for model in models)
    unread = [*first[1], *second[1]]
    if unread:
        return NotPerformed(unread[0])
    return _compared(first[0], second[0], numpy)


def _two(subject: Subject, params: DifferenceParams) -> tuple[Model, Model] | None:
    if params.first or params.second:
        return subject.model(params.first), subject.model(params.second)
    return (subject.models[0], subject.models[1]) if len(subject.models) > 1 else None


def _entries(model: Model, numpy: ModuleType) -> tuple[dict[str, _Entry], list[Message]]:
    """Return the tensors of a model by name, and why some could not be read."""
    found: dict[str, _Entry] = {}
    unread: list[Message] = []
    for file in model.files:
        format_, tensors = tensors_of(file.path)
        for tensor in tensors:
            if isinstance(tensor, Unread):
                why = msg(tensor.reason, name=tensor.name, format=format_)
                unread.append(msg("difference.unread", path=file.name, why=why))
                continue
            digest = measured(tensor, numpy, None, means=False)["sha256"]
            name = tensor.name if tensor.name not in found else f"{file.name}:{tensor.name}"
            found[name] = _Entry(file.name, tensor, digest)
    if not found and not unread:
        unread.append(msg("difference.no-tensors", name=model.name))
    return found, unread


def _compared(first: dict[str, _Entry], second: dict[str, _Entry], numpy: ModuleType) -> Measured:
    both = [name for name in first if name in second]
    changed = [name for name in both if first[name].key != second[name].key]
    gone = [name for name in first if name not in second]
    new = [name for name in second if name not in first]
    renamed = _renamed(first, second, gone, new)
    removed = [name for name in gone if name not in renamed]
    added = [name for name in new if name not in set(renamed.values())]
    sizes = {name: _largest(first[name].tensor, second[name].tensor, numpy) for name in changed}
    occurrences = [
        *(_occurrence("changed", second[name], name, sizes[name]) for name in changed),
        *(_occurrence("removed", first[name], name) for name in removed),
        *(_occurrence("added", second[name], name) for name in added),
    ]
    known = [size for size in sizes.values() if size is not None]
    return Measured(
        FrozenMap({
            "tensors_same": count(len(both) - len(changed)),
            "tensors_renamed": count(len(renamed)),
            "tensors_added": count(len(added)),
            "tensors_removed": count(len(removed)),
            "tensors_changed": count(len(changed)),
            "max_abs_difference": Measurement(max(known, default=0.0), "number"),
        }),
        tuple(occurrences[:_MOST]),
        notes=tuple(msg("difference.renamed", first=old, second=name) for old, name in list(renamed.items())[:100]),
    )  # fmt: skip


def _renamed(first: dict[str, _Entry], second: dict[str, _Entry], gone: list[str], new: list[str]) -> dict[str, str]:
    """Return old name to new name of tensors with the same type, shape and bytes."""
    waiting: dict[tuple[str, str, tuple[int, ...]], list[str]] = {}
    for name in reversed(new):
        waiting.setdefault(second[name].key, []).append(name)
    return {name: waiting[first[name].key].pop() for name in gone if waiting.get(first[name].key)}


def _largest(first: Tensor, second: Tensor, numpy: ModuleType) -> float | None:
    """Return the largest absolute difference of two values; infinite where one is no number and the other is."""
    if first.parameters != second.parameters:
        return None
    step, worst = 1 << 18, 0.0
    sizes = [len(tensor.raw) // max(1, tensor.parameters) for tensor in (first, second)]
    for start in range(0, first.parameters, step):
        pieces: list[Any] = []  # numpy arrays
        for tensor, size in zip((first, second), sizes, strict=True):
            piece = values(tensor, tensor.raw[start * size : (start + step) * size], numpy)
            if piece is None:
                return None
            pieces.append(piece.astype("f8"))
        if len(pieces[0]) != len(pieces[1]):
            return None
        gap = numpy.abs(pieces[0] - pieces[1])
        gap[numpy.isnan(pieces[0]) & numpy.isnan(pieces[1])] = 0
        gap[pieces[0] == pieces[1]] = 0
        largest = float(gap.max()) if len(gap) else 0.0
        worst = max(worst, math.inf if math.isnan(largest) else largest)
    return worst


def _occurrence(how: str, entry: _Entry, name: str, size: float | None = None) -> Occurrence:
    shape = "x".join(map(str, entry.tensor.shape)) or "scalar"
    words = {"name": name, "dtype": entry.tensor.dtype, "shape": shape}
    message = msg(f"difference.{how}", **words)
    if how == "changed":
        message = msg("difference.changed-by", size=f"{size:.6g}", **words) if size is not None else message
    return Occurrence(f"weights.{how}", Location(entry.path, pointer=name), message, Tier.VERIFIED, "difference@1")
