"""The exact answer for trees and sums of trees, as a stage of the cascade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.cascade import Answered
from aigov_checks.model.robustness.tree_program import Box
from aigov_checks.model.robustness.tree_search import Verdict, settle
from aigov_checks.model.robustness.tree_union import union_of
from aigov_checks.model.robustness.trees import Ensemble

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Array

_MOST_MARKS = 20_000_000
"""Nodes times samples that are marked at a time; bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactTrees:
    """Interval bounds, then a mixed-integer program a sample that they leave open; for linf, and for l0."""

    ensemble: Ensemble
    nodes: int
    """Branch-and-bound nodes that one search may use."""
    name: str = "exact-milp"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Answered:  # noqa: ARG002  # part of the port; nothing is drawn
        """Return a point of another class where there is one, and for which samples there is none."""
        points, proven = balls.x.copy(), np.zeros(len(y), dtype=bool)
        if balls.kinds is not None:
            union = union_of(self.ensemble, balls.kinds)
            for row in range(len(y)):
                verdict, points[row] = union.settle(balls, row, int(y[row]), self.nodes)
                proven[row] = verdict is Verdict.STANDS
            return Answered(points, proven)
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
                verdict, points[row] = settle(self.ensemble, box, reached[place], least, self.nodes)
                proven[row] = verdict is Verdict.STANDS
        return Answered(points, proven)
