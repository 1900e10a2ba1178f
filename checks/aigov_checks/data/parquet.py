"""Parquet by row group: text columns joined by newlines in C++, so that values are never glued together."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from aigov import need
from aigov_checks.data.files import RANGE
from aigov_checks.data.scan_columns import LARGEST_CODE, Column, column_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 8192


class ParquetError(ValueError):
    """The file is truncated or is no Parquet."""


def row_groups(path: Path) -> list[tuple[int, int]]:
    """Return half-open ranges of row groups of about 64 MB each.

    Raises:
        ParquetError: the file cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    metadata = _open(path).metadata
    ranges: list[tuple[int, int]] = []
    start = size = 0
    for index in range(metadata.num_row_groups):
        size += metadata.row_group(index).total_byte_size
        if size >= RANGE:
            ranges.append((start, index + 1))
            start, size = index + 1, 0
    if start < metadata.num_row_groups:
        ranges.append((start, metadata.num_row_groups))
    return ranges or [(0, 0)]


def batches(path: Path, first: int, last: int) -> Iterator[tuple[list[Column], int, list[str]]]:
    """Yield the text columns of each batch, its rows, and the names of columns that hold bytes but no text.

    Raises:
        ParquetError: the file cannot be read.
    """
    arrow = need("pyarrow", "pii")
    try:
        for batch in _open(path).iter_batches(batch_size=ROWS, row_groups=list(range(first, last))):
            columns, unread = columns_of(batch)
            yield columns, batch.num_rows, unread
    except (arrow.ArrowException, OSError) as error:
        raise ParquetError(type(error).__name__) from error


def columns_of(batch: Any) -> tuple[list[Column], list[str]]:  # pyarrow has no types
    """Return the columns of an Arrow batch that can hold text, and the names of those that cannot be read as such."""
    columns = []
    unread = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if _is_binary(values.type) and not _is_text(values):
            unread.append(name)
            continue
        column = _column(name, values)
        if column is not None:
            columns.append(column)
    return columns, unread


def _open(path: Path) -> Any:  # pyarrow has no types
    arrow = need("pyarrow", "pii")
    parquet = need("pyarrow.parquet", "pii")
    try:
        return parquet.ParquetFile(path, memory_map=True)
    except (arrow.ArrowException, OSError) as error:
        raise ParquetError(type(error).__name__) from error


def _column(name: str, values: Any) -> Column | None:  # pyarrow has no types
    arrow = need("pyarrow", "pii")
    compute = need("pyarrow.compute", "pii")
    kind = values.type
    if arrow.types.is_dictionary(kind):
        return _column(name, values.dictionary_decode())
    if arrow.types.is_nested(kind):
        return column_of(name, values.to_pylist())
    if arrow.types.is_integer(kind):
        largest = compute.max(compute.abs(compute.fill_null(values, 0))).as_py() if kind.bit_width == 64 else 0  # noqa: PLR2004
        return _joined(name, values.cast(arrow.string())) if (largest or 0) >= LARGEST_CODE else None
    if arrow.types.is_float64(kind) or arrow.types.is_decimal(kind):
        return column_of(name, [_number(value) for value in values.to_pylist()]) if _has_codes(values) else None
    if _is_text_type(kind):
        return _joined(name, values.cast(arrow.large_string()))
    return _joined(name, values) if _is_binary(kind) else None


def _joined(name: str, values: Any) -> Column:  # pyarrow has no types
    arrow = need("pyarrow", "pii")
    compute = need("pyarrow.compute", "pii")
    filled = values.cast(arrow.large_binary()).fill_null(b"")
    lengths = compute.binary_length(filled).to_pylist()
    whole = arrow.LargeListArray.from_arrays(arrow.array([0, len(filled)], arrow.int64()), filled)
    joined = compute.binary_join(whole, arrow.scalar(b"\n", arrow.large_binary()))[0].as_py()
    return Column(name, joined, [0, *accumulate(length + 1 for length in lengths)])


def _has_codes(values: Any) -> bool:  # pyarrow has no types
    """Whether a column of floats holds whole numbers as long as a code (tables with gaps keep integers so)."""
    compute = need("pyarrow.compute", "pii")
    largest = compute.max(compute.abs(values)).as_py()
    return largest is not None and largest >= LARGEST_CODE


def _number(value: object) -> object:
    return int(value) if value is not None and value == int(value) else None  # type: ignore[call-overload]  # float or Decimal


def _is_text_type(kind: Any) -> bool:  # pyarrow has no types
    types = need("pyarrow", "pii").types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_binary(kind: Any) -> bool:  # pyarrow has no types
    types = need("pyarrow", "pii").types
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def _is_text(values: Any) -> bool:  # pyarrow has no types
    for value in values.to_pylist():
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            return False
    return True
