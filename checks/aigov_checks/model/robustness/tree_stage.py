"""The exact answer for trees and sums of trees, as a stage of the cascade."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.cascade import Answered
from aigov_checks.model.robustness.sparse_search import sparse_search
from aigov_checks.model.robustness.square import Limits
from aigov_checks.model.robustness.tree_program import Box
from aigov_checks.model.robustness.tree_search import Effort, Verdict, settle
from aigov_checks.model.robustness.tree_union import Work, union_of
from aigov_checks.model.robustness.trees import Ensemble

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.kinds import Kinds
    from aigov_checks.model.robustness.predictor import Array

_MOST_MARKS = 20_000_000
"""Nodes times samples that are marked at a time; bounds the memory."""
_MANY, _QUERIES = 3, 200
"""So many features that may change make many boxes; queries a sample of a search on the trees before."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactTrees:
    """Interval bounds, then a mixed-integer program a sample that they leave open; for linf, and for l0."""

    ensemble: Ensemble
    nodes: int
    """Branch-and-bound nodes that one search may use."""
    deadline: float = math.inf
    """Reading of `perf_counter` after which samples that interval bounds do not settle are left open."""
    name: str = "exact-milp"
    family: str = ""

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return Effort(self.nodes, self.deadline).left <= 0

    def candidates(self, balls: Balls, y: Array, seed: int) -> Answered:
        """Return a point of another class where there is one, and for which samples there is none."""
        points, proven = balls.x.copy(), np.zeros(len(y), dtype=bool)
        if balls.kinds is not None:
            return self._discrete(balls, balls.kinds, y, seed)
        size = max(1, _MOST_MARKS // len(self.ensemble.left))
        for start in range(0, len(y), size):
            part = slice(start, start + size)
            low, high = balls.low[part], balls.high[part]
            reached = self.ensemble.reached(low, high)
            for place in range(len(low)):
                row = start + place
                label = int(y[row])
                least = self.ensemble.least_leads(reached[place : place + 1], label)[0]
                box = Box(balls.x[row].astype(np.float64), low[place], high[place], label)
                verdict, points[row] = settle(
                    self.ensemble, box, reached[place], least, Effort(self.nodes, self.deadline)
                )
                proven[row] = verdict is Verdict.STANDS
        return Answered(points, proven)

    def _discrete(self, balls: Balls, kinds: Kinds, y: Array, seed: int) -> Answered:
        """Answer where inputs are whole numbers or categories, or few may change: box by box."""
        points, moved, proven = balls.x.copy(), np.zeros(len(y), dtype=bool), np.zeros(len(y), dtype=bool)
        if balls.norm == "l0" and balls.most >= _MANY:  # what a short search on the trees finds needs no enumeration
            random = np.random.default_rng(seed)
            points, _ = sparse_search(self.ensemble.scores, balls, y, Limits(_QUERIES, _QUERIES), random)
            moved = self.ensemble.scores(points).argmax(axis=1) != y
        union = union_of(self.ensemble, kinds)
        for row in np.flatnonzero(~moved):
            verdict, points[row] = union.settle(balls, int(row), int(y[row]), Work(self.nodes, self.deadline))
            proven[row] = verdict is Verdict.STANDS
        return Answered(points, proven)
