"""Boosted trees as tensors: each array of each tree, whatever the file that it comes from."""

from __future__ import annotations

import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any

from aigov_checks.model.serialization.limits import MAX_JSON, MAX_TEXT
from aigov_checks.model.serialization.ubjson import WIDTHS, Numbers, read_ubjson
from aigov_checks.model.weights.catboost_tensors import catboost_json_tensors
from aigov_checks.model.weights.tensors import Tensor, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLOATS = frozenset(("base_weights", "loss_changes", "split_conditions", "sum_hessian", "weights", "weight_drop"))
_BYTES = frozenset(("default_left", "split_type"))
_CODES = {"float32": "f", "float64": "d", "int32": "i", "int64": "q", "uint8": "B"}
_LIGHTGBM = {
    "threshold": "float64", "leaf_value": "float64", "leaf_weight": "float64", "internal_value": "float64",
    "internal_weight": "float64", "split_gain": "float64", "split_feature": "int32", "decision_type": "int32",
    "left_child": "int32", "right_child": "int32", "leaf_count": "int64", "internal_count": "int64",
    "cat_boundaries": "int32", "cat_threshold": "int64", "leaf_const": "float64", "leaf_coeff": "float64",
}  # fmt: skip
_TREE = re.compile(rb"\nTree=(\d{1,7})\r?\n(.*?)(?=\nTree=|\nend of trees)", re.DOTALL)


def xgboost_ubj_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the arrays of a model in UBJSON."""
    yield from _walk(read_ubjson(data)[0])


def xgboost_json_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the arrays of a model of XGBoost or CatBoost in JSON; any other JSON document has no weights."""
    if len(data) > MAX_JSON:
        yield Unread("weights.broken")
        return
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict) and isinstance(document.get("learner"), dict):
        yield from _walk(document)
    elif isinstance(document, dict) and "features_info" in document:
        yield from catboost_json_tensors(document)


def _walk(document: Any) -> Iterator[Tensor | Unread]:  # any JSON value
    pending: list[tuple[str, Any]] = [("", document)]  # any JSON value
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(reversed([(f"{name}.{key}" if name else str(key), part) for key, part in value.items()]))
        elif (isinstance(value, Numbers) and value.raw) or _is_numbers(value):
            yield _tensor(name, value)
        elif isinstance(value, list):
            pending.extend(reversed([(f"{name}.{index}", part) for index, part in enumerate(value)]))


def _is_numbers(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, int | float) for part in value)


def _tensor(name: str, value: Any) -> Tensor | Unread:  # Numbers or a list of them
    key = name.rpartition(".")[2]
    numbers = _listed(value) if isinstance(value, Numbers) else value
    dtype = "float32" if key in _FLOATS or any(isinstance(n, float) for n in numbers) else "int32"
    return _made(name, "uint8" if key in _BYTES else dtype, numbers)


def _listed(value: Numbers) -> list[float]:
    code = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d"}[value.marker]
    return list(struct.unpack(f">{len(value.raw) // WIDTHS[value.marker]}{code}", value.raw))


def _made(name: str, dtype: str, numbers: list[float]) -> Tensor | Unread:
    try:
        kept = numbers if dtype.startswith("float") else [int(n) for n in numbers if math.isfinite(n)]
        raw = struct.pack(f"<{len(numbers)}{_CODES[dtype]}", *kept)
    except (struct.error, OverflowError, ValueError):
        return Unread("weights.tensor", name)
    return Tensor(name, dtype, (len(numbers),), memoryview(raw))


def lightgbm_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the arrays of the trees of a LightGBM text."""
    if len(data) > MAX_TEXT * 16:
        yield Unread("weights.broken")
        return
    for tree in _TREE.finditer(bytes(data)):
        for line in tree[2].split(b"\n"):
            key, _, text = line.decode("utf-8", "replace").partition("=")
            if key in _LIGHTGBM and text.strip():
                yield _from_text(f"tree.{int(tree[1])}.{key}", _LIGHTGBM[key], text)


def _from_text(name: str, dtype: str, text: str) -> Tensor | Unread:
    try:
        return _made(name, dtype, [float(n) if dtype == "float64" else int(float(n)) for n in text.split()])
    except (ValueError, OverflowError):
        return Unread("weights.tensor", name)
