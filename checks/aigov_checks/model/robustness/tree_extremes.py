"""The highest value that a sum of trees takes within bounds, as a mixed-integer program that is solved or bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.model.robustness.tree_search import MOST_LEAVES, Box, Program, point_of, program_of

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
    point has the highest value; the bound allows for the rounding of the solver and of the model.
    """
    leaves = ensemble.leaves
    possible = np.where(reached[leaves], ensemble.value[leaves, 0], -np.inf)
    each = np.maximum.reduceat(possible, ensemble.starts)
    bound = float(ensemble.offset[0] + each.sum()) + ensemble.slack
    if reached[leaves].sum() == len(ensemble.roots):
        return box.x, bound
    if reached[leaves].sum() > MOST_LEAVES:
        return box.x, bound
    program = program_of(ensemble, reached)
    point, found = _solved(ensemble, box, program, nodes)
    return point, min(bound, found)


def _solved(ensemble: Ensemble, box: Box, program: Program, nodes: int) -> tuple[Array, float]:
    optimize = need("scipy.optimize", "robustness")
    scale = max(1e-300, float(np.abs(ensemble.value[program.leaves]).max()))
    binaries = len(program.cut)
    width = binaries + len(program.leaves)
    found = optimize.milp(
        np.concatenate([np.zeros(binaries), -ensemble.value[program.leaves, 0] / scale]),
        integrality=(np.arange(width) < binaries).astype(int),
        bounds=optimize.Bounds(0.0, 1.0),
        constraints=optimize.LinearConstraint(program.rows, program.lower, program.upper),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    least = found.mip_dual_bound
    bound = np.inf if least is None else float(ensemble.offset[0]) - float(least) * scale
    bound += _TOLERANCE * scale + ensemble.slack
    point = box.x if found.x is None else point_of(box, program, found.x[:binaries] > 0.5)  # noqa: PLR2004  # a binary
    return point, bound
