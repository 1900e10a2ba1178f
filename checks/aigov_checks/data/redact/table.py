"""Rows of an Arrow table with some of their values replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aigov import need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.data.redact.values import Cleaner


def cleaned(table: Any, rows: Sequence[int], cleaner: Cleaner) -> Any:  # pyarrow has no types
    """Return an Arrow table with some of its rows cleaned; columns in which nothing changes are the same."""
    for index, name in enumerate(table.schema.names):
        column = table.column(index)
        changed = {}
        for row in rows:
            old = column[row].as_py()
            new = cleaner.value(old, name)
            if new is not old:
                changed[row] = new
        if changed:
            table = table.set_column(index, table.schema.field(index), _replaced(column, changed))
    return table


def _replaced(column: Any, changed: dict[int, object]) -> Any:  # pyarrow has no types
    arrow = need("pyarrow", "pii")
    values = column.to_pylist()
    for row, value in changed.items():
        values[row] = value
    kind = column.type
    if arrow.types.is_dictionary(kind):
        return arrow.chunked_array([arrow.array(values, kind.value_type).dictionary_encode().cast(kind)])
    return arrow.chunked_array([arrow.array(values, kind)])
