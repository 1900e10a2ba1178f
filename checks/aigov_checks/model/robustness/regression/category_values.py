"""Searches for the extremes of a value from several choices of categories."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.category_search import Starts, best_single
from aigov_checks.model.robustness.regression.stages import Search

if TYPE_CHECKING:
    from aigov_checks.model.robustness.category_search import Height
    from aigov_checks.model.robustness.predictor import Array, Counted
    from aigov_checks.model.robustness.regression.extremes import Extremes
    from aigov_checks.model.robustness.regression.stages import Around

_SIGNS = (1.0, -1.0)


@dataclass(frozen=True, slots=True, eq=False)
class OverCategories:
    """A search that moves numbers, tried from each choice of categories that raises or lowers the value."""

    inner: Search
    up: Starts = field(default_factory=Starts)
    down: Starts = field(default_factory=Starts)

    @property
    def name(self) -> str:
        """As of the search."""
        return self.inner.name

    @property
    def gradients(self) -> int:
        """Gradients taken so far."""
        return int(getattr(self.inner, "gradients", 0))

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer what the search finds from every start, and then with one category changed once more."""
        self.inner.widen(extremes, self._from(around, around.balls.x))
        for sign, starts in zip(_SIGNS, (self.up, self.down), strict=True):
            height = _height(around.model, sign)
            nobody = np.zeros(len(around.rows), dtype=np.int64)
            for start in starts.of(lambda _, height=height: height, around.balls, nobody, around.seed)[1:3]:  # type: ignore[misc]  # bound here
                extremes.offer(around.model, around.rows, around.balls, start)
                self.inner.widen(extremes, self._from(around, start))
            reached = (extremes.high_points if sign > 0 else extremes.low_points)[around.rows]
            points = around.balls.project(reached)
            random = np.random.default_rng((around.seed, 1))
            again = best_single(height, around.balls, points, random)
            extremes.offer(around.model, around.rows, around.balls, again)

    @staticmethod
    def _from(around: Around, start: Array) -> Around:
        return replace(around, balls=around.balls.from_categories(start))


def _height(model: Counted, sign: float) -> Height:
    """Return what is small where the value is far up, or far down for a sign of -1, and smallest where undefined."""

    def of(points: Array) -> Array:
        values = -sign * model.scores(points)[:, 0].astype(np.float64)
        return np.where(np.isfinite(values), values, -np.inf)

    return of
