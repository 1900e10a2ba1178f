"""The highest value of a sum of trees within bounds: cell by cell, or as a program that is solved or bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.model.robustness.tree_cells import best_cells
from aigov_checks.model.robustness.tree_search import MOST_LEAVES, Box, Program, point_of, program_of
from aigov_checks.model.robustness.trees import LEAF

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

    Within small bounds most trees cannot change, or can change at one cut only; these need no variables of their own,
    and where few cells are left, these are looked at one by one instead.
    """
    leaves = ensemble.leaves
    possible = np.where(reached[leaves], ensemble.value[leaves, 0], -np.inf)
    each = np.maximum.reduceat(possible, ensemble.starts)
    bound = float(ensemble.offset[0] + each.sum()) + ensemble.slack
    inner = np.flatnonzero(reached & (ensemble.left != LEAF))
    split = inner[reached[ensemble.left[inner]] & reached[ensemble.right[inner]]]
    if not len(split) or reached[leaves].sum() > MOST_LEAVES:
        return box.x, bound
    changes = np.bincount(ensemble.tree_of(split), minlength=len(ensemble.roots))
    program = program_of(ensemble, reached, changes > 1)
    settled = _settled(ensemble, reached)
    alone = changes[ensemble.tree_of(program.split)] == 1
    left, right = (settled[side[program.split[alone]]] for side in (ensemble.left, ensemble.right))
    gain = np.zeros(len(program.cut))
    np.add.at(gain, program.binary[alone], left - right)
    base = float(ensemble.offset[0] + settled[ensemble.roots[changes == 0]].sum() + right.sum())
    best = best_cells(ensemble, box, program, gain)
    point, found = _solved(ensemble, box, program, gain, nodes) if best is None else best
    return point, min(bound, base + found + ensemble.slack)


def _settled(ensemble: Ensemble, reached: Array) -> Array:
    """Return for each node that leads to one leaf only, within the bounds, the value of that leaf."""
    value = ensemble.value[:, 0].copy()
    for level in reversed(ensemble.levels):
        nodes = level[reached[level]]
        left, right = ensemble.left[nodes], ensemble.right[nodes]
        value[nodes] = np.where(reached[left], value[left], value[right])
    return value


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
