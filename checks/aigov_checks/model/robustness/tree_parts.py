"""Trees as a framework keeps them: checked, and laid out as one ensemble of flat arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aigov_checks.model.robustness.tree_cuts import cuts_of
from aigov_checks.model.robustness.trees import LEAF, Array, Ensemble

MOST_NODES = 1_000_000


class UnsoundTreeError(ValueError):
    """Arrays that are no tree: compiled code would read outside them."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """One tree; a sample goes left where `x[feature] <= threshold`; `value` has the shape (nodes, columns)."""

    feature: Array
    threshold: Array
    left: Array
    right: Array
    value: Array
    missing_left: Array | None = None
    """Whether a missing value goes left, where that is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Trees whose values are added to an offset of shape (columns,)."""

    trees: Sequence[Nodes]
    offset: Array
    dtype: type[np.floating[Any]]
    """Type to which the model casts its inputs before it compares them."""

    @property
    def size(self) -> int:
        """Number of nodes."""
        return sum(len(tree.left) for tree in self.trees)


def check_nodes(tree: Nodes, features: int, columns: int) -> None:
    """Let nothing pass but a tree whose children come after their parents.

    Raises:
        UnsoundTreeError: children or features that do not exist, cycles, values that are not finite.
    """
    n, places = len(tree.left), np.arange(len(tree.left))
    inner = tree.left != LEAF
    sound = (
        n > 0
        and all(len(array) == n for array in (tree.feature, tree.threshold, tree.right))
        and tree.value.shape == (n, columns)
        and bool(((tree.right != LEAF) == inner).all())
        and bool(np.isfinite(tree.threshold[inner]).all() and np.isfinite(tree.value).all())
        and bool(((tree.feature[inner] >= 0) & (tree.feature[inner] < features)).all())
    )
    if not sound:
        raise UnsoundTreeError
    children = np.concatenate([tree.left[inner], tree.right[inner]])
    parents = np.concatenate([places[inner], places[inner]])
    once = len(np.unique(children)) == len(children) == n - 1
    if not (once and bool(((children > parents) & (children < n)).all())):
        raise UnsoundTreeError


def flat(found: Sum, seen: Callable[[Array], Array], features: int) -> Ensemble:
    """Return checked trees as one ensemble; `seen` is what the model makes of float64 inputs before it compares."""
    sizes = np.array([len(tree.left) for tree in found.trees])
    roots = np.concatenate([[0], sizes.cumsum()[:-1]])
    shift = np.repeat(roots, sizes)
    left, right = (np.concatenate([getattr(tree, side) for tree in found.trees]) for side in ("left", "right"))
    inner = left != LEAF
    feature = np.where(inner, np.concatenate([tree.feature for tree in found.trees]), 0).astype(np.int64)
    threshold = np.where(inner, np.concatenate([tree.threshold for tree in found.trees]), 0.0)
    gaps = [tree.missing_left for tree in found.trees if tree.missing_left is not None]
    return Ensemble(
        feature,
        cuts_of(feature, threshold, inner, seen, features),
        np.where(inner, left + shift, LEAF).astype(np.int64),
        np.where(inner, right + shift, LEAF).astype(np.int64),
        np.concatenate([tree.value for tree in found.trees]),
        roots.astype(np.int64),
        found.offset,
        np.concatenate(gaps) if len(gaps) == len(sizes) else None,
    )


def placed(raw: Array, column: int, columns: int) -> Array:
    """Return one value a node as a row of scores; one column means class 1 above zero, class 0 below."""
    if columns == 1:
        return np.stack([-raw, raw], axis=1)
    value = np.zeros((len(raw), columns))
    value[:, column] = raw
    return value


def both(offset: Array) -> Array:
    """Return the offsets of the classes; one column stands for two of them."""
    return np.concatenate([-offset, offset]) if len(offset) == 1 else offset
