"""The highest value of a sum of trees within bounds: cell by cell, or as a program that is solved or bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.model.robustness.tree_cells import best_cells, gains, reduced
from aigov_checks.model.robustness.tree_program import MOST_LEAVES, Box, Program, point_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array
    from aigov_checks.model.robustness.trees import Ensemble

_TOLERANCE = 1e-5
"""Share of the largest leaf value by which the solver may be off."""


def negated(ensemble: Ensemble) -> Ensemble:
    """Return the sum with every sign turned: its highest values are the lowest of the other."""
    return replace(ensemble, value=-ensemble.value, offset=-ensemble.offset)


def highest(ensemble: Ensemble, box: Box, reached: Array, nodes: int) -> tuple[Array, float]:
    """Return a point of the bounds with a high value, and what no value within them exceeds.

    `reached` are the nodes within the bounds (N,). Where the search ends within `nodes` branch-and-bound nodes, the
    point has the highest value; the bound allows for the rounding of the solver and of the model. With `nodes` below
    zero nothing is searched.
    """
    leaves = ensemble.leaves
    possible = np.where(reached[leaves], ensemble.value[leaves, 0], -np.inf)
    each = np.maximum.reduceat(possible, ensemble.starts)
    bound = float(ensemble.offset[0] + each.sum()) + ensemble.slack
    reachable = int(reached[leaves].sum())
    if reachable == len(ensemble.roots) or reachable > MOST_LEAVES or nodes < 0:
        return box.x, bound
    few, value = reduced(ensemble, reached), ensemble.value[:, 0]
    offset = float(ensemble.offset[0])
    best = best_cells(ensemble, box, few, value)
    if best is not None:
        return best.point, min(bound, offset + best.value + best.rounding + ensemble.slack)
    gain, base = gains(ensemble, few, value)
    point, found = _solved(ensemble, box, few.program, gain, nodes)
    return point, min(bound, offset + base + found + ensemble.slack)


def _solved(ensemble: Ensemble, box: Box, program: Program, gain: Array, nodes: int) -> tuple[Array, float]:
    optimize = need("scipy.optimize", "robustness")
    value = ensemble.value[program.leaves, 0]
    scale = max(1e-300, float(np.abs(value).max(initial=0.0)), float(np.abs(gain).max()))
    binaries = len(program.cut)
    width = binaries + len(program.leaves)
    found = optimize.milp(
        -np.concatenate([gain, value]) / scale,
        integrality=(np.arange(width) < binaries).astype(int),
        bounds=optimize.Bounds(0.0, 1.0),
        constraints=optimize.LinearConstraint(program.rows, program.lower, program.upper),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    least = found.mip_dual_bound
    bound = np.inf if least is None else -float(least) * scale
    point = box.x if found.x is None else point_of(box, program, found.x[:binaries] > 0.5)  # noqa: PLR2004  # a binary
    return point, bound + _TOLERANCE * scale
