"""A model of boosted trees as its file describes it, whichever library wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from aigov import Message
from aigov_checks.model.robustness.tree_parts import MOST_NODES, Nodes, Sum, UnsoundTreeError, check_nodes, flat, placed
from aigov_checks.model.robustness.trees import LEAF, Array, Ensemble

EVERY = -1
"""Column of a tree whose leaves hold a value for each of them."""
_MOST_LEVELS = 1_000
"""Depth of a tree; boosting stops at a few dozen."""


class Answers(StrEnum):
    """What the sums of a model mean."""

    BINARY = "binary"
    """One sum; class 1 above zero."""
    CLASSES = "classes"
    """One sum a class."""
    VALUE = "value"
    """One sum, from which the link makes the predicted value."""


Link = Callable[[Array], Array]
"""From sums to predicted values: growing, and of the precision of its argument."""


def identity(sums: Array) -> Array:
    """Return the sums."""
    return sums


def logistic(sums: Array) -> Array:
    """Return 1 / (1 + exp(-s))."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-sums)), dtype=sums.dtype)


def exponential(sums: Array) -> Array:
    """Return exp(s)."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(sums), dtype=sums.dtype)


def signed_square(sums: Array) -> Array:
    """Return s² with the sign of s (LightGBM's `sqrt`)."""
    return np.asarray(np.sign(sums) * sums * sums, dtype=sums.dtype)


def finite(thresholds: Array) -> Array:
    """Return thresholds of which infinite ones, which part missing values from all others, are the largest number."""
    most = np.finfo(thresholds.dtype).max
    return np.clip(thresholds, -most, most)


@dataclass(frozen=True, slots=True, eq=False)
class Boosted:
    """The trees, how they are summed, and what the sums mean."""

    written_by: str
    """Library and version of the format, `xgboost 3.2.0`."""
    trees: tuple[Nodes, ...]
    """`value` has the shape (nodes, 1), or (nodes, columns); thresholds are those of `<=`, as compared."""
    group: Array
    """Column to which each tree adds, shape (trees,); `EVERY` for one with values for all columns."""
    start: Array
    """Sums before the first tree, shape (columns,), in the precision of the sums."""
    answers: Answers
    link: Link
    objective: str
    features: int
    names: tuple[str, ...]
    """Names of the features in order; empty where the file has none."""
    notes: tuple[Message, ...] = ()
    divisor: float = 1.0
    """Sums are divided by it (random forests)."""
    takes: Any = None  # a numpy dtype
    """Precision in which values are compared, where it is not that of the sums."""
    labels: tuple[object, ...] = ()
    """Label of each class where the file names them."""

    @property
    def dtype(self) -> Any:  # a numpy dtype
        """Precision in which values are compared."""
        return self.start.dtype if self.takes is None else np.dtype(self.takes)


def in_order(left: Array, right: Array) -> tuple[Array, Array, Array]:
    """Return the nodes that are reached from node 0, parents first, and their children by their new places.

    Raises:
        UnsoundTreeError: children that do not exist, nodes reached twice, more than 1,000 levels.
    """
    n = len(left)
    if not n or len(right) != n or bool(((left == LEAF) != (right == LEAF)).any()):
        raise UnsoundTreeError
    levels: list[Array] = []
    level, total = np.zeros(1, dtype=np.int64), 0
    while len(level):
        total += len(level)
        if total > n or len(levels) >= _MOST_LEVELS:
            raise UnsoundTreeError
        levels.append(level)
        inner = level[left[level] != LEAF]
        level = np.concatenate([left[inner], right[inner]]).astype(np.int64)
        if len(level) and not (level.min() >= 0 and level.max() < n):
            raise UnsoundTreeError
    order = np.concatenate(levels)
    if len(np.unique(order)) != len(order):
        raise UnsoundTreeError
    place = np.full(n + 1, LEAF)
    place[order] = np.arange(len(order))
    return order, place[left[order]], place[right[order]]  # place[LEAF] is the last one, LEAF


def ensemble_of(model: Boosted) -> Ensemble:
    """Return the trees as an ensemble over scores of classes, or over one sum for a predicted value.

    Raises:
        UnsoundTreeError: features that do not exist, values that are not finite, too many nodes.
    """
    columns = len(model.start)
    found = []
    for tree, group in zip(model.trees, model.group.tolist(), strict=True):
        check_nodes(tree, model.features, columns if group == EVERY else 1)
        raw = tree.value.astype(np.float64) / model.divisor
        if model.answers is Answers.VALUE or (group == EVERY and columns > 1):
            value = raw
        else:
            value = placed(raw[:, 0], max(group, 0), columns)
        found.append(Nodes(tree.feature, tree.threshold, tree.left, tree.right, value, tree.missing_left))
    start = model.start.astype(np.float64) / model.divisor
    offset = np.concatenate([-start, start]) if model.answers is Answers.BINARY else start
    total = Sum(found, offset, model.dtype)
    if not found or total.size > MOST_NODES or not np.isfinite(offset).all():
        raise UnsoundTreeError
    laid = flat(total, lambda x: x.astype(model.dtype), model.features)
    return Ensemble(
        laid.feature, laid.cut, laid.left, laid.right, laid.value, laid.roots, laid.offset, laid.missing_left,
        _slack(model),
    )  # fmt: skip


def _slack(model: Boosted) -> float:
    """Return a bound of the rounding of a sum: (additions) times the unit roundoff times the sum of magnitudes.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 4.2 (recursive summation).
    """
    total = float(np.abs(model.start).max()) + sum(float(np.abs(tree.value).max()) for tree in model.trees)
    additions = len(model.trees) + 1 + (2 if model.takes else 0)  # CatBoost scales the sum, we the values
    return additions * float(np.finfo(model.start.dtype).eps) / 2 * total / model.divisor * 1.01
