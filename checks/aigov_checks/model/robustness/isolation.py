"""The isolation forest of scikit-learn as a sum of trees: the sum of path lengths, which its score follows.

Source: Liu, Ting and Zhou, "Isolation Forest", ICDM 2008, equations 1 and 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.model.robustness.tree_parts import Nodes, Sum, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.predictor import Array

_EULER = 0.5772156649015329


def isolation_trees(model: Any) -> Sum:  # an IsolationForest
    """Return the path lengths with their sign turned, so that a higher sum is more anomalous."""
    trees = []
    for member, features in zip(model.estimators_, model.estimators_features_, strict=True):
        tree, chosen = member.tree_, np.asarray(features)
        left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)
        inner, feature = left != LEAF, np.asarray(tree.feature)
        if chosen.ndim != 1 or not ((feature[inner] >= 0) & (feature[inner] < len(chosen))).all():
            raise UnsoundTreeError
        length = _depths(left, right) + _unsplit(np.asarray(tree.n_node_samples))
        columns = np.where(inner, chosen[np.where(inner, feature, 0)], 0)
        trees.append(Nodes(columns, tree.threshold, left, right, -length[:, None]))
    return Sum(trees, np.zeros(1), np.float32)


def isolation_link(model: Any) -> Callable[[Array], Array]:  # an IsolationForest
    """Return the function from the sum to what `-decision_function` says."""
    whole = len(model.estimators_) * float(_unsplit(np.array([model._max_samples]))[0])  # noqa: SLF001  # no public name
    offset = float(model.offset_)

    def link(sums: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.asarray(2.0 ** (sums / whole) + offset)

    return link


def _depths(left: Array, right: Array) -> Array:
    """Return the number of edges above each node; nodes that are not reached have none."""
    depth = np.zeros(len(left))
    level = np.zeros(1, dtype=np.int64)
    for step in range(len(left)):
        depth[level] = step
        inner = level[left[level] != LEAF]
        level = np.concatenate([left[inner], right[inner]])
        if not len(level):
            return depth
        if level.min() < 0 or level.max() >= len(left):
            raise UnsoundTreeError
    raise UnsoundTreeError


def _unsplit(samples: Array) -> Array:
    """Return the mean path length of a tree of so many samples: what a leaf stands for that was not split further."""
    n = samples.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        many = 2.0 * (np.log(n - 1.0) + _EULER) - 2.0 * (n - 1.0) / n
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, many))  # noqa: PLR2004  # two are parted by one cut
