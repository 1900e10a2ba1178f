"""Arrow IPC files and streams (Feather 2), validated first: hostile offsets would reach outside a buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aigov import need
from aigov_checks.data.files import RANGE
from aigov_checks.data.parquet import ROWS, ParquetError, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aigov_checks.data.scan_columns import Column


def record_batches(path: Path) -> list[tuple[int, int]]:
    """Return half-open ranges of record batches of about 64 MB each; a stream, which has no index, is one range.

    Raises:
        ParquetError: the file cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    arrow = need("pyarrow", "pii")
    try:
        with arrow.memory_map(str(path)) as source:
            number: int = getattr(_reader(source), "num_record_batches", 0)
    except (arrow.ArrowException, OSError) as error:
        raise ParquetError(type(error).__name__) from error
    step = max(1, number * RANGE // max(1, path.stat().st_size))
    return [(first, min(first + step, number)) for first in range(0, number, step)] or [(0, 0)]


def batches(path: Path, first: int, last: int) -> Iterator[tuple[list[Column], int, list[str]]]:
    """Yield what `parquet.batches` does.

    Raises:
        ParquetError: the file cannot be read.
    """
    arrow = need("pyarrow", "pii")
    try:
        with arrow.memory_map(str(path)) as source:
            for batch in _batches(_reader(source), first, last):
                batch.validate(full=True)
                for start in range(0, batch.num_rows, ROWS):
                    part = batch.slice(start, ROWS)
                    columns, unread = columns_of(part)
                    yield columns, part.num_rows, unread
    except (arrow.ArrowException, OSError) as error:
        raise ParquetError(type(error).__name__) from error


def _reader(source: Any) -> Any:  # pyarrow has no types
    ipc = need("pyarrow.ipc", "pii")
    magic = source.read(6)
    source.seek(0)
    return ipc.open_file(source) if magic == b"ARROW1" else ipc.open_stream(source)


def _batches(reader: Any, first: int, last: int) -> Iterator[Any]:  # as above
    if hasattr(reader, "num_record_batches"):
        yield from (reader.get_batch(index) for index in range(first, last))
    else:
        yield from reader
