"""The lowest and the highest value that a model was seen to give, and provably can give, around each sample."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Counted

_NAME = "<U32"


@dataclass(slots=True, eq=False)
class Extremes:
    """For each of n samples; values are those of the original model, in float64."""

    low: Array
    """Lowest value reached by a point that lies in the allowed set, shape (n,)."""
    high: Array
    low_points: Array
    """Where it was reached, shape (n, ...)."""
    high_points: Array
    floor: Array
    """What no value falls below; minus infinity where nothing is proved."""
    ceiling: Array
    broken: Array
    """Whether a point was found whose output is not finite."""
    low_by: Array
    """Name of the search that reached it, empty where none went below the prediction itself."""
    high_by: Array

    @property
    def found(self) -> Array:
        """Lowest and highest value reached, shape (n, 2)."""
        return np.stack([self.low, self.high], axis=1)

    @property
    def proved(self) -> Array:
        """Bounds of every value, shape (n, 2)."""
        return np.stack([self.floor, self.ceiling], axis=1)

    def offer(self, model: Counted, rows: Array, balls: Balls, candidates: Array) -> None:
        """Try one candidate a row on the original model, and keep it where it is allowed and goes further."""
        points = balls.project(np.where(np.isfinite(candidates), candidates, balls.x))
        allowed = balls.contain(points)
        values = model.scores(points)[:, 0].astype(np.float64)
        finite = np.isfinite(values)
        self.broken[rows[allowed & ~finite]] = True
        lower = allowed & finite & (values < self.low[rows])
        higher = allowed & finite & (values > self.high[rows])
        self.low[rows[lower]], self.high[rows[higher]] = values[lower], values[higher]
        self.low_points[rows[lower]], self.high_points[rows[higher]] = points[lower], points[higher]

    def credit(self, name: str, low: Array, high: Array) -> None:
        """Name the search that went beyond the given ends (n,), which were known before it."""
        self.low_by[self.low < low] = name
        self.high_by[self.high > high] = name

    def prove(self, rows: Array, floor: Array, ceiling: Array) -> None:
        """Keep bounds that hold, where they are better."""
        self.floor[rows] = np.maximum(self.floor[rows], floor)
        self.ceiling[rows] = np.minimum(self.ceiling[rows], ceiling)


def at_rest(x: Array, predicted: Array) -> Extremes:
    """Return what is known before any search: the predictions themselves."""
    values = predicted.astype(np.float64)
    unknown = np.full(len(x), np.inf)
    broken = ~np.isfinite(values)
    nobody = np.full(len(x), "", dtype=_NAME)
    return Extremes(
        values.copy(), values.copy(), x.copy(), x.copy(), -unknown, unknown.copy(), broken, nobody, nobody.copy()
    )


def joined(parts: Sequence[Extremes]) -> Extremes:
    """Return what is known of several groups of samples, one after the other."""
    names = [field.name for field in fields(Extremes)]
    return Extremes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def grown(smaller: Extremes) -> Extremes:
    """Return what a smaller budget says of a larger one: whatever it reached is reached, nothing is proved."""
    unknown = np.full(len(smaller.low), np.inf)
    low, high = smaller.low.copy(), smaller.high.copy()
    points = smaller.low_points.copy(), smaller.high_points.copy()
    by = smaller.low_by.copy(), smaller.high_by.copy()
    return Extremes(low, high, *points, -unknown, unknown.copy(), smaller.broken.copy(), *by)
