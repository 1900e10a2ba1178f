"""Attacks from cheap to dear on the samples that still stand; every success is verified on the original model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from aigov_checks.model.robustness.ball import balls_around
from aigov_checks.model.robustness.budget import Budget
from aigov_checks.model.robustness.predictor import Array, Counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.model.robustness.ball import Balls

_FRUITLESS = 2
"""Stages of a family in a row that break nothing before the rest of it is skipped."""


class Stage(Protocol):
    """One attack."""

    @property
    def name(self) -> str:
        """Stable id, `apgd-ce-10`."""

    @property
    def family(self) -> str:
        """Stages of one family are given up once two of them in a row broke nothing; empty for none."""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array | Answered:
        """Return one candidate a sample, which need not lie in the ball; an exact stage says what it proved, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What an exact stage found: one candidate a sample, and for which samples there is provably none."""

    points: Array
    proven: Array


@dataclass(slots=True, eq=False)
class Broken:
    """What the attacks found for n samples at one size."""

    by: list[str]
    """Stage that broke each sample; empty where it stands (or was misclassified from the start)."""
    points: dict[int, Array] = field(default_factory=dict)
    """Row to its adversarial input, verified."""

    proven: set[int] = field(default_factory=set)
    """Rows for which an exact stage showed that nothing breaks them."""
    exact: bool = False
    """Whether an exact stage ran."""

    @property
    def rows(self) -> Array:
        """Rows that are broken, ascending."""
        return np.array(sorted(self.points), dtype=np.int64)

    def unsettled(self, rows: Array) -> Array:
        """Return those of `rows` on which an exact stage reached no answer; none where no stage is exact."""
        left = [row for row in rows.tolist() if row not in self.points and row not in self.proven]
        return np.array(left if self.exact else [], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Attacked:
    """The samples under attack: `x` (n, ...) in the model's shape, labels as class numbers, and the model."""

    model: Counted
    x: Array
    y: Array
    budget: Budget
    seed: int
    batch: int
    """Samples that are attacked at a time."""

    def balls(self, rows: Array, multiple: float) -> Balls:
        """Return the allowed inputs around some samples."""
        return balls_around(self.x[rows], self.budget, multiple, self.model.inner.dtype)


def attack(attacked: Attacked, stages: Sequence[Stage], rows: Array, multiple: float) -> Broken:
    """Run the stages on `rows` in batches, each on those that the ones before left standing."""
    result = Broken([""] * len(attacked.x))
    for start in range(0, len(rows), attacked.batch):
        standing = rows[start : start + attacked.batch]
        balls = attacked.balls(standing, multiple)
        fruitless: Counter[str] = Counter()
        for place, stage in enumerate(stages):
            if not len(standing):
                break
            if stage.family and fruitless[stage.family] >= _FRUITLESS:
                continue
            seed = _seed(attacked.seed, place, start)
            won, settled = _run(attacked, stage, standing, balls, seed, result)
            fruitless[stage.family] = 0 if won.any() else fruitless[stage.family] + 1
            standing, balls = standing[~settled], balls.take(~settled)
    return result


def _run(  # noqa: PLR0913, PLR0917  # all that one call of an attack needs
    attacked: Attacked, stage: Stage, rows: Array, balls: Balls, seed: int, result: Broken
) -> tuple[Array, Array]:
    """Run one stage, record what it broke and proved, and return which rows it broke and which need no more."""
    y = attacked.y[rows]
    answer = stage.candidates(balls, y, seed)
    points = answer.points if isinstance(answer, Answered) else answer
    candidates = balls.project(np.where(np.isfinite(points), points, balls.x))
    won = verified(attacked.model, balls, candidates, y)
    for place in np.flatnonzero(won):
        result.by[rows[place]] = stage.name
        result.points[int(rows[place])] = candidates[place].copy()
    if not isinstance(answer, Answered):
        return won, won
    result.exact = True
    proven = answer.proven & ~won
    result.proven.update(rows[proven].tolist())
    return won, won | proven


def verified(model: Counted, balls: Balls, candidates: Array, y: Array) -> Array:
    """Return which candidates lie in the allowed set and are misclassified by the original model in its precision."""
    moved = (candidates != balls.x).reshape(len(y), -1).any(axis=1)
    result = np.zeros(len(y), dtype=bool)
    rows = np.flatnonzero(moved & balls.contain(candidates))
    if len(rows):
        result[rows] = model.predict(candidates[rows]) != y[rows]
    return result


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
