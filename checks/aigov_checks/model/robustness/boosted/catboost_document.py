"""A CatBoost model from its JSON document.

Source: catboost/libs/model/model_export/json_model_helpers.cpp in the sources of CatBoost.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.boosted.catboost import Feature, Read, boosted_of, no_categories
from aigov_checks.model.robustness.boosted.symmetric import symmetric_tree
from aigov_checks.model.robustness.tree_parts import MOST_NODES, Nodes, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF, Array
from aigov_checks.model.serialization.limits import MAX_JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aigov_checks.model.robustness.boosted.model import Boosted
    from aigov_checks.model.robustness.predictor import Wanted


def is_catboost_json(data: bytes) -> bool:
    """Return whether a text has the marks of a CatBoost document and none of an XGBoost one."""
    return b'"features_info"' in data and b'"learner"' not in data


def read_catboost_json(data: bytes, file: str, wanted: Wanted) -> Boosted:
    """Return the model of a document.

    Raises:
        UnsupportedInputError: an objective, or features, that are not read; too large.
        UnsoundTreeError: what the document says of itself cannot be.
    """
    if len(data) > MAX_JSON:
        raise UnsupportedInputError(msg("robustness.model-too-large", file=file))
    try:
        return boosted_of(_read(json.loads(data), file), file, wanted)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnsoundTreeError from error


def _read(document: Any, file: str) -> Read:  # any JSON value
    info = document["features_info"]
    no_categories(
        {
            "categorical_features": bool(info.get("categorical_features")),
            "ctrs": bool(info.get("ctrs")) or "ctr_data" in document,
            "text_features": bool(info.get("text_features")),
            "embedding_features": bool(info.get("embedding_features")),
            "estimated_features": bool(info.get("estimated_features")),
        },
        file,
    )
    features = [_feature(given) for given in info.get("float_features", ())]
    place = {int(given["feature_index"]): at for at, given in enumerate(info.get("float_features", ()))}
    if len(place) != len(features):
        raise UnsoundTreeError
    scale, bias = document.get("scale_and_bias", (1, [0]))
    offset = np.atleast_1d(np.asarray(bias, dtype=np.float64))
    symmetric = "oblivious_trees" in document
    trees = [
        _symmetric(tree, place) if symmetric else _branching(tree, place)
        for tree in document["oblivious_trees" if symmetric else "trees"]
    ]
    columns = {tree.value.shape[1] for tree in trees}
    if len(columns) != 1:
        raise UnsoundTreeError
    width = columns.pop()
    # before version 1.0 there was one bias for all columns
    offset = np.broadcast_to(offset, (width,)) if len(offset) == 1 else offset
    return Read(features, trees, width, float(scale), offset, document.get("model_info", {}))


def _feature(given: Any) -> Feature:  # any JSON value
    missing = bool(given.get("has_nans")) and given.get("nan_value_treatment") == "AsTrue"
    name = given.get("feature_name") or given.get("feature_id") or ""
    borders = np.asarray(given.get("borders", []), dtype=np.float32)
    return Feature(int(given["flat_feature_index"]), borders, missing, str(name)[:200])


def _symmetric(tree: Any, place: Mapping[int, int]) -> Nodes:  # any JSON value
    splits = [_split(split, place) for split in tree.get("splits") or ()]
    feature = np.array([at for at, _ in splits], dtype=np.int64)
    border = np.array([edge for _, edge in splits], dtype=np.float32)
    values = np.asarray(tree["leaf_values"], dtype=np.float64)
    leaves = 1 << min(len(splits), 60)
    if values.ndim != 1 or not len(values) or len(values) % leaves:
        raise UnsoundTreeError
    return symmetric_tree(feature, border, values.reshape(leaves, -1))


def _split(split: Any, place: Mapping[int, int]) -> tuple[int, float]:  # any JSON value
    if split["split_type"] != "FloatFeature":
        raise UnsoundTreeError  # of features that the document does not have
    return place[int(split["float_feature_index"])], float(split["border"])


def _branching(tree: Any, place: Mapping[int, int]) -> Nodes:  # any JSON value
    """Return a tree whose branches differ, level by level."""
    features, borders, lefts, rights, values = [], [], [], [], []
    waiting, total = [tree], 1
    while waiting:
        following = []
        for node in waiting:
            inner = "split" in node
            at, edge = _split(node["split"], place) if inner else (0, 0.0)
            features.append(at)
            borders.append(edge)
            lefts.append(total if inner else LEAF)
            rights.append(total + 1 if inner else LEAF)
            values.append(None if inner else np.atleast_1d(np.asarray(node["value"], dtype=np.float64)))
            if inner:
                following += [node["left"], node["right"]]
                total += 2
        if total > MOST_NODES:
            raise UnsoundTreeError
        waiting = following
    return Nodes(
        np.array(features, dtype=np.int64),
        np.array(borders, dtype=np.float32),
        np.array(lefts, dtype=np.int64),
        np.array(rights, dtype=np.int64),
        _rows(values),
    )


def _rows(values: list[Array | None]) -> Array:
    leaves = [value for value in values if value is not None]
    if {value.shape for value in leaves} != {leaves[0].shape} or leaves[0].ndim != 1:
        raise UnsoundTreeError
    return np.stack([np.zeros_like(leaves[0]) if value is None else value for value in values])
