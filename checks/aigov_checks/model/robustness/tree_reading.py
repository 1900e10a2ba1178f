"""Trees and ensembles of scikit-learn as arrays that are checked against the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.model.robustness.affine import scaling_of
from aigov_checks.model.robustness.tree_parts import (
    MOST_NODES,
    Nodes,
    Sum,
    UnsoundTreeError,
    both,
    check_nodes,
    flat,
    placed,
)
from aigov_checks.model.robustness.value_reading import VALUE_READERS, histogram_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aigov_checks.model.robustness.predictor import Array
    from aigov_checks.model.robustness.trees import Ensemble

TREES = ("sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor")
"""Compiled types of scikit-learn that hold nothing but arrays; skops trusts them on demand only."""
_TOLERANCE = 1e-9
_PAIR = 2


def ensemble_of(model: Any, clean: Array) -> Ensemble | None:  # a scikit-learn estimator
    """Return the trees of a model, or None where it is none of those known here; nothing of the model is run.

    Known are decision tree, random forest, extra trees, gradient boosting and histogram gradient boosting, of classes
    or of values, alone or behind scalers.

    Raises:
        UnsoundTreeError: children or features that do not exist, cycles, values of the wrong shape.
    """
    steps = [step for _, step in model.steps] if hasattr(model, "steps") else [model]
    last, kind = steps[-1], type(steps[-1]).__name__
    columns = 1 if kind in VALUE_READERS else len(getattr(model, "classes_", ()))
    known = kind in VALUE_READERS or (kind in _READERS and columns >= _PAIR)
    if not known or not type(last).__module__.startswith("sklearn.") or clean.ndim != _PAIR:
        return None
    scalings = [scaling_of(step, clean.shape[1]) for step in steps[:-1]]
    if any(scaling is None or not (scaling[0] > 0).all() for scaling in scalings):
        return None
    try:
        found = VALUE_READERS[kind](last) if kind in VALUE_READERS else _READERS[kind](last, columns)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnsoundTreeError from error
    if found is None or found.size > MOST_NODES:
        return None
    for tree in found.trees:
        check_nodes(tree, clean.shape[1], columns)
    return flat(found, lambda x: _through(steps[:-1], x).astype(found.dtype), clean.shape[1])


def agrees(ensemble: Ensemble, scores: Array, clean: Array) -> bool:
    """Return whether the arrays reproduce the model's own scores of the clean samples."""
    found = ensemble.scores(clean)
    return found.shape == scores.shape and bool(np.allclose(found, scores, rtol=_TOLERANCE, atol=_TOLERANCE))


def _through(steps: Sequence[Any], x: Array) -> Array:  # scikit-learn transformers
    for step in steps:
        x = x if isinstance(step, str) else np.asarray(step.transform(x))
    return x


def _single(model: Any, classes: int) -> Sum:  # a DecisionTreeClassifier
    return Sum([_shares(model.tree_)], np.zeros(classes), np.float32)


def _forest(model: Any, classes: int) -> Sum:  # a RandomForestClassifier or ExtraTreesClassifier
    trees = [_shares(member.tree_) for member in model.estimators_]
    scaled = [Nodes(t.feature, t.threshold, t.left, t.right, t.value / len(trees)) for t in trees]
    return Sum(scaled, np.zeros(classes), np.float32)


def _shares(tree: Any) -> Nodes:  # a Tree of scikit-learn
    value = np.asarray(tree.value)
    if value.ndim != _PAIR + 1 or value.shape[1] != 1:
        raise UnsoundTreeError
    shares = value[:, 0, :] / value[:, 0, :].sum(axis=1, keepdims=True)
    return Nodes(tree.feature, tree.threshold, tree.children_left, tree.children_right, shares)


def _boosted(model: Any, classes: int) -> Sum | None:  # a GradientBoostingClassifier
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
            trees.append(Nodes(*arrays, placed(raw, column, columns)))
    return Sum(trees, both(offset), np.float32)


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


def _histogram(model: Any, classes: int) -> Sum | None:  # a HistGradientBoostingClassifier
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
            grown = histogram_tree(member)
            if grown is None:
                return None
            trees.append(Nodes(*grown[0], placed(grown[1], column, columns)))
    return Sum(trees, both(offset), np.float64)


_READERS: dict[str, Callable[[Any, int], Sum | None]] = {
    "DecisionTreeClassifier": _single,
    "RandomForestClassifier": _forest,
    "ExtraTreesClassifier": _forest,
    "GradientBoostingClassifier": _boosted,
    "HistGradientBoostingClassifier": _histogram,
}
