"""The trees of an XGBoost model, from its document in JSON or UBJSON.

Source: the model schema of XGBoost (doc/model.schema), versions 1.0 to 3.2; `RegTree`, `Learner` and the
`ProbToMargin` of the objectives in its sources. Values are single precision, and a sample goes left where `x < t`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, UnsupportedInputError, msg
from aigov_checks.model.robustness.boosted.model import (
    Answers,
    Boosted,
    Link,
    exponential,
    finite,
    identity,
    in_order,
    logistic,
)
from aigov_checks.model.robustness.predictor import Wanted
from aigov_checks.model.robustness.tree_parts import Nodes, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF, Array
from aigov_checks.model.serialization.limits import MAX_JSON
from aigov_checks.model.serialization.ubjson import Numbers, is_ubjson, read_ubjson

if TYPE_CHECKING:
    from collections.abc import Mapping

_VALUE: Mapping[str, Link] = {
    "reg:squarederror": identity,
    "reg:linear": identity,
    "reg:squaredlogerror": identity,
    "reg:pseudohubererror": identity,
    "reg:absoluteerror": identity,
    "reg:quantileerror": identity,
    "reg:expectileerror": identity,
    "reg:logistic": logistic,
    "count:poisson": exponential,
    "reg:gamma": exponential,
    "reg:tweedie": exponential,
}
_BINARY: Mapping[str, Link] = {"binary:logistic": logistic, "binary:logitraw": identity, "binary:hinge": identity}
_CLASSES = ("multi:softmax", "multi:softprob")
_LEAST = np.float32(1e-6)
"""Probability at which XGBoost stops (`kRtEps`)."""
_TYPES = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}


def read_xgboost(data: bytes, file: str, wanted: Wanted) -> Boosted:
    """Return the model of a document.

    Raises:
        UnsupportedInputError: an objective, a booster or a kind of tree that is not read.
        UnsoundTreeError: what the document says of itself cannot be.
    """
    try:
        return _read(_document(data, file), file, wanted)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnsoundTreeError from error


def _document(data: bytes, file: str) -> Any:  # any JSON value
    if is_ubjson(data[:64]):
        return read_ubjson(memoryview(data))[0]
    if len(data) > MAX_JSON:
        raise UnsupportedInputError(msg("robustness.model-too-large", file=file))
    return json.loads(data)


def _read(document: Any, file: str, wanted: Wanted) -> Boosted:  # any JSON value
    learner = document["learner"]
    parameters, booster = learner["learner_model_param"], learner["gradient_booster"]
    objective = str(learner["objective"]["name"])
    classes, features = int(parameters["num_class"]), int(parameters["num_feature"])
    answers, link = _meaning(objective, file, wanted)
    if booster["name"] not in ("gbtree", "dart"):
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part=f"booster {booster['name']}"[:40]))
    if int(parameters.get("num_target", "1")) > 1:
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="num_target > 1"))
    columns = classes if answers is Answers.CLASSES else 1
    model = booster["gbtree"]["model"] if booster["name"] == "dart" else booster["model"]
    weights = _array(booster.get("weight_drop", []), np.float32)
    group = _array(model["tree_info"], np.int64)
    kept, notes = _kept(learner, model, len(group), classes)
    trees = [_tree(tree, file) for tree in model["trees"]]
    if len(trees) != len(group) or columns < 1 or bool(((group < 0) | (group >= columns)).any()):
        raise UnsoundTreeError
    if len(weights):
        trees = [_weighted(tree, weight) for tree, weight in zip(trees, weights, strict=True)]
    version = ".".join(str(int(part)) for part in _array(document["version"], np.int64))
    return Boosted(
        f"xgboost {version}",
        tuple(trees[:kept]),
        group[:kept],
        _start(str(parameters["base_score"]), link, columns),
        answers,
        link,
        objective,
        features,
        tuple(map(str, learner.get("feature_names", ()))),
        notes,
    )


def _meaning(objective: str, file: str, wanted: Wanted) -> tuple[Answers, Link]:
    if wanted is Wanted.VALUES and (objective in _VALUE or objective == "binary:logistic"):
        return Answers.VALUE, _VALUE.get(objective, logistic)
    if wanted is Wanted.CLASSES and objective in _BINARY:
        return Answers.BINARY, _BINARY[objective]
    if wanted is Wanted.CLASSES and objective in _CLASSES:
        return Answers.CLASSES, identity
    known = objective in _VALUE or objective in _BINARY or objective in _CLASSES
    words = "robustness.boosted.other-task" if known else "robustness.boosted.objective"
    raise UnsupportedInputError(msg(words, file=file, objective=objective[:40]))


def _kept(learner: Any, model: Any, trees: int, classes: int) -> tuple[int, tuple[Message, ...]]:  # any JSON values
    """Return how many trees predict: of a scikit-learn wrapper that stopped early, those up to its best iteration."""
    attributes = learner.get("attributes", {})
    if "best_iteration" not in attributes or "scikit_learn" not in attributes:
        return trees, ()
    best = int(attributes["best_iteration"])
    each = int(model["gbtree_model_param"].get("num_parallel_tree", "1")) * max(1, classes)
    ends = _array(model.get("iteration_indptr", list(range(0, trees + 1, max(1, each)))), np.int64)
    if not 0 <= best < len(ends) - 1 or not 0 < ends[best + 1] <= trees:
        raise UnsoundTreeError
    note = (msg("robustness.note.best-iteration", rounds=best + 1),) if ends[best + 1] < trees else ()
    return int(ends[best + 1]), note


def _start(text: str, link: Link, columns: int) -> Array:
    """Return the sums before the first tree; files keep them as predicted values."""
    given = np.array([float(part) for part in re.sub(r"[\[\]]", "", text).split(",")], dtype=np.float32)
    if link is logistic:
        kept = np.clip(given, _LEAST, np.float32(1) - _LEAST)
        given = -np.log(np.float32(1) / kept - np.float32(1))
    elif link is exponential:
        given = np.log(np.maximum(given, np.finfo(np.float32).tiny))
    if len(given) not in (1, columns) or not np.isfinite(given).all():
        raise UnsoundTreeError
    return np.broadcast_to(given, (columns,)).astype(np.float32)


def _tree(tree: Any, file: str) -> Nodes:  # any JSON value
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="multi_output_tree"))
    if _array(tree.get("split_type", []), np.int64).any():
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="categorical"))
    order, left, right = in_order(_array(tree["left_children"], np.int64), _array(tree["right_children"], np.int64))
    conditions = _array(tree["split_conditions"], np.float32)[order]
    inner = left != LEAF
    below = finite(np.nextafter(conditions, np.float32(-np.inf)))
    return Nodes(
        np.where(inner, _array(tree["split_indices"], np.int64)[order], 0),
        np.where(inner, below, np.float32(0)),
        left,
        right,
        np.where(inner, np.float32(0), conditions)[:, None],
        _array(tree["default_left"], np.int64)[order] != 0,
    )


def _weighted(tree: Nodes, weight: Any) -> Nodes:  # a float32
    return Nodes(tree.feature, tree.threshold, tree.left, tree.right, tree.value * weight, tree.missing_left)


def _array(value: Any, dtype: Any) -> Array:  # Numbers or a list of numbers; a numpy dtype
    given = np.frombuffer(value.raw, dtype=_TYPES[value.marker]) if isinstance(value, Numbers) else np.asarray(value)
    if given.ndim != 1 or given.dtype.kind not in "biuf":
        raise UnsoundTreeError
    return given.astype(dtype)
