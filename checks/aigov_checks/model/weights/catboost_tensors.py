"""CatBoost models as tensors: the arrays of each tree, by the same names from the binary file and from the JSON.

Source: catboost/libs/model/flatbuffers/model.fbs and model_export/json_model_helpers.cpp in the sources of CatBoost.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor
from aigov_checks.model.serialization.flatbuffers import Table, root
from aigov_checks.model.weights.tensors import ITEM, Tensor, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CODES = {"float64": "d", "float32": "f", "int32": "i"}
_TREES, _PARTS = 1, 3
_COLUMNS, _SPLITS, _SIZES = 0, 1, 2
_FLOATS, _LEAVES, _WEIGHTS, _STEPS, _LEAF_OF, _SCALE, _BIAS, _BIASES = 5, 8, 9, 10, 11, 14, 15, 16
_NOT_READ = (4, 6, 7, 12, 13, 18)
"""Fields of categories, texts and embeddings."""
_BORDERS, _MOST_LEVELS = 3, 30


def catboost_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the arrays of a binary file."""
    cursor = Cursor(data, 4)
    core = root(cursor.take(cursor.unsigned(4)))
    model = core.table(_TREES)
    if model is None:
        yield Unread("weights.broken")
        return
    if core.texts(_PARTS) or any(model.tables(field) for field in _NOT_READ):
        yield Unread("weights.tensor", "features_info")
    for place, feature in enumerate(model.tables(_FLOATS)):
        yield _block(feature, _BORDERS, "float32", f"features_info.float_features.{place}.borders")
    if model.block(_STEPS, 4):
        yield _block(model, _STEPS, "int32", "trees.steps")
        yield _block(model, _LEAF_OF, "int32", "trees.leaves")
        yield _block(model, _SPLITS, "int32", "trees.splits")
        yield _block(model, _SIZES, "int32", "trees.sizes")
        yield _block(model, _LEAVES, "float64", "trees.leaf_values")
        yield _block(model, _WEIGHTS, "float64", "trees.leaf_weights")
    else:
        yield from _symmetric(model)
    biases = model.block(_BIASES, 8)
    bias = biases or memoryview(struct.pack("<d", model.real(_BIAS)))
    raw = struct.pack("<d", model.real(_SCALE, 1.0)) + bytes(bias)
    yield Tensor("scale_and_bias", "float64", (len(raw) // 8,), memoryview(raw))


def _block(table: Table, field: int, dtype: str, name: str) -> Tensor:
    raw = table.block(field, ITEM[dtype])
    return Tensor(name, dtype, (len(raw) // ITEM[dtype],), raw)


def _symmetric(model: Table) -> Iterator[Tensor]:
    columns, sizes = model.number(_COLUMNS, 4), model.numbers(_SIZES)
    splits, values, weights = (
        Cursor(model.block(field, width)) for field, width in ((_SPLITS, 4), (_LEAVES, 8), (_WEIGHTS, 8))
    )
    for tree, size in enumerate(sizes):
        if not 0 <= size <= _MOST_LEVELS or columns < 1:
            raise BrokenFileError(model.at)
        parts = {"leaf_values": (values, "float64", columns << size), "splits": (splits, "int32", size)}
        if len(weights.data):
            parts["leaf_weights"] = (weights, "float64", 1 << size)
        for key, (source, dtype, count) in sorted(parts.items()):
            yield Tensor(f"oblivious_trees.{tree}.{key}", dtype, (count,), source.take(count * ITEM[dtype]))


def catboost_json_tensors(document: Any) -> Iterator[Tensor | Unread]:  # any JSON object
    """Yield the arrays of a document; trees whose branches differ are nested objects, which have none."""
    info = document["features_info"]
    if not isinstance(info, dict) or not isinstance(document.get("oblivious_trees"), list):
        yield Unread("weights.format")
        return
    if any(info.get(key) for key in info if key != "float_features"):
        yield Unread("weights.tensor", "features_info")
    floats = info.get("float_features")
    for place, feature in enumerate(floats if isinstance(floats, list) else ()):
        yield _listed(feature, "borders", "float32", f"features_info.float_features.{place}.borders")
    for place, tree in enumerate(document["oblivious_trees"]):
        for key in ("leaf_values", "leaf_weights"):
            if not isinstance(tree, dict) or key in tree or key == "leaf_values":
                yield _listed(tree, key, "float64", f"oblivious_trees.{place}.{key}")
        yield _splits(tree, f"oblivious_trees.{place}.splits")
    given = document.get("scale_and_bias", [1, [0]])
    flat = [given[0], *(given[1] if isinstance(given[1], list) else [given[1]])] if _is_pair(given) else None
    yield _listed({"flat": flat}, "flat", "float64", "scale_and_bias")


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2  # noqa: PLR2004  # a scale and a bias


def _splits(tree: Any, name: str) -> Tensor | Unread:  # any JSON value
    try:
        numbers = [split["split_index"] for split in tree.get("splits") or ()]
    except (AttributeError, KeyError, TypeError):
        return Unread("weights.tensor", name)
    return _listed({"splits": numbers}, "splits", "int32", name)


def _listed(holder: Any, key: str, dtype: str, name: str) -> Tensor | Unread:  # any JSON value
    try:
        numbers = holder[key]
        raw = struct.pack(f"<{len(numbers)}{_CODES[dtype]}", *numbers)
    except (KeyError, IndexError, TypeError, OverflowError, struct.error):
        return Unread("weights.tensor", name)
    return Tensor(name, dtype, (len(numbers),), memoryview(raw))
