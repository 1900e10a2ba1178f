"""Rows of weight matrices that are dead, equal, or stand out in the last layer: hints for a person, never a gate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov_checks.model.weights.tensors import FLOATS, Tensor, values

if TYPE_CHECKING:
    from types import ModuleType

LARGEST = 1 << 26
"""Bytes of a matrix whose rows are compared (64 MiB)."""
_FEWEST_ROWS, _FEWEST_COLUMNS, _MOST_CLASSES = 4, 4, 10_000
_OUTLIER = 8.0
"""Robust standard deviations (1.4826 times the median deviation) by which the norm of a row stands out."""
_SCALE = 1.4826


@dataclass(frozen=True, slots=True)
class Rows:
    """Counts over one matrix."""

    dead: int
    duplicate: int
    outliers: tuple[int, ...]
    """Rows whose norm stands out; computed for every matrix that could be a last layer."""


def look_at_rows(tensor: Tensor, numpy: ModuleType) -> Rows | None:
    """Return what the rows of a matrix show; None for what is no matrix of floats, or too large."""
    if tensor.dtype not in FLOATS or len(tensor.shape) < 2 or len(tensor.raw) > LARGEST:  # noqa: PLR2004  # rows and columns
        return None
    rows = tensor.shape[0]
    if rows < _FEWEST_ROWS or tensor.parameters < rows * _FEWEST_COLUMNS:
        return None
    numbers = values(tensor, tensor.raw, numpy)
    if numbers is None:
        return None
    matrix = numbers.reshape(rows, -1)
    alive = matrix.any(axis=1)
    kinds = {row.tobytes() for row in matrix[alive]}
    return Rows(int(rows - alive.sum()), int(alive.sum()) - len(kinds), _outliers(matrix, numpy))


def _outliers(matrix: Any, numpy: ModuleType) -> tuple[int, ...]:  # a numpy matrix
    if len(matrix) > _MOST_CLASSES or not numpy.isfinite(matrix).all():
        return ()
    norms = numpy.sqrt(numpy.square(matrix, dtype="f8").sum(axis=1))
    middle = float(numpy.median(norms))
    spread = _SCALE * float(numpy.median(numpy.abs(norms - middle)))
    if spread == 0 or not math.isfinite(spread):
        return ()
    return tuple(int(i) for i in numpy.flatnonzero(numpy.abs(norms - middle) > _OUTLIER * spread)[:20])
