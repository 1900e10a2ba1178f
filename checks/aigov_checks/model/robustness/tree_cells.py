"""The best cell of the grid that the cuts of trees make of a box; features that no tree ties together are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.tree_search import Box, Program, point_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array
    from aigov_checks.model.robustness.trees import Ensemble

_MOST_CELLS = 20_000
"""Cells times trees of one group of features that are looked at one by one; a program is quicker beyond."""
_ROUNDING = 1e-9
"""Share of the sum of magnitudes by which float64 sums of a few thousand terms are off at most."""


def best_cells(ensemble: Ensemble, box: Box, program: Program, gain: Array) -> tuple[Array, float] | None:
    """Return the best point, and the sum there of `gain` and of the trees with several cuts; None for too many cells.

    `gain` is what trees with one cut add where the point is not above it, shape (cuts,).
    """
    trees = ensemble.tree_of(program.split)
    several = np.flatnonzero(np.bincount(trees, minlength=len(ensemble.roots)) > 1)
    groups = _groups(program, trees, several)
    below, total = np.zeros(len(gain), dtype=bool), 0.0
    for features, tied in groups:
        cuts = [np.flatnonzero(program.feature == feature) for feature in features]
        cells = int(np.prod([float(len(cut) + 1) for cut in cuts]))
        if cells * max(1, len(tied)) > _MOST_CELLS:
            return None
        places = np.stack(np.unravel_index(np.arange(cells), [len(cut) + 1 for cut in cuts]), axis=1)
        # in place j the point is above the first j cuts and not above the others
        sums = [np.append(np.cumsum(gain[cut][::-1])[::-1], 0.0) for cut in cuts]
        values = sum(sums[axis][places[:, axis]] for axis in range(len(cuts)))
        if len(tied):
            points = _points(box, program, (features, cuts), places)
            values = values + ensemble.value[ensemble.at(points, ensemble.roots[tied]), 0].sum(axis=1)
        best = int(np.argmax(values))
        total += float(np.asarray(values)[best])
        for axis, cut in enumerate(cuts):
            below[cut[places[best, axis] :]] = True
    size = float(np.abs(gain).sum()) + float(np.abs(ensemble.value[program.leaves, 0]).sum())
    return point_of(box, program, below), total + _ROUNDING * size


def _groups(program: Program, trees: Array, several: Array) -> list[tuple[list[int], Array]]:
    """Return features that trees with several cuts tie together, with these trees."""
    group = {int(feature): {int(feature)} for feature in np.unique(program.feature)}
    tied = {tree: np.unique(program.feature[program.binary[trees == tree]]).tolist() for tree in several.tolist()}
    for features in tied.values():
        merged = set().union(*(group[feature] for feature in features))
        for feature in merged:
            group[feature] = merged
    found = {min(features): features for features in group.values()}
    return [
        (sorted(features), np.array([tree for tree, cut in tied.items() if cut[0] in features], dtype=np.int64))
        for _, features in sorted(found.items())
    ]


def _points(box: Box, program: Program, group: tuple[list[int], list[Array]], places: Array) -> Array:
    """Return a point of each cell, the sample itself in all other features."""
    points = np.broadcast_to(box.x, (len(places), len(box.x))).copy()
    for axis, (feature, cut) in enumerate(zip(*group, strict=True)):
        edges = program.cut[cut]
        low = np.concatenate([[box.low[feature]], np.nextafter(edges, np.inf)])
        high = np.append(edges, box.high[feature])
        points[:, feature] = np.clip(box.x[feature], low, high)[places[:, axis]]
    return points
