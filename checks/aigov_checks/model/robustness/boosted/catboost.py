"""A CatBoost model as both of its formats describe it: features, trees, and what the sums mean.

Source: `TModelTrees`, `TFloatFeature::ENanValueTreatment`, `BinarizeFloats` and `CalcGeneric` in the sources of
CatBoost (catboost/libs/model). Values are compared in single precision and summed in double precision; a sample goes
right where `x > border`, and the score is `scale * sum + bias`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.boosted.model import (
    EVERY,
    Answers,
    Boosted,
    Link,
    exponential,
    finite,
    identity,
    logistic,
)
from aigov_checks.model.robustness.predictor import Wanted
from aigov_checks.model.robustness.tree_parts import MOST_NODES, Nodes, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF, Array

_VALUE: Mapping[str, Link] = {
    "RMSE": identity,
    "MAE": identity,
    "Quantile": identity,
    "MAPE": identity,
    "Huber": identity,
    "Expectile": identity,
    "Lq": identity,
    "LogCosh": identity,
    "Poisson": exponential,
    "Tweedie": exponential,
}
_BINARY = ("Logloss", "CrossEntropy", "Focal")
_CLASSES = ("MultiClass", "MultiClassOneVsAll")
_RELEASE = re.compile(r"\bv(\d+(?:\.\d+){1,3})\b")
MOST_VALUES = 20_000_000
"""Nodes times columns; bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One numeric feature."""

    place: int
    """Column of the samples."""
    borders: Array
    """Ascending, float32."""
    missing_right: bool
    """Whether a missing value counts as above every border; below all of them otherwise."""
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What a file says, before it is known what it means."""

    features: Sequence[Feature]
    trees: Sequence[Nodes]
    """Thresholds are borders, values of shape (nodes, columns); `feature` is a place in `features`."""
    columns: int
    scale: float
    bias: Array
    info: Mapping[str, Any]
    """Texts, or JSON values, by name."""


def boosted_of(read: Read, file: str, wanted: Wanted) -> Boosted:
    """Return the model.

    Raises:
        UnsupportedInputError: an objective that is not read, or that does not fit the task.
        UnsoundTreeError: what the file says of itself cannot be.
    """
    objective = _objective(read.info)
    answers, link = _meaning(objective, file, wanted)
    if answers is not Answers.CLASSES and read.columns > 1:
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part=f"{objective[:40]}: several values"))
    width = max((feature.place for feature in read.features), default=-1) + 1
    places = [feature.place for feature in read.features]
    total = sum(len(tree.left) for tree in read.trees)
    if total > MOST_NODES or total * read.columns > MOST_VALUES:
        raise UnsupportedInputError(msg("robustness.model-too-large", file=file))
    sound = (
        0 < width <= MOST_NODES
        and len(set(places)) == len(places)
        and min(places) >= 0
        and (read.columns > 1 or answers is not Answers.CLASSES)
        and total > 0
        and math.isfinite(read.scale)
        and read.bias.shape == (read.columns,)
        and bool(np.isfinite(read.bias).all())
    )
    if not sound:
        raise UnsoundTreeError
    shift = _logit(read.info) if answers is Answers.BINARY else 0.0
    by_place = {feature.place: feature.name for feature in read.features}
    names = tuple(by_place.get(place, "") for place in range(width))
    return Boosted(
        f"catboost {_release(read.info)}",
        tuple(_placed(tree, read) for tree in read.trees),
        np.full(len(read.trees), EVERY),
        read.bias.astype(np.float64) - shift,
        answers,
        link,
        objective,
        width,
        names if all(names) else (),
        takes=np.float32,
        labels=_labels(read, answers, file),
    )


def no_categories(parts: Mapping[str, bool], file: str) -> None:
    """Let nothing pass but numeric features.

    Raises:
        UnsupportedInputError: categories (with or without target statistics, CTR), texts or embeddings.
    """
    for part, there in parts.items():
        if there:
            raise UnsupportedInputError(msg("robustness.catboost.features", file=file, part=part))


def _placed(tree: Nodes, read: Read) -> Nodes:
    """Return a tree over the columns of the samples, its values scaled; children and features are checked later."""
    inner = tree.left != LEAF
    if bool(((tree.feature[inner] < 0) | (tree.feature[inner] >= len(read.features))).any()):
        raise UnsoundTreeError
    column = np.array([feature.place for feature in read.features])
    right = np.array([feature.missing_right for feature in read.features])
    at = np.where(inner, tree.feature, 0)
    if bool(np.isnan(tree.threshold[inner]).any()):
        raise UnsoundTreeError
    threshold = np.where(inner, finite(tree.threshold.astype(np.float32)), np.float32(0))
    value = tree.value * read.scale
    return Nodes(np.where(inner, column[at], 0), threshold, tree.left, tree.right, value, ~right[at])


def _meaning(objective: str, file: str, wanted: Wanted) -> tuple[Answers, Link]:
    if wanted is Wanted.VALUES and objective in _VALUE:
        return Answers.VALUE, _VALUE[objective]
    if wanted is Wanted.VALUES and objective in _BINARY:
        return Answers.VALUE, logistic
    if wanted is Wanted.CLASSES and objective in _BINARY:
        return Answers.BINARY, logistic
    if wanted is Wanted.CLASSES and objective in _CLASSES:
        return Answers.CLASSES, identity
    known = objective in _VALUE or objective in _BINARY or objective in _CLASSES
    said = "robustness.boosted.other-task" if known else "robustness.boosted.objective"
    raise UnsupportedInputError(msg(said, file=file, objective=objective[:40]))


def _objective(info: Mapping[str, Any]) -> str:
    """Return the name of the loss function, `?` where the model does not say."""
    given = _parsed(info.get("loss_function")) or _parsed(info.get("params", {})).get("loss_function", {})
    given = _parsed(given) or given
    name = given.get("type", "?") if isinstance(given, Mapping) else str(given).partition(":")[0]
    return str(name) or "?"


def _logit(info: Mapping[str, Any]) -> float:
    """Return the sum above which class 1 is answered: that of the probability that was set, or zero."""
    share = float(info.get("binclass_probability_threshold", 0.5))
    if not 0 < share < 1:
        raise UnsoundTreeError
    return math.log(share / (1 - share))


def _labels(read: Read, answers: Answers, file: str) -> tuple[object, ...]:
    given = _parsed(read.info.get("class_params"))
    names, order = given.get("class_names", []), given.get("class_to_label", [])
    if answers is Answers.VALUE or not names:
        return ()
    count = 2 if answers is Answers.BINARY else read.columns
    if len(names) != count or (order and [int(place) for place in order] != list(range(count))):
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="class_to_label"))
    return tuple(name if isinstance(name, str | int) else _whole(name) for name in names)


def _whole(name: Any) -> object:  # any JSON value
    return int(name) if isinstance(name, float) and name.is_integer() else str(name)


def _release(info: Mapping[str, Any]) -> str:
    found = _RELEASE.search(str(info.get("catboost_version_info", ""))[:4096])
    return found[1] if found else "?"


def _parsed(value: Any) -> Mapping[str, Any]:  # any JSON value, maybe as text
    """Return a JSON object, also where it is written as text; empty for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        value = json.loads(value)
    return value if isinstance(value, Mapping) else {}
