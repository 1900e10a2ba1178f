"""Every attack from several choices of categories: whatever moves numbers then moves them from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.cascade import Answered, Stage
from aigov_checks.model.robustness.category_search import Height, Starts, best_single
from aigov_checks.model.robustness.predictor import Array, Counted, classes_of, margins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.model.robustness.ball import Balls


@dataclass(frozen=True, slots=True, eq=False)
class _Best:
    """For each sample the point with the smallest margin so far; above zero unless the class is another one."""

    points: Array
    margins: Array


@dataclass(frozen=True, slots=True, eq=False)
class OverCategories:
    """A stage that moves numbers, tried from each choice of categories on the samples that still stand."""

    model: Counted
    inner: Stage
    starts: Starts = field(default_factory=Starts)

    @property
    def name(self) -> str:
        """As of the stage."""
        return self.inner.name

    @property
    def family(self) -> str:
        """As of the stage."""
        return self.inner.family

    @property
    def gradients(self) -> int:
        """Gradients taken so far."""
        return int(getattr(self.inner, "gradients", 0))

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return a point of another class where one was found, or else the one with the smallest margin, per sample."""
        chosen = self.starts.of(self._margins, balls, y, seed)
        best = _Best(balls.x.copy(), np.full(len(y), np.inf))
        for number, start in enumerate(chosen):
            rows = np.flatnonzero(best.margins > 0)
            rows = rows[_fresh(chosen[: number + 1, rows])]
            self._from(start, balls, y, best, (rows, seed + number))
        rows = np.flatnonzero(best.margins > 0)
        if len(rows):  # other categories may be worst for the numbers that were found
            random = np.random.default_rng((seed, 1))
            again = best.points.copy()
            again[rows] = best_single(self._margins(y[rows]), balls.take(rows), best.points[rows], random)
            self._offer(again[rows], rows, y, best)
            rows = rows[_fresh(np.concatenate([chosen[:, rows], _categories(again, balls)[None, rows]]))]
            self._from(_categories(again, balls), balls, y, best, (rows, seed + len(chosen)))
        return best.points

    def _from(self, start: Array, balls: Balls, y: Array, best: _Best, how: tuple[Array, int]) -> None:
        """Ask about one start, and run the stage from it on those of the rows that stand."""
        rows, seed = how
        self._offer(start[rows], rows, y, best)
        rows = rows[best.margins[rows] > 0]
        if not len(rows):
            return
        part = balls.take(rows).from_categories(start[rows])
        found = self.inner.candidates(part, y[rows], seed)
        points = found.points if isinstance(found, Answered) else found
        self._offer(part.project(np.where(np.isfinite(points), points, part.x)), rows, y, best)

    def _offer(self, points: Array, rows: Array, y: Array, best: _Best) -> None:
        """Keep points that the model calls another class, or that come nearer to it."""
        if not len(rows):
            return
        scores = self.model.scores(points)
        found = margins(scores, y[rows])
        found = np.where(classes_of(scores) == y[rows], np.maximum(found, np.finfo(float).tiny), np.minimum(found, 0.0))
        better = found < best.margins[rows]
        best.points[rows[better]], best.margins[rows[better]] = points[better], found[better]

    def _margins(self, y: Array) -> Height:
        return lambda points: margins(self.model.scores(points), y)


def over_categories(model: Counted, stages: Sequence[Stage], starts: Starts) -> list[Stage]:
    """Return stages that choose categories first; exact ones do so themselves."""
    return [stage if stage.name.startswith("exact") else OverCategories(model, stage, starts) for stage in stages]


def _fresh(chosen: Array) -> Array:
    """Return for which samples the last of the starts (starts, n, ...) is none of those before."""
    last = chosen[-1]
    if not len(last):
        return np.zeros(0, dtype=bool)
    same = [(last == before).reshape(len(last), -1).all(axis=1) for before in chosen[:-1]]
    found: Array = ~np.any(same, axis=0) if same else np.ones(len(last), dtype=bool)
    return found


def _categories(points: Array, balls: Balls) -> Array:
    """Return the samples with the categories of some points."""
    if balls.kinds is None:
        return balls.x
    return np.where(balls.kinds.categorical.reshape(balls.eps.shape), points, balls.x)
