"""The trees of a LightGBM model, from its text.

Source: `GBDT::SaveModelToString`, `Tree::ToString` and `Tree::NumericalDecision` in the sources of LightGBM (format v3
and v4). Values are double precision, and a sample goes left where `x <= t`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.boosted.model import (
    Answers,
    Boosted,
    Link,
    exponential,
    finite,
    identity,
    in_order,
    logistic,
    signed_square,
)
from aigov_checks.model.robustness.predictor import Wanted
from aigov_checks.model.robustness.tree_parts import Nodes, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF, Array
from aigov_checks.model.weights.tensors import Unread
from aigov_checks.model.weights.tree_tensors import lightgbm_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping

_VALUE: Mapping[str, Link] = {
    "regression": identity,
    "regression_l1": identity,
    "huber": identity,
    "fair": identity,
    "quantile": identity,
    "mape": identity,
    "poisson": exponential,
    "gamma": exponential,
    "tweedie": exponential,
    "cross_entropy": logistic,
}
_CLASSES = ("multiclass", "multiclassova")
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_ZERO = 0, 1
"""Bits 2 and 3 of a decision type; the third kind is NaN."""


def read_lightgbm(data: bytes, file: str, wanted: Wanted) -> Boosted:
    """Return the model of a text.

    Raises:
        UnsupportedInputError: an objective or a kind of tree that is not read.
        UnsoundTreeError: what the text says of itself cannot be.
    """
    try:
        return _read(data, file, wanted)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise UnsoundTreeError from error


def _read(data: bytes, file: str, wanted: Wanted) -> Boosted:
    lines = data.partition(b"\nTree=")[0].decode("utf-8", "replace").splitlines()
    header = dict(line.partition("=")[::2] for line in lines)
    words = header["objective"].split()
    columns, features = int(header["num_tree_per_iteration"]), int(header["max_feature_idx"]) + 1
    answers, link = _meaning(words, file, wanted)
    trees = [_tree(arrays, file) for arrays in _arrays(data)]
    sizes = len(header["tree_sizes"].split())
    if columns < 1 or len(trees) != sizes or len(trees) % columns or (answers is not Answers.CLASSES and columns > 1):
        raise UnsoundTreeError
    return Boosted(
        f"lightgbm {header.get('version', '?')[:8]}",
        tuple(trees),
        np.arange(len(trees)) % columns,
        np.zeros(columns),
        answers,
        link,
        header["objective"],
        features,
        tuple(header.get("feature_names", "").split()),
        divisor=float(max(1, len(trees) // columns)) if "average_output" in header else 1.0,
    )


def _meaning(words: list[str], file: str, wanted: Wanted) -> tuple[Answers, Link]:
    objective = words[0]
    if wanted is Wanted.VALUES and objective in _VALUE:
        return Answers.VALUE, signed_square if "sqrt" in words else _VALUE[objective]
    if wanted is Wanted.VALUES and words == ["binary", "sigmoid:1"]:
        return Answers.VALUE, logistic
    if wanted is Wanted.CLASSES and objective == "binary":
        return Answers.BINARY, logistic
    if wanted is Wanted.CLASSES and objective in _CLASSES:
        return Answers.CLASSES, identity
    known = objective in _VALUE or objective in ("binary", *_CLASSES)
    said = "robustness.boosted.other-task" if known else "robustness.boosted.objective"
    raise UnsupportedInputError(msg(said, file=file, objective=objective[:40]))


def _arrays(data: bytes) -> list[dict[str, Array]]:
    """Return the arrays of each tree, in order."""
    found: dict[int, dict[str, Array]] = defaultdict(dict)
    for tensor in lightgbm_tensors(memoryview(data), Path()):
        if isinstance(tensor, Unread):
            raise UnsoundTreeError
        _, number, key = tensor.name.split(".")
        if key in found[int(number)]:
            raise UnsoundTreeError
        found[int(number)][key] = np.frombuffer(tensor.raw, dtype=tensor.dtype)
    if sorted(found) != list(range(len(found))):
        raise UnsoundTreeError
    return [found[number] for number in range(len(found))]


def _tree(arrays: Mapping[str, Array], file: str) -> Nodes:
    leaves = arrays["leaf_value"]
    if "leaf_const" in arrays:
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="linear_tree"))
    if len(leaves) == 1:
        alone = np.full(1, LEAF)
        return Nodes(np.zeros(1, dtype=np.int64), np.zeros(1), alone, alone, leaves[:, None], np.zeros(1, dtype=bool))
    decisions, threshold = arrays["decision_type"].astype(np.int64), finite(arrays["threshold"])
    if (decisions & _CATEGORICAL).any():
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="categorical"))
    missing = (decisions >> 2) & 3
    if (missing == _MISSING_ZERO).any():
        raise UnsupportedInputError(msg("robustness.boosted.part", file=file, part="zero_as_missing"))
    inner, n = len(threshold), len(threshold) + len(leaves)
    left, right = (_children(arrays[side].astype(np.int64), inner, n) for side in ("left_child", "right_child"))
    # without a treatment of missing values, NaN is read as zero
    gaps = np.where(missing == _MISSING_NONE, threshold >= 0, (decisions & _DEFAULT_LEFT) != 0)
    order, left, right = in_order(left, right)
    return Nodes(
        _padded(arrays["split_feature"].astype(np.int64), n)[order],
        _padded(threshold, n)[order],
        left,
        right,
        np.concatenate([np.zeros(inner), leaves])[order][:, None],
        _padded(gaps, n)[order],
    )


def _children(given: Array, inner: int, n: int) -> Array:
    """Return places of children where leaves, written as their complements, stand behind the inner nodes."""
    return _padded(np.where(given < 0, inner + ~given, given), n, LEAF)


def _padded(values: Array, n: int, fill: Any = 0) -> Array:  # a number of the same type
    return np.concatenate([values, np.full(n - len(values), fill, dtype=values.dtype)])
