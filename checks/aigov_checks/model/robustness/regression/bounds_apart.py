"""Bounds of a predicted value over a set that is no box: for each choice of categories or of few features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from aigov_checks.model.robustness.proof_boxes import pieces
from aigov_checks.model.robustness.proof_choices import chosen, ways_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Array


class Bounding(Protocol):
    """Whatever bounds a value."""

    def bounds(self, balls: Balls, work: int) -> tuple[Array, Array, int]:
        """Return lower and upper bounds of the value, and for how many of the samples they were found."""


def bounds_over(prover: Bounding, balls: Balls, work: int) -> tuple[Array, Array, int]:
    """Return the same for any set; as far as there are not too many choices."""
    if balls.kinds is None or (balls.norm != "l0" and not balls.kinds.categories):
        return prover.bounds(balls, work)
    low, high = np.full(len(balls), -np.inf), np.full(len(balls), np.inf)
    for row in range(len(balls)):
        parts = _apart(balls, row)
        if parts is None:
            return low, high, row
        found = prover.bounds(parts, work // len(balls))
        if found[2] < len(parts):
            return low, high, row
        low[row], high[row] = found[0].min(), found[1].max()
    return low, high, len(balls)


def _apart(balls: Balls, row: int) -> Balls | None:
    """Return boxes whose union is the set of a sample, None where they would be too many."""
    if balls.norm == "l0":
        return pieces(balls, row)
    one = balls.take(np.array([row]))
    ways = ways_of(one)
    if not ways:
        return one
    points = chosen(one, 0, ways)
    return one.take(np.zeros(len(points), dtype=np.int64)).from_categories(points)
