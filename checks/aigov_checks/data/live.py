"""Live objects of a pipeline (tables, rows, arrays) as plain columns of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aigov import Json, UnsupportedInputError, msg
from aigov_checks.data.scan_columns import text_of

_DEEPEST = 64


def table_of(value: Any) -> Json:  # a live object of the user's: any type
    """Return `{"rows": n, "columns": {name: [text or None, ...]}}` of a live data set; nested values stay nested.

    Understood are a mapping of columns, a sequence of rows (mappings), a pyarrow Table, a pandas DataFrame, and a pair
    of arrays. Numbers become text where they are long enough to be a code, and None otherwise.

    Raises:
        UnsupportedInputError: it is none of these.
    """
    columns = _columns(value)
    rows = max((len(values) for values in columns.values()), default=0)
    kept = {name: [_plain(item, 0) for item in values] for name, values in columns.items()}
    return {
        "rows": rows,
        "columns": {name: items for name, items in kept.items() if any(item is not None for item in items)},
    }


def _columns(value: Any) -> dict[str, Sequence[Any]]:  # as above
    if hasattr(value, "column_names") and hasattr(value, "to_pydict"):
        return {str(name): value.column(name).to_pylist() for name in value.column_names}
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        return {str(name): value.iloc[:, index].tolist() for index, name in enumerate(value.columns)}
    if isinstance(value, Mapping):
        return {str(name): _items(values) for name, values in value.items()}
    if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004  # x and y
        return {name: _items(values) for name, values in zip("xy", value, strict=True) if values is not None}
    if isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value):
        names = dict.fromkeys(str(name) for row in value for name in row)
        return {name: [row.get(name) for row in value] for name in names}
    if hasattr(value, "dtype"):
        return {"x": _items(value)}
    raise UnsupportedInputError(msg("data.unknown-object", type=type(value).__name__))


def _items(values: Any) -> Sequence[Any]:  # a column of any library
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind in {"f", "b", "c"} and getattr(values, "ndim", 1) > 1:
        return [None] * len(values)
    if hasattr(values, "tolist"):
        listed = values.tolist()
        return listed if isinstance(listed, list) else [listed]
    if isinstance(values, Iterable) and not isinstance(values, str | bytes):
        return list(values)
    raise UnsupportedInputError(msg("data.unknown-object", type=type(values).__name__))


def _plain(value: Any, depth: int) -> Json:  # one value of a live object
    if isinstance(value, Mapping) and depth < _DEEPEST:
        nested = {str(key): _plain(item, depth + 1) for key, item in value.items()}
        return nested if any(item is not None for item in nested.values()) else None
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        listed = [_plain(item, depth + 1) for item in value]
        return listed if any(item is not None for item in listed) else None
    text = text_of(value)
    return None if text is None else text.decode("utf-8", "replace")
