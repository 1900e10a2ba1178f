"""The constraints of a mixed-integer program whose solutions are the cells of a box that the cuts of trees make.

After Kantchelian, Tygar and Joseph, ICML 2016 (arXiv 1509.07892): one binary a threshold inside the bounds, one
continuous variable a leaf that can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aigov import need
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.tree_grid import Grid
from aigov_checks.model.robustness.trees import LEAF, Ensemble

MOST_LEAVES = 20_000
"""Reachable leaves of one sample beyond which no program is built."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """One sample with its label and the bounds of every feature, shape (features,), float64."""

    x: Array
    low: Array
    high: Array
    y: int
    grid: Grid | None = None
    """What features can be, where some are no real numbers; sample, bounds and cuts lie on it."""

    def above(self, feature: Array, cut: Array) -> Array:
        """Return the smallest value above each cut."""
        return np.nextafter(cut, np.inf) if self.grid is None else self.grid.above(feature, cut)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Variables are the binaries, one a cut (`feature`, `cut`; 1 where the point is not above it), then the leaves."""

    feature: Array
    cut: Array
    leaves: Array
    rows: Any  # scipy.sparse array
    lower: Array
    upper: Array
    split: Array
    """Nodes both of whose children are within the bounds."""
    binary: Array
    """Place of the cut of each of them."""


def program_of(ensemble: Ensemble, reached: Array, whole: Array | None = None) -> Program:
    """Return the constraints: cuts of a feature in order, one leaf a tree, leaves on the side that the cuts allow.

    Trees outside `whole` (trees,) have their cuts, but neither leaves nor constraints of their own.
    """
    sparse = need("scipy.sparse", "robustness")
    inner = np.flatnonzero(reached & (ensemble.left != LEAF))
    split = inner[reached[ensemble.left[inner]] & reached[ensemble.right[inner]]]
    pairs = np.stack([ensemble.feature[split].astype(np.float64), ensemble.cut[split]], axis=1)
    cuts, which = np.unique(pairs, axis=0, return_inverse=True)
    binaries = which.reshape(-1)
    leaves = ensemble.leaves[reached[ensemble.leaves]]
    order = np.flatnonzero(cuts[1:, 0] == cuts[:-1, 0])
    trees = len(ensemble.roots)
    present = np.ones(trees, dtype=bool) if whole is None else whole
    every, split, binary = split, split[present[ensemble.tree_of(split)]], binaries[present[ensemble.tree_of(split)]]
    leaves = leaves[present[ensemble.tree_of(leaves)]]
    # rows: one a tree, then left and right of each split, then the order of the cuts
    sides = trees + 2 * np.arange(len(split))
    ordered = trees + 2 * len(split) + np.arange(len(order))
    row, column = _sides(ensemble, split, leaves)
    entries = [
        (row, len(cuts) + column, np.ones(len(row))),
        (sides, binary, np.full(len(split), -1.0)),
        (sides + 1, binary, np.ones(len(split))),
        (ordered, order, np.ones(len(order))),
        (ordered, order + 1, np.full(len(order), -1.0)),
    ]
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    height = trees + 2 * len(split) + len(order)
    upper = np.concatenate([present.astype(float), np.tile([0.0, 1.0], len(split)), np.zeros(len(order))])
    lower = np.concatenate([present.astype(float), np.full(height - trees, -np.inf)])
    matrix = sparse.csr_array((values, (rows, columns)), shape=(height, len(cuts) + len(leaves)))
    return Program(cuts[:, 0].astype(np.int64), cuts[:, 1], leaves, matrix, lower, upper, every, binaries)


def _sides(ensemble: Ensemble, split: Array, leaves: Array) -> tuple[Array, Array]:
    """Return row and place of each leaf in the constraints of its tree and of every split above it."""
    place = np.full(len(ensemble.left), -1)
    place[split] = np.arange(len(split))
    column = np.arange(len(leaves))
    rows = [np.searchsorted(ensemble.roots, leaves, side="right") - 1]
    columns = [column]
    at = leaves
    while len(at):
        parent = ensemble.parent[at]
        above = parent != LEAF
        at, parent, column = at[above], parent[above], column[above]
        decides = place[parent] >= 0
        on_right = ensemble.right[parent[decides]] == at[decides]
        rows.append(len(ensemble.roots) + 2 * place[parent[decides]] + on_right)
        columns.append(column[decides])
        at = parent
    return np.concatenate(rows), np.concatenate(columns)


def point_of(box: Box, program: Program, below: Array) -> Array:
    """Return the point nearest to the sample that lies on the chosen side of every cut."""
    low, high = box.low.copy(), box.high.copy()
    np.minimum.at(high, program.feature[below], program.cut[below])
    np.maximum.at(low, program.feature[~below], box.above(program.feature[~below], program.cut[~below]))
    point: Array = np.clip(box.x, low, high)
    return point
