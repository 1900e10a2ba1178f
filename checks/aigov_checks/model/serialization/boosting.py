"""Boosted trees: the old binary format of XGBoost, the text of LightGBM and the FlatBuffer of CatBoost.

Source: the structures LearnerModelParamLegacy, GBTreeModelParam and TreeParam of XGBoost 0.7 to 2.1;
gbdt_model_text.cpp of LightGBM; the ctr, model and features flatbuffers of CatBoost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor, bounded
from aigov_checks.model.serialization.flatbuffers import root
from aigov_checks.model.serialization.limits import MAX_MEMBERS, MAX_TEXT
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered
from aigov_checks.model.serialization.text_rules import code_in_strings
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD, _GBTREE, _LINEAR, _TREE, _NODE, _STATS = 136, 160, 136, 148, 20, 16
_OBJECTIVE = re.compile(rb"[a-z]+(:[a-z0-9]+)*")
_BOOSTERS = frozenset((b"gbtree", b"gblinear", b"dart"))
_LINES = re.compile(
    rb"[A-Za-z_]+(=.*)?|\[[\w.]+: .*\]|\s*|Tree=\d+|end of (trees|parameters)|parameters:|feature_importances:|"
    rb"[^\s=]+=\d+|pandas_categorical:.*|[^\s=]+=[-+.\deE]+",
)
_CATBOOST_PARTS = words("static_ctr_provider_v1 text_processing_collection_v1 embedding_processing_collection_v1")


def is_lightgbm(head: bytes) -> bool:
    """Whether a text begins like a model of LightGBM."""
    return re.match(rb"tree\r?\nversion=", head) is not None


def is_legacy_xgboost(data: memoryview) -> bool:
    """Whether the names of an objective and a booster stand where the old format has them, with or without a mark."""
    start = 4 if bytes(data[:4]) == b"binf" else 0
    head = Cursor(data[: start + _HEAD + 512], start + _HEAD)
    try:
        objective = bytes(head.take(min(head.unsigned(8), 256)))
        booster = bytes(head.take(min(head.unsigned(8), 64)))
    except BrokenFileError:
        return start == 4  # noqa: PLR2004  # the mark alone
    return start == 4 or (_OBJECTIVE.fullmatch(objective) is not None and booster in _BOOSTERS)  # noqa: PLR2004  # the mark


def _xgboost(data: memoryview, _context: Context) -> Iterator[Note]:
    cursor = Cursor(data, 4 if bytes(data[:4]) == b"binf" else 0)
    parameters = Cursor(cursor.take(_HEAD))
    parameters.skip(12)
    attributes, metrics = parameters.unsigned(4), parameters.unsigned(4)
    objective = bytes(cursor.take(cursor.unsigned(8))[:256])
    booster = bytes(cursor.take(cursor.unsigned(8))[:64])
    if booster not in _BOOSTERS or not _OBJECTIVE.fullmatch(objective):
        yield suspicious("model.operator", cursor.at, format="xgboost", name=booster.decode("utf-8", "replace"))
        return
    if booster == b"gblinear":
        cursor.skip(_LINEAR)
        cursor.skip(4 * cursor.unsigned(8))
    elif _trees(cursor) and booster == b"dart":
        cursor.skip(4 * cursor.unsigned(8))
    at = cursor.at
    texts = [*_texts(cursor, 2 if attributes else 0)]
    texts += [cursor.text(cursor.unsigned(8))] if objective == b"count:poisson" else []
    texts += [*_texts(cursor, 1 if metrics else 0)]
    yield from code_in_strings(texts, at)
    if cursor.at != len(data):
        yield suspicious("model.trailing", cursor.at, format="xgboost", size=len(data) - cursor.at)


def _trees(cursor: Cursor) -> int:
    """Step over the trees, each of which says how many nodes it has, and return how many there are."""
    count = cursor.signed(4)
    cursor.skip(_GBTREE - 4)
    if not 0 <= count <= MAX_MEMBERS:
        raise BrokenFileError(cursor.at)
    for _ in range(count):
        head = Cursor(cursor.take(_TREE))
        head.skip(4)
        nodes = head.signed(4)
        head.skip(12)
        leaf_vector = head.signed(4)
        cursor.skip(nodes * (_NODE + _STATS))
        if leaf_vector:
            cursor.skip(4 * cursor.unsigned(8))
    cursor.skip(4 * count)
    return count


def _texts(cursor: Cursor, each: int) -> Iterator[str]:
    """Yield counted texts, `each` of them an entry; none where the file says that it has none."""
    count = cursor.unsigned(8) if each else 0
    if count > MAX_MEMBERS:
        raise BrokenFileError(cursor.at)
    for _ in range(count * each):
        yield cursor.text(cursor.unsigned(8))


def _lightgbm(data: memoryview, _context: Context) -> Iterator[Note]:
    if len(data) > MAX_TEXT * 16:
        yield uncovered("limit.size", 0)
        return
    text = bytes(data)
    if b"end of trees" not in text or text.count(b"\nTree=") > MAX_MEMBERS:
        yield suspicious("model.unparsable", len(data), format="lightgbm")
    sizes = re.search(rb"\ntree_sizes=([\d ]*)\r?\n", text)
    if sizes and len(sizes[1].split()) != text.count(b"\nTree="):
        yield suspicious("model.unparsable", sizes.start(), format="lightgbm")
    offset = 0
    for line in text.split(b"\n"):
        if len(line) < 1 << 12 and not _LINES.fullmatch(line.rstrip(b"\r")):
            yield suspicious("model.line", offset, format="lightgbm", name=line[:60].decode("utf-8", "replace"))
        elif b"(" in line or b"{" in line or b"<" in line:
            yield from code_in_strings((line[:4096].decode("utf-8", "replace"),), offset)
        offset += len(line) + 1


def _catboost(data: memoryview, _context: Context) -> Iterator[Note]:
    cursor = Cursor(data, 4)
    core = cursor.take(cursor.unsigned(4))
    table = root(core)
    if not re.fullmatch(r"Flab?t?uffersModel_v\d+", table.text(0)):
        yield suspicious("model.operator", 8, format="catboost", name=table.text(0))
    table.table(1)
    for entry in table.tables(2):
        yield from code_in_strings((entry.text(0), entry.text(1)), 8 + entry.at)
    parts = table.texts(3)
    for part in parts:
        if part not in _CATBOOST_PARTS:
            yield suspicious("model.custom", 8, format="catboost", name=part)
    if not parts and cursor.at != len(data):
        yield suspicious("model.trailing", cursor.at, format="catboost", size=len(data) - cursor.at)


scan_xgboost = bounded("xgboost", _xgboost)
scan_lightgbm = bounded("lightgbm", _lightgbm)
scan_catboost = bounded("catboost", _catboost)
