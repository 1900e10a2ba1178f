"""Every attack from several choices of categories: whatever moves numbers then moves them from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.cascade import Answered, Stage
from aigov_checks.model.robustness.category_search import Height, Starts, best_single
from aigov_checks.model.robustness.predictor import Array, Counted, margins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.model.robustness.ball import Balls


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
        """Return the first point of another class, or else the last one that the stage found, per sample."""
        chosen = self.starts.of(self._margins, balls, y, seed)
        best, standing = balls.x.copy(), np.arange(len(y))
        for number, start in enumerate(chosen):
            if not len(standing):
                break
            rows = standing[_fresh(chosen[: number + 1, standing])]
            rows, kept = self._broken(start[rows], rows, y, best)
            standing = np.setdiff1d(standing, kept)
            if not len(rows):
                continue
            part = balls.take(rows).from_categories(start[rows])
            found = self.inner.candidates(part, y[rows], seed + number)
            points = part.project(_finite(found.points if isinstance(found, Answered) else found, part))
            rows, kept = self._broken(points, rows, y, best)
            standing = np.setdiff1d(standing, kept)
        if len(standing):
            self._once_more(balls, y, standing, best, seed)
        return best

    def _once_more(self, balls: Balls, y: Array, standing: Array, best: Array, seed: int) -> None:
        """Change one category of what the stage made of the samples that stand."""
        part, labels = balls.take(standing), y[standing]
        random = np.random.default_rng((seed, 1))
        points = best_single(self._margins(labels), part, best[standing], random)
        best[standing] = points

    def _margins(self, y: Array) -> Height:
        return lambda points: margins(self.model.scores(points), y)

    def _broken(self, points: Array, rows: Array, y: Array, best: Array) -> tuple[Array, Array]:
        """Keep the points, and return which rows stand and which fell."""
        if not len(rows):
            return rows, rows
        best[rows] = points
        fell = self.model.predict(points) != y[rows]
        return rows[~fell], rows[fell]


def over_categories(model: Counted, stages: Sequence[Stage], starts: Starts) -> list[Stage]:
    """Return stages that choose categories first; exact ones do so themselves."""
    return [stage if stage.name.startswith("exact") else OverCategories(model, stage, starts) for stage in stages]


def _fresh(chosen: Array) -> Array:
    """Return for which samples the last of the starts (starts, n, ...) is none of those before."""
    last = chosen[-1]
    same = [(last == before).reshape(len(last), -1).all(axis=1) for before in chosen[:-1]]
    found: Array = ~np.any(same, axis=0) if same else np.ones(len(last), dtype=bool)
    return found


def _finite(points: Array, balls: Balls) -> Array:
    return np.where(np.isfinite(points), points, balls.x)
