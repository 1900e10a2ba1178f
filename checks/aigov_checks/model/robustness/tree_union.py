"""The exact answer of trees over a union of boxes, most promising first: one class moved, or the highest value."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.tree_boxes import Boxes, boxes_of, cuts
from aigov_checks.model.robustness.tree_extremes import highest
from aigov_checks.model.robustness.tree_grid import Grid, grid_of
from aigov_checks.model.robustness.tree_program import Box
from aigov_checks.model.robustness.tree_search import Effort, Verdict, settle
from aigov_checks.model.robustness.trees import Ensemble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.kinds import Kinds
    from aigov_checks.model.robustness.predictor import Array

_MOST_MARKS = 4_000_000
"""Nodes times boxes that are marked at a time; bounds the memory."""
_MOST_SEARCHES = 500
"""Boxes of one sample that are searched one by one, each with the branch-and-bound nodes of one search."""


@dataclass(frozen=True, slots=True)
class Work:
    """How long a search may take."""

    nodes: int
    """Branch-and-bound nodes of one search."""
    deadline: float
    """Reading of `perf_counter` after which a sample is left open, or interval bounds must do."""


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """Trees that answer points of a grid, and the set around every sample as boxes."""

    ensemble: Ensemble
    grid: Grid

    def settle(self, balls: Balls, row: int, label: int, work: Work) -> tuple[Verdict, Array]:
        """Return what is known of a sample, and a point of another class where one was found, otherwise the sample."""
        x = flat(balls.x[row : row + 1])[0]
        if self._stands(balls, row, label):
            return Verdict.STANDS, x
        boxes = boxes_of(balls, row, cuts(self.ensemble))
        least = np.concatenate([self.ensemble.least_leads(part, label) for part in self._reached(boxes)])
        verdict, nearest = Verdict.STANDS if boxes.complete else Verdict.OPEN, x
        for number, place in enumerate(np.argsort(least.min(axis=1), kind="stable")):
            if least[place].min() > self._tie:
                break
            if number == _MOST_SEARCHES or perf_counter() > work.deadline:
                return Verdict.OPEN, nearest
            box, reached = self._at(boxes, int(place), x, label)
            found, point = settle(self.ensemble, box, reached, least[place], Effort(work.nodes, work.deadline))
            if found is Verdict.MOVED:
                return found, point
            if found is Verdict.OPEN:
                verdict, nearest = found, point
        return verdict, nearest

    def highest(self, balls: Balls, row: int, work: Work) -> tuple[Array, float]:
        """Return a point with a high value, and what no value exceeds; as for one box."""
        x, boxes = flat(balls.x[row : row + 1])[0], boxes_of(balls, row, cuts(self.ensemble))
        everywhere = self._hull(balls, row)
        if not boxes.complete:
            bound = highest(self.ensemble, everywhere[0], everywhere[1], -1)[1]
            box, reached = self._at(boxes, 0, x, 0)
            return highest(self.ensemble, box, reached, work.nodes)[0], bound
        bounds = np.concatenate([self._bounds(part) for part in self._reached(boxes)])
        best, value, proved = x, -np.inf, -np.inf
        for number, place in enumerate(np.argsort(-bounds, kind="stable")):
            if bounds[place] <= value:
                break
            if number == _MOST_SEARCHES or perf_counter() > work.deadline:
                proved = max(proved, float(bounds[place]))
                break
            box, reached = self._at(boxes, int(place), x, 0)
            point, bound = highest(self.ensemble, box, reached, work.nodes)
            proved = max(proved, bound)
            found = float(self.ensemble.scores(point[None])[0, 0]) + self.ensemble.slack
            if found > value:
                best, value = point, found
        return best, max(proved, value)

    def _bounds(self, reached: Array) -> Array:
        """Return what no value exceeds where nodes (n, N) are reached, each tree taken at its highest leaf."""
        leaves = self.ensemble.leaves
        possible = np.where(reached[:, leaves], self.ensemble.value[leaves, 0], -np.inf)
        each = np.maximum.reduceat(possible, self.ensemble.starts, axis=1)
        bounds: Array = self.ensemble.offset[0] + each.sum(axis=1) + self.ensemble.slack
        return bounds

    @property
    def _tie(self) -> float:
        """Lead below which a box is searched, as in the search of one box."""
        return max(1e-5 * float(np.abs(self.ensemble.value).max()), 2 * self.ensemble.slack)

    def _stands(self, balls: Balls, row: int, label: int) -> bool:
        """Return whether interval bounds over the hull of all boxes settle a sample."""
        _, reached = self._hull(balls, row)
        return bool((self.ensemble.least_leads(reached[None], label)[0] > self._tie).all())

    def _hull(self, balls: Balls, row: int) -> tuple[Box, Array]:
        x, low, high = (flat(item[row : row + 1]) for item in (balls.x, balls.low, balls.high))
        return Box(x[0], low[0], high[0], 0, self.grid), self.ensemble.reached(low, high)[0]

    def _reached(self, boxes: Boxes) -> Iterator[Array]:
        size = max(1, _MOST_MARKS // len(self.ensemble.left))
        for start in range(0, len(boxes.low), size):
            part = slice(start, start + size)
            yield self.ensemble.reached(boxes.low[part], boxes.high[part])

    def _at(self, boxes: Boxes, place: int, x: Array, label: int) -> tuple[Box, Array]:
        low, high = boxes.low[place : place + 1], boxes.high[place : place + 1]
        return self._box(boxes, place, x, label), self.ensemble.reached(low, high)[0]

    def _box(self, boxes: Boxes, place: int, x: Array, label: int) -> Box:
        low, high = boxes.low[place], boxes.high[place]
        return Box(np.clip(x, low, high), low, high, label, self.grid)


def union_of(ensemble: Ensemble, kinds: Kinds) -> Union:
    """Return the trees over what the features can be."""
    grid = grid_of(kinds)
    return Union(grid.snapped(ensemble), grid)
