"""Trees and ensembles of scikit-learn as arrays that are checked against the model itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aigov_checks.model.robustness.affine import scaling_of
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.tree_cuts import cuts_of
from aigov_checks.model.robustness.trees import LEAF, Ensemble

TREES = ("sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor")
"""Compiled types of scikit-learn that hold nothing but arrays; skops trusts them on demand only."""
_MOST_NODES = 1_000_000
_TOLERANCE = 1e-9
_PAIR = 2


class UnsoundTreeError(ValueError):
    """Arrays that are no tree: the compiled code of scikit-learn would read outside them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """One tree as scikit-learn keeps it; `value` has the shape (nodes, classes)."""

    feature: Array
    threshold: Array
    left: Array
    right: Array
    value: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    trees: Sequence[_Nodes]
    offset: Array
    dtype: type[np.floating[Any]]
    """Type to which the model casts its inputs before it compares them."""


def ensemble_of(model: Any, clean: Array) -> Ensemble | None:  # a scikit-learn estimator
    """Return the trees of a model, or None where it is none of those known here; nothing of the model is run.

    Known are decision tree, random forest, extra trees, gradient boosting and histogram gradient boosting, alone or
    behind scalers.

    Raises:
        UnsoundTreeError: children or features that do not exist, cycles, values of the wrong shape.
    """
    steps = [step for _, step in model.steps] if hasattr(model, "steps") else [model]
    last, classes = steps[-1], len(getattr(model, "classes_", ()))
    reader = _READERS.get(type(last).__name__)
    if reader is None or not type(last).__module__.startswith("sklearn.") or classes < _PAIR or clean.ndim != _PAIR:
        return None
    scalings = [scaling_of(step, clean.shape[1]) for step in steps[:-1]]
    if any(scaling is None or not (scaling[0] > 0).all() for scaling in scalings):
        return None
    try:
        found = reader(last, classes)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnsoundTreeError from error
    if found is None or sum(len(tree.left) for tree in found.trees) > _MOST_NODES:
        return None
    for tree in found.trees:
        _check(tree, clean.shape[1], classes)
    return _flat(found, lambda x: _through(steps[:-1], x).astype(found.dtype), clean.shape[1])


def agrees(ensemble: Ensemble, scores: Array, clean: Array) -> bool:
    """Return whether the arrays reproduce the model's own scores of the clean samples."""
    found = ensemble.scores(clean)
    return found.shape == scores.shape and bool(np.allclose(found, scores, rtol=_TOLERANCE, atol=_TOLERANCE))


def _through(steps: Sequence[Any], x: Array) -> Array:  # scikit-learn transformers
    for step in steps:
        x = x if isinstance(step, str) else np.asarray(step.transform(x))
    return x


