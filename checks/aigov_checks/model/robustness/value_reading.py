"""Trees that predict a value, of scikit-learn, as arrays; nothing of the model is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.model.robustness.isolation import isolation_trees
from aigov_checks.model.robustness.tree_parts import Nodes, Sum, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aigov_checks.model.robustness.predictor import Array


def _tree(tree: Any, share: float = 1.0) -> Nodes:  # a Tree of scikit-learn
    value = np.asarray(tree.value)
    if value.shape != (tree.node_count, 1, 1):
        raise UnsoundTreeError
    return Nodes(tree.feature, tree.threshold, tree.children_left, tree.children_right, value[:, 0, :] * share)


def _single(model: Any) -> Sum:  # a DecisionTreeRegressor
    return Sum([_tree(model.tree_)], np.zeros(1), np.float32)


def _forest(model: Any) -> Sum:  # a RandomForestRegressor or ExtraTreesRegressor
    members = model.estimators_
    return Sum([_tree(member.tree_, 1 / len(members)) for member in members], np.zeros(1), np.float32)


def _boosted(model: Any) -> Sum | None:  # a GradientBoostingRegressor
    members = np.asarray(model.estimators_)
    if members.ndim != 2 or members.shape[1] != 1:  # noqa: PLR2004  # rounds and columns
        raise UnsoundTreeError
    if isinstance(model.init_, str):
        start = np.zeros(1)
    elif type(model.init_).__name__ == "DummyRegressor":
        start = np.asarray(model.init_.constant_, dtype=np.float64).reshape(-1)
    else:
        return None
    if start.shape != (1,):
        raise UnsoundTreeError
    return Sum([_tree(member.tree_, model.learning_rate) for member in members[:, 0]], start, np.float32)


def _histogram(model: Any) -> Sum | None:  # a HistGradientBoostingRegressor
    offset = np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1)  # noqa: SLF001  # no public name
    if offset.shape != (1,):
        raise UnsoundTreeError
    if model._preprocessor is not None or np.any(model._bin_mapper.is_categorical_):  # noqa: SLF001  # no public name
        return None
    if model.loss not in ("squared_error", "absolute_error", "quantile"):
        return None  # values behind a logarithm
    grown = [histogram_tree(member) for (member,) in model._predictors]  # noqa: SLF001  # no public name
    trees = [None if item is None else Nodes(*item[0], item[1][:, None]) for item in grown]
    known = [tree for tree in trees if tree is not None]
    return Sum(known, offset, np.float64) if len(known) == len(trees) else None


def histogram_tree(member: Any) -> tuple[tuple[Array, Array, Array, Array], Array] | None:  # a TreePredictor
    """Return feature, threshold, left, right, and the values of the nodes; None where it splits on categories."""
    nodes, leaf = member.nodes, member.nodes["is_leaf"].astype(bool)
    if nodes["is_categorical"][~leaf].any():
        return None
    left, right = (np.where(leaf, LEAF, nodes[side].astype(np.int64)) for side in ("left", "right"))
    return (nodes["feature_idx"], nodes["num_threshold"], left, right), nodes["value"]


VALUE_READERS: Mapping[str, Callable[[Any], Sum | None]] = {
    "IsolationForest": isolation_trees,
    "DecisionTreeRegressor": _single,
    "RandomForestRegressor": _forest,
    "ExtraTreesRegressor": _forest,
    "GradientBoostingRegressor": _boosted,
    "HistGradientBoostingRegressor": _histogram,
}
