"""The best cell of the grid that the cuts of trees make of a box; features that no tree ties together are apart.

Within small bounds most trees cannot change, or can change at one cut only, and few cells are left of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.tree_program import Box, Program, point_of, program_of
from aigov_checks.model.robustness.trees import LEAF

if TYPE_CHECKING:
    from aigov_checks.model.robustness.trees import Ensemble

_MOST_CELLS = 20_000
"""Cells times trees of one group of features that are looked at one by one; a program is quicker beyond."""
_ROUNDING = 1e-9
"""Share of the sum of magnitudes by which float64 sums of a few thousand terms are off at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """What of the trees can change within bounds."""

    program: Program
    """All cuts; leaves and constraints of the trees with several of them only."""
    reached: Array
    changes: Array
    """Cuts of each tree within the bounds, shape (trees,)."""
    groups: tuple[tuple[list[int], Array], ...]
    """Features that trees with several cuts tie together, with these trees."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The highest sum, without any offset, the point where it is reached, and how far off the sum may be."""

    point: Array
    value: float
    rounding: float


def reduced(ensemble: Ensemble, reached: Array) -> Reduced:
    """Return what can change, for the nodes that can be reached (N,)."""
    inner = np.flatnonzero(reached & (ensemble.left != LEAF))
    split = inner[reached[ensemble.left[inner]] & reached[ensemble.right[inner]]]
    changes = np.bincount(ensemble.tree_of(split), minlength=len(ensemble.roots))
    program = program_of(ensemble, reached, changes > 1)
    return Reduced(program, reached, changes, _groups(program, ensemble.tree_of(program.split), changes))


def gains(ensemble: Ensemble, few: Reduced, value: Array) -> tuple[Array, float]:
    """Return what trees with one cut add where the point is not above it (cuts,), and the sum that nothing changes.

    `value` is that of each node, shape (N,).
    """
    settled = _settled(ensemble, few.reached, value)
    program = few.program
    alone = few.changes[ensemble.tree_of(program.split)] == 1
    left, right = (settled[side[program.split[alone]]] for side in (ensemble.left, ensemble.right))
    gain = np.zeros(len(program.cut))
    np.add.at(gain, program.binary[alone], left - right)
    return gain, float(settled[ensemble.roots[few.changes == 0]].sum() + right.sum())


def best_cells(ensemble: Ensemble, box: Box, few: Reduced, value: Array) -> Best | None:
    """Return the highest sum of `value` (N,) over the leaves that a point reaches; None for too many cells."""
    program = few.program
    gain, total = gains(ensemble, few, value)
    below = np.zeros(len(gain), dtype=bool)
    for features, tied in few.groups:
        cuts = [np.flatnonzero(program.feature == feature) for feature in features]
        cells = float(np.prod([float(len(cut) + 1) for cut in cuts]))
        if cells * max(1, len(tied)) > _MOST_CELLS:
            return None
        places = np.stack(np.unravel_index(np.arange(int(cells)), [len(cut) + 1 for cut in cuts]), axis=1)
        # in place j the point is above the first j cuts and not above the others
        sums = np.zeros(len(places))
        for axis, cut in enumerate(cuts):
            sums += np.append(np.cumsum(gain[cut][::-1])[::-1], 0.0)[places[:, axis]]
        if len(tied):
            points = _points(box, program, (features, cuts), places)
            sums += value[ensemble.at(points, ensemble.roots[tied])].sum(axis=1)
        best = int(np.argmax(sums))
        total += float(sums[best])
        for axis, cut in enumerate(cuts):
            below[cut[places[best, axis] :]] = True
    size = float(np.abs(gain).sum() + np.abs(value[program.leaves]).sum()) + abs(total)
    return Best(point_of(box, program, below), total, _ROUNDING * size)


def _settled(ensemble: Ensemble, reached: Array, value: Array) -> Array:
    """Return for each node that leads to one leaf only, within the bounds, the value of that leaf."""
    settled = value.copy()
    for level in reversed(ensemble.levels):
        nodes = level[reached[level]]
        left, right = ensemble.left[nodes], ensemble.right[nodes]
        settled[nodes] = np.where(reached[left], settled[left], settled[right])
    return settled


def _groups(program: Program, trees: Array, changes: Array) -> tuple[tuple[list[int], Array], ...]:
    group = {int(feature): {int(feature)} for feature in np.unique(program.feature)}
    several = np.flatnonzero(changes > 1).tolist()
    tied = {tree: np.unique(program.feature[program.binary[trees == tree]]).tolist() for tree in several}
    for features in tied.values():
        merged = set().union(*(group[feature] for feature in features))
        for feature in merged:
            group[feature] = merged
    found = {min(features): features for features in group.values()}
    return tuple(
        (sorted(features), np.array([tree for tree, cut in tied.items() if cut[0] in features], dtype=np.int64))
        for _, features in sorted(found.items())
    )


def _points(box: Box, program: Program, group: tuple[list[int], list[Array]], places: Array) -> Array:
    """Return a point of each cell, the sample itself in all other features."""
    points = np.broadcast_to(box.x, (len(places), len(box.x))).copy()
    for axis, (feature, cut) in enumerate(zip(*group, strict=True)):
        edges = program.cut[cut]
        low = np.concatenate([[box.low[feature]], box.above(np.full(len(edges), feature), edges)])
        high = np.append(edges, box.high[feature])
        points[:, feature] = np.clip(box.x[feature], low, high)[places[:, axis]]
    return points
