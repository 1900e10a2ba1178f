"""Decision trees and sums of them as flat arrays: their scores, and what can be reached within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""Any dtype."""

LEAF = -1
"""Child of a node that has none."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A sum of trees: scores = offset + the value of the leaf that each tree reaches.

    Nodes of all trees stand in one array, (N,) or (N, classes); a sample goes left where
    `x[feature] <= cut`, in the precision of the samples themselves. `roots` are in ascending order and every tree
    lies between its root and the next one; a child comes after its parent.
    """

    feature: Array
    cut: Array
    left: Array
    """Index of the left child, `LEAF` at a leaf."""
    right: Array
    value: Array
    roots: Array
    offset: Array
    missing_left: Array | None = None
    """Whether a value that is missing goes left, (N,); None where it goes right like any other that is not below."""
    slack: float = 0.0
    """Largest error of the model's own sum of leaf values, which may be in single precision."""

    @cached_property
    def levels(self) -> tuple[Array, ...]:
        """Inner nodes by depth, the roots first."""
        found, level = [], self.roots
        while len(level := level[self.left[level] != LEAF]):
            found.append(level)
            level = np.concatenate([self.left[level], self.right[level]])
        return tuple(found)

    @cached_property
    def leaves(self) -> Array:
        """Leaves, ascending, hence by tree."""
        return np.flatnonzero(self.left == LEAF)

    @cached_property
    def parent(self) -> Array:
        """Index of the node above, `LEAF` at a root."""
        parent = np.full(len(self.left), LEAF)
        inner = np.flatnonzero(self.left != LEAF)
        parent[self.left[inner]] = parent[self.right[inner]] = inner
        return parent

    def tree_of(self, nodes: Array) -> Array:
        """Return the number of the tree to which each node belongs."""
        return np.searchsorted(self.roots, nodes, side="right") - 1

    @cached_property
    def starts(self) -> Array:
        """Place in `leaves` at which each tree begins."""
        return np.searchsorted(self.leaves, self.roots)

    def at(self, x: Array, roots: Array | None = None) -> Array:
        """Return the leaf that each sample reaches in each tree, or in those with the given roots, shape (n, trees)."""
        rows = np.arange(len(x))[:, None]
        starts = self.roots if roots is None else roots
        at = np.broadcast_to(starts, (len(x), len(starts))).copy()
        gaps = self.missing_left is not None and bool(np.isnan(x).any())
        for _ in self.levels:
            inner = self.left[at] != LEAF
            seen = x[rows, self.feature[at]]
            goes_left = seen <= self.cut[at]
            if gaps and self.missing_left is not None:
                goes_left |= np.isnan(seen) & self.missing_left[at]
            at = np.where(inner, np.where(goes_left, self.left[at], self.right[at]), at)
        return at

    def scores(self, x: Array) -> Array:
        """Return offset plus leaf values, shape (n, classes), float64."""
        scores: Array = self.offset + self.value[self.at(x)].sum(axis=1)
        return scores

    def reached(self, low: Array, high: Array) -> Array:
        """Return which nodes some point between `low` and `high` (n, features) reaches, shape (n, N)."""
        reached = np.zeros((len(low), len(self.left)), dtype=bool)
        reached[:, self.roots] = True
        for nodes in self.levels:
            feature, cut = self.feature[nodes], self.cut[nodes]
            reached[:, self.left[nodes]] = reached[:, nodes] & (low[:, feature] <= cut)
            reached[:, self.right[nodes]] = reached[:, nodes] & (high[:, feature] > cut)
        return reached

    def lead(self, y: int, rival: int) -> Array:
        """Return what each leaf adds to the score of class `y` less that of `rival`, in the order of `leaves`."""
        difference: Array = self.value[self.leaves, y] - self.value[self.leaves, rival]
        return difference

    def least_leads(self, reached: Array, y: int) -> Array:
        """Return a lower bound of the lead of class `y` over each class, shape (n, classes); infinite over itself.

        Each tree is taken at its worst leaf by itself, so the bound is attained for a single tree.
        """
        result = np.full((len(reached), len(self.offset)), np.inf)
        possible = reached[:, self.leaves]
        for rival in range(len(self.offset)):
            if rival != y:
                worst = np.minimum.reduceat(np.where(possible, self.lead(y, rival), np.inf), self.starts, axis=1)
                result[:, rival] = self.offset[y] - self.offset[rival] + worst.sum(axis=1)
        return result