def _check(tree: _Nodes, features: int, classes: int) -> None:
    n, places = len(tree.left), np.arange(len(tree.left))
    inner = tree.left != LEAF
    sound = (
        n > 0
        and all(len(array) == n for array in (tree.feature, tree.threshold, tree.right))
        and tree.value.shape == (n, classes)
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


def _single(model: Any, classes: int) -> _Sum:  # a DecisionTreeClassifier
    return _Sum([_shares(model.tree_)], np.zeros(classes), np.float32)


def _forest(model: Any, classes: int) -> _Sum:  # a RandomForestClassifier or ExtraTreesClassifier
    trees = [_shares(member.tree_) for member in model.estimators_]
    scaled = [_Nodes(t.feature, t.threshold, t.left, t.right, t.value / len(trees)) for t in trees]
    return _Sum(scaled, np.zeros(classes), np.float32)


def _shares(tree: Any) -> _Nodes:  # a Tree of scikit-learn
    value = np.asarray(tree.value)
    if value.ndim != _PAIR + 1 or value.shape[1] != 1:
        raise UnsoundTreeError
    shares = value[:, 0, :] / value[:, 0, :].sum(axis=1, keepdims=True)
    return _Nodes(tree.feature, tree.threshold, tree.children_left, tree.children_right, shares)


def _boosted(model: Any, classes: int) -> _Sum | None:  # a GradientBoostingClassifier
    """Read raw scores; only the usual starting points, class frequencies and zero, are known here."""
    columns = 1 if classes == _PAIR else classes
    members = np.asarray(model.estimators_)
    if members.ndim != _PAIR or members.shape[1] != columns or model.n_classes_ != classes:
        raise UnsoundTreeError
    if bool(model._loss.is_multiclass) != (columns > 1) or model.n_trees_per_iteration_ != columns:  # noqa: SLF001  # no public name
        raise UnsoundTreeError
    offset = _start(model, classes, columns)
    if offset is None:
        return None
    trees = []
    for row in members:
        for column, member in enumerate(row):
            tree = member.tree_
            if np.asarray(tree.value).shape != (tree.node_count, 1, 1):
                raise UnsoundTreeError
            raw = model.learning_rate * np.asarray(tree.value)[:, 0, 0]
            arrays = (tree.feature, tree.threshold, tree.children_left, tree.children_right)
            trees.append(_Nodes(*arrays, _placed(raw, column, columns)))
    return _Sum(trees, _both(offset), np.float32)


def _start(model: Any, classes: int, columns: int) -> Array | None:  # a GradientBoostingClassifier
    """Return the scores before the first tree, None where another model gives them."""
    if isinstance(model.init_, str):
        return np.zeros(columns)
    if type(model.init_).__name__ != "DummyClassifier" or model.init_.strategy != "prior":
        return None
    tiny = float(np.finfo(np.float64).eps)
    prior = np.clip(np.asarray(model.init_.class_prior_, dtype=np.float64), tiny, 1 - tiny)
    if prior.shape != (classes,):
        raise UnsoundTreeError
    logs = np.log(prior)
    if columns > 1:
        return np.asarray(logs - logs.mean())
    half = 0.5 if model.loss == "exponential" else 1.0
    return np.array([half * np.log(prior[1] / (1 - prior[1]))])


def _histogram(model: Any, classes: int) -> _Sum | None:  # a HistGradientBoostingClassifier
    columns = 1 if classes == _PAIR else classes
    offset = np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1)  # noqa: SLF001  # no public name
    if offset.shape != (columns,):
        raise UnsoundTreeError
    if model._preprocessor is not None or np.any(model._bin_mapper.is_categorical_):  # noqa: SLF001  # no public name
        return None
    trees = []
    for members in model._predictors:  # noqa: SLF001  # no public name
        if len(members) != columns:
            raise UnsoundTreeError
        for column, member in enumerate(members):
            nodes, leaf = member.nodes, member.nodes["is_leaf"].astype(bool)
            if nodes["is_categorical"][~leaf].any():
                return None
            left, right = (np.where(leaf, LEAF, nodes[side].astype(np.int64)) for side in ("left", "right"))
            value = _placed(nodes["value"], column, columns)
            trees.append(_Nodes(nodes["feature_idx"], nodes["num_threshold"], left, right, value))
    return _Sum(trees, _both(offset), np.float64)


def _placed(raw: Array, column: int, columns: int) -> Array:
    """Return one value a node as a row of scores; one column means class 1 above zero, class 0 below."""
    if columns == 1:
        return np.stack([-raw, raw], axis=1)
    value = np.zeros((len(raw), columns))
    value[:, column] = raw
    return value


def _both(offset: Array) -> Array:
    return np.concatenate([-offset, offset]) if len(offset) == 1 else offset


def _flat(found: _Sum, seen: Callable[[Array], Array], features: int) -> Ensemble:
    sizes = np.array([len(tree.left) for tree in found.trees])
    roots = np.concatenate([[0], sizes.cumsum()[:-1]])
    shift = np.repeat(roots, sizes)
    left, right = (np.concatenate([getattr(tree, side) for tree in found.trees]) for side in ("left", "right"))
    inner = left != LEAF
    feature = np.where(inner, np.concatenate([tree.feature for tree in found.trees]), 0).astype(np.int64)
    threshold = np.where(inner, np.concatenate([tree.threshold for tree in found.trees]), 0.0)
    return Ensemble(
        feature,
        cuts_of(feature, threshold, inner, seen, features),
        np.where(inner, left + shift, LEAF).astype(np.int64),
        np.where(inner, right + shift, LEAF).astype(np.int64),
        np.concatenate([tree.value for tree in found.trees]),
        roots.astype(np.int64),
        found.offset,
    )


_READERS: dict[str, Callable[[Any, int], _Sum | None]] = {
    "DecisionTreeClassifier": _single,
    "RandomForestClassifier": _forest,
    "ExtraTreesClassifier": _forest,
    "GradientBoostingClassifier": _boosted,
    "HistGradientBoostingClassifier": _histogram,
}
