"""A CatBoost model from its binary file (.cbm): a FlatBuffer behind a mark and a length.

Source: catboost/libs/model/flatbuffers/model.fbs and features.fbs; `TNonSymmetricTreeStepNode` in the sources of
CatBoost. Field numbers are those of version 1.2; older files have fewer fields.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.boosted.catboost import MOST_VALUES, Feature, Read, boosted_of, no_categories
from aigov_checks.model.robustness.boosted.model import in_order
from aigov_checks.model.robustness.boosted.symmetric import symmetric_tree
from aigov_checks.model.robustness.tree_parts import Nodes, UnsoundTreeError
from aigov_checks.model.robustness.trees import LEAF, Array
from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor
from aigov_checks.model.serialization.flatbuffers import Table, root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aigov_checks.model.robustness.boosted.model import Boosted
    from aigov_checks.model.robustness.predictor import Wanted

MARK = b"CBM1"
_FORMAT, _TREES, _INFO, _PARTS = range(4)
_COLUMNS, _SPLITS, _SIZES, _STARTS, _CATEGORIES, _FLOATS, _ONE_HOT, _CTRS, _LEAVES = range(9)
_STEPS, _LEAF_OF, _TEXTS, _ESTIMATED, _SCALE, _BIAS, _BIASES = range(10, 17)
_EMBEDDINGS = 18
_HAS_NANS, _INDEX, _FLAT, _BORDERS, _NAME, _MISSING = range(6)
_AS_TRUE = 2
_FORMATS = ("FlabuffersModel_v1", "FlatbuffersModel_v1")


def read_catboost(data: bytes, file: str, wanted: Wanted) -> Boosted:
    """Return the model of a file.

    Raises:
        UnsupportedInputError: an objective, or features, that are not read.
        UnsoundTreeError: what the file says of itself cannot be.
    """
    try:
        return boosted_of(_read(memoryview(data), file), file, wanted)
    except (BrokenFileError, KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnsoundTreeError from error


def _read(data: memoryview, file: str) -> Read:
    cursor = Cursor(data, len(MARK))
    core = root(cursor.take(cursor.unsigned(4)))
    model = core.table(_TREES)
    if model is None or core.text(_FORMAT) not in _FORMATS:
        raise UnsoundTreeError
    no_categories(
        {
            "categorical_features": bool(model.tables(_CATEGORIES) or model.tables(_ONE_HOT)),
            "ctrs": bool(model.tables(_CTRS)),
            "text_features": bool(model.tables(_TEXTS)),
            "embedding_features": bool(model.tables(_EMBEDDINGS)),
            "estimated_features": bool(model.tables(_ESTIMATED)) or bool(core.texts(_PARTS)),
        },
        file,
    )
    floats = model.tables(_FLOATS)
    if [given.number(_INDEX, 4, -1) for given in floats] != list(range(len(floats))):
        raise UnsoundTreeError
    features = [_feature(given) for given in floats]
    columns = model.number(_COLUMNS, 4)
    leaves = _array(model, _LEAVES, "<f8")
    if columns < 1 or columns > len(leaves):
        raise UnsoundTreeError
    trees = _trees(model, features, leaves, columns)
    biases = _array(model, _BIASES, "<f8")
    offset = biases if len(biases) else np.full(columns, model.real(_BIAS))
    info = {entry.text(0): _whole(entry, 1) for entry in core.tables(_INFO)}
    return Read(features, trees, columns, model.real(_SCALE, 1.0), offset, info)


def _feature(given: Table) -> Feature:
    missing = given.number(_HAS_NANS, 1) != 0 and given.number(_MISSING, 1) == _AS_TRUE
    return Feature(given.number(_FLAT, 4, -1), _array(given, _BORDERS, "<f4"), missing, given.text(_NAME)[:200])


def _whole(entry: Table, field: int) -> str:
    """Return a text of any length."""
    return bytes(entry.block(field, 1)).decode("utf-8", "replace")


def _array(table: Table, field: int, kind: str) -> Array:
    return np.frombuffer(table.block(field, np.dtype(kind).itemsize), dtype=kind)


def _trees(model: Table, features: Sequence[Feature], leaves: Array, columns: int) -> list[Nodes]:
    splits, sizes = _array(model, _SPLITS, "<i4").astype(np.int64), _array(model, _SIZES, "<i4").astype(np.int64)
    steps = _array(model, _STEPS, "<u4").view("<u2").astype(np.int64)
    leaf_of = _array(model, _LEAF_OF, "<u4").astype(np.int64)
    owner = np.repeat(np.arange(len(features)), [len(feature.borders) for feature in features])
    borders = np.concatenate([np.zeros(0, np.float32), *(feature.borders for feature in features)])
    if not len(sizes) or bool((sizes < 0).any()) or sizes.sum() != len(splits) or sizes.sum() * columns > MOST_VALUES:
        raise UnsoundTreeError
    starts = np.concatenate([[0], np.cumsum(sizes)])
    given = _array(model, _STARTS, "<i4")
    if len(given) and not np.array_equal(given, starts[:-1]):
        raise UnsoundTreeError
    if len(steps):
        if len(steps) != 2 * len(splits) or len(leaf_of) != len(splits):
            raise UnsoundTreeError
        pairs = steps.reshape(-1, 2)
        parts = [slice(start, end) for start, end in pairwise(starts.tolist())]
        found = {"feature": owner, "border": borders}
        return [_branching(splits[p], pairs[p], leaf_of[p], found, (leaves, columns)) for p in parts]
    return _symmetric(splits, starts, (owner, borders), (leaves, columns))


def _symmetric(splits: Array, starts: Array, known: tuple[Array, Array], values: tuple[Array, int]) -> list[Nodes]:
    owner, borders = known
    leaves, columns = values
    if len(splits) and not (splits.min() >= 0 and splits.max() < len(borders)):
        raise UnsoundTreeError
    trees, used = [], 0
    for start, end in pairwise(starts.tolist()):
        mine = splits[start:end]
        count = columns << min(len(mine), 40)
        if used + count > len(leaves):
            raise UnsoundTreeError
        trees.append(symmetric_tree(owner[mine], borders[mine], leaves[used : used + count].reshape(-1, columns)))
        used += count
    if used != len(leaves):
        raise UnsoundTreeError
    return trees


def _branching(
    splits: Array, steps: Array, leaf_of: Array, known: Mapping[str, Array], values: tuple[Array, int]
) -> Nodes:
    """Return a tree whose branches differ: a step of zero ends at the leaf of the node itself.

    Each end gets a node of its own behind the given ones, where the node also goes on to the other side.
    """
    leaves, columns = values
    n = len(splits)
    inner = steps.any(axis=1)
    ends = [np.flatnonzero(inner & (steps[:, side] == 0)) for side in (0, 1)]
    children = []
    for side, before in ((0, 0), (1, len(ends[0]))):
        child = np.where(inner, np.arange(n) + steps[:, side], LEAF)
        child[ends[side]] = n + before + np.arange(len(ends[side]))
        children.append(np.concatenate([child, np.full(len(ends[0]) + len(ends[1]), LEAF)]))
    order, left, right = in_order(*children)
    source = np.concatenate([np.arange(n), *ends])[order]
    is_inner = left != LEAF
    at = leaf_of[source]
    chosen = np.where(is_inner, splits[source], 0)
    sound = (
        bool((at[~is_inner] % columns == 0).all())
        and bool((at[~is_inner] <= len(leaves) - columns).all())
        and bool(((chosen >= 0) & (chosen < max(1, len(known["border"])))).all())
        and (len(known["border"]) > 0 or not is_inner.any())
    )
    if not sound:
        raise UnsoundTreeError
    rows = np.where(is_inner, 0, at)[:, None] + np.arange(columns)
    value = np.where(is_inner[:, None], 0.0, leaves[rows])
    if not is_inner.any():
        return Nodes(chosen, np.zeros(len(chosen), dtype=np.float32), left, right, value)
    return Nodes(known["feature"][chosen], known["border"][chosen], left, right, value)
