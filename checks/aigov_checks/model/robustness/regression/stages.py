"""Searches for the extremes of a predicted value: exact where there is an exact answer, else gradients and chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

import numpy as np

from aigov_checks.model.robustness.ball import Balls
from aigov_checks.model.robustness.linear_choices import furthest, is_exact
from aigov_checks.model.robustness.predictor import Affine, Array, Counted
from aigov_checks.model.robustness.regression.ascent import Slope, ascend
from aigov_checks.model.robustness.regression.extremes import Extremes
from aigov_checks.model.robustness.sparse_search import sparse_search
from aigov_checks.model.robustness.square import Limits, square
from aigov_checks.model.robustness.tree_extremes import highest, negated
from aigov_checks.model.robustness.tree_program import Box
from aigov_checks.model.robustness.tree_union import Work, union_of
from aigov_checks.model.robustness.trees import Ensemble

_SIGNS = (1.0, -1.0)
_MOST_MARKS = 20_000_000
"""Nodes times samples that are marked at a time; bounds the memory."""
_ROUNDING = 1e-9
"""Share by which the sums of a linear model may be off; what is read agrees with the model to as much."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The samples of one batch: the model, their rows among all samples, and what may become of them."""

    model: Counted
    rows: Array
    balls: Balls
    seed: int


class Search(Protocol):
    """One way of looking for extremes."""

    @property
    def name(self) -> str:
        """Stable id, `exact-milp`."""

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer points to `extremes`, and prove bounds."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactLinearValues:
    """The closed form of a linear model: nothing goes further than the point it offers."""

    affine: Affine
    name: str = "exact-linear"

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer the point furthest along the slope and against it; for l2 the optimum satisfies the KKT conditions."""
        slope = np.broadcast_to(self.affine.weights[:, 0], around.balls.x.shape)
        ends = []
        for sign in _SIGNS:
            found = furthest(around.balls, sign * slope)
            points, still = found.points, around.balls.x.astype(np.float64)
            extremes.offer(around.model, around.rows, around.balls, points)
            values = points.astype(np.float64) @ self.affine.weights[:, 0] + self.affine.offset[0]
            if not is_exact(around.balls):
                values = still @ self.affine.weights[:, 0] + self.affine.offset[0] + sign * found.most
            size = np.abs(points) @ np.abs(self.affine.weights[:, 0]) + abs(self.affine.offset[0])
            ends.append(values + sign * _ROUNDING * (1 + size))
        extremes.prove(around.rows, ends[1], ends[0])


@dataclass(frozen=True, slots=True, eq=False)
class ExactTreeValues:
    """Interval bounds and a mixed-integer program for each end of each sample; for linf."""

    ensemble: Ensemble
    link: Callable[[Array], Array]
    """From sums to predicted values; growing."""
    nodes: int
    deadline: float
    """Reading of `perf_counter` after which interval bounds must do."""
    name: str = "exact-milp"

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer the highest and the lowest point of each sample, and prove that none goes further."""
        for sign, ensemble in zip(_SIGNS, (self.ensemble, negated(self.ensemble)), strict=True):
            points, bounds = self._ends(ensemble, around.balls)
            extremes.offer(around.model, around.rows, around.balls, points)
            values = self.link(sign * bounds).astype(np.float64)
            room = np.abs(values) * np.finfo(around.balls.x.dtype).eps * 4
            unknown = np.full(len(values), np.inf)
            if sign > 0:
                extremes.prove(around.rows, -unknown, values + room)
            else:
                extremes.prove(around.rows, values - room, unknown)

    def _ends(self, ensemble: Ensemble, balls: Balls) -> tuple[Array, Array]:
        points, bounds = balls.x.astype(np.float64), np.empty(len(balls))
        if balls.kinds is not None:
            union = union_of(ensemble, balls.kinds)
            for row in range(len(balls)):
                points[row], bounds[row] = union.highest(balls, row, Work(self.nodes, self.deadline))
            return points, bounds
        size = max(1, _MOST_MARKS // len(ensemble.left))
        for start in range(0, len(balls), size):
            low, high = balls.low[start : start + size], balls.high[start : start + size]
            reached = ensemble.reached(low, high)
            for place in range(len(low)):
                row = start + place
                box = Box(balls.x[row].astype(np.float64), low[place], high[place], 0)
                nodes = self.nodes if perf_counter() < self.deadline else -1
                points[row], bounds[row] = highest(ensemble, box, reached[place], nodes)
        return points, bounds


@dataclass(slots=True, eq=False)
class GradientAscent:
    """Projected gradient ascent on the twin of the model, from one random start a direction."""

    slope: Slope
    steps: int
    name: str = "gradient-ascent"
    gradients: int = field(default=0)
    """Gradients taken so far."""

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer the highest and the lowest point that the ascent saw."""
        random = np.random.default_rng(around.seed)
        for sign in _SIGNS:
            points = ascend(self.slope, around.balls, sign, self.steps, random)
            self.gradients += (self.steps + 1) * len(around.rows)
            extremes.offer(around.model, around.rows, around.balls, points)


@dataclass(frozen=True, slots=True, eq=False)
class RandomWalk:
    """Score-based random search, half of the queries in each direction; no gradient can mislead it."""

    queries: int
    name: str = "square"

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer the best point of each search."""
        random = np.random.default_rng(around.seed)
        limits = Limits(max(2, self.queries // 2), self.queries)
        nobody = np.zeros(len(around.rows), dtype=np.int64)
        for sign in _SIGNS:
            search = sparse_search if around.balls.norm == "l0" else square
            points = search(_climbing(around.model, sign), around.balls, nobody, limits, random)[0]
            extremes.offer(around.model, around.rows, around.balls, points)


@dataclass(frozen=True, slots=True, eq=False)
class Rescaled:
    """The perturbations that went furthest at another size, stretched to this one."""

    known: Extremes
    ratio: float
    name: str = "rescaled"

    def widen(self, extremes: Extremes, around: Around) -> None:
        """Offer the known perturbations times the ratio."""
        for points in (self.known.high_points, self.known.low_points):
            moved = around.balls.stretched(points[around.rows], self.ratio)
            extremes.offer(around.model, around.rows, around.balls, moved)


def _climbing(model: Counted, sign: float) -> Callable[[Array], Array]:
    """Return scores of two classes whose margin falls as the value grows and stays above zero, so that nothing ends."""

    def scores(x: Array) -> Array:
        values = sign * model.scores(x)[:, 0].astype(np.float64)
        margin = np.where(values > 0, 1 / (1 + np.maximum(values, 0)), 1 - values)
        return np.stack([margin, np.zeros(len(values))], axis=1)

    return scores
