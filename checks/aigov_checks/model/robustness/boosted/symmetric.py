"""CatBoost's symmetric trees, one split a level, as trees of nodes; branches that contradict themselves are left out.

Source: `TObliviousTrees` in the sources of CatBoost: bit i of the number of a leaf says whether split i was passed.
"""

from __future__ import annotations

import numpy as np

from aigov_checks.model.robustness.tree_parts import Nodes, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF, Array

_MOST_LEVELS = 16
"""Depth of a symmetric tree; CatBoost's own limit."""


def symmetric_tree(feature: Array, border: Array, value: Array) -> Nodes:
    """Return the tree of `splits` features and borders, (splits,), and values of shape (2 ** splits, columns).

    A branch in which a value is above a border and not above a higher one is reached by no sample, and has no node.

    Raises:
        UnsoundTreeError: too many levels, or another number of leaves.
    """
    levels = len(feature)
    if levels > _MOST_LEVELS or len(border) != levels or len(value) != 1 << levels or np.isnan(border).any():
        raise UnsoundTreeError
    _, own = np.unique(feature, return_inverse=True)
    ends = np.zeros(1, dtype=np.int64)
    masks = np.zeros(1, dtype=np.int64)
    low, high = np.full((1, levels), -np.inf), np.full((1, levels), np.inf)
    total = 1
    at, to_left, to_right = (np.full(2 << levels, LEAF) for _ in range(3))
    for level in range(levels):
        column, edge = int(own[level]), float(border[level])
        above, below = low[:, column] >= edge, high[:, column] <= edge
        free = np.flatnonzero(~above & ~below)
        masks = masks | (above.astype(np.int64) << level)
        children = total + np.arange(2 * len(free))
        at[ends[free]], to_left[ends[free]], to_right[ends[free]] = level, children[0::2], children[1::2]
        total += len(children)
        under, over = high[free].copy(), low[free].copy()
        under[:, column], over[:, column] = edge, edge
        settled = np.flatnonzero(above | below)
        ends = np.concatenate([ends[settled], children[0::2], children[1::2]])
        masks = np.concatenate([masks[settled], masks[free], masks[free] | (1 << level)])
        low = np.concatenate([low[settled], low[free], over])
        high = np.concatenate([high[settled], under, high[free]])
    at, to_left, to_right = at[:total], to_left[:total], to_right[:total]
    inner = at != LEAF
    values = np.zeros((total, value.shape[1]))
    values[ends] = value[masks]
    if not levels:
        return Nodes(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.float32), at, at, values)
    return Nodes(np.where(inner, feature[at], 0), np.where(inner, border[at], np.float32(0)), to_left, to_right, values)
