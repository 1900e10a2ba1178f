"""A record of delimited text with some of its cells replaced and every other byte as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.data.csv_cells import Dialect, csv_cells, record_starts, sniff

if TYPE_CHECKING:
    from pathlib import Path

    from aigov_checks.data.redact.values import Cleaner

_SAMPLE = 1 << 20


def dialect_of(path: Path) -> Dialect:
    """Return the dialect of a file of UTF-8, as the scan takes it."""
    with path.open("rb") as stream:
        first = stream.read(_SAMPLE).removeprefix(b"\xef\xbb\xbf")
    starts, whole = record_starts(first, b",")
    end = (starts[1] if len(starts) > 1 else whole) if starts else first.find(b"\n") + 1
    return sniff(first[: end or len(first)])


def end_of_record(data: bytes, delimiter: bytes) -> int:
    """Return where the record ends that the data begins with; its length where that is not in it."""
    starts, whole = record_starts(data, delimiter)
    if starts:
        return starts[1] if len(starts) > 1 else whole or len(data)
    return data.find(b"\n") + 1 or len(data)


def cleaned_record(record: bytes, dialect: Dialect, cleaner: Cleaner) -> bytes:
    """Return a record with its cells cleaned; one that needs quotes gets them."""
    body = record.rstrip(b"\r\n")
    made, at = [], 0
    for (start, end), cell in zip(_raw_cells(body, dialect.delimiter), csv_cells(body, dialect), strict=True):
        new = cleaner.text(cell.value, cell.column)
        if new is not cell.value:
            made += [body[at:start], _written(new, dialect.delimiter, quoted=body[start : start + 1] == b'"')]
            at = end
    return b"".join([*made, body[at:], record[len(body) :]])


def _written(value: bytes, delimiter: bytes, *, quoted: bool) -> bytes:
    if quoted or any(sign in value for sign in (delimiter, b'"', b"\r", b"\n")):
        return b'"' + value.replace(b'"', b'""') + b'"'
    return value


def _raw_cells(record: bytes, delimiter: bytes) -> list[tuple[int, int]]:
    """Return where each cell begins and ends, its quotes included."""
    cells = []
    position = 0
    while position <= len(record):
        end = _end_of_cell(record, position, delimiter)
        cells.append((position, end))
        position = end + 1
    return cells


def _end_of_cell(record: bytes, position: int, delimiter: bytes) -> int:
    at = position
    if record[at : at + 1] == b'"':
        at += 1
        while (found := record.find(b'"', at)) >= 0 and record[found + 1 : found + 2] == b'"':
            at = found + 2
        at = len(record) if found < 0 else found + 1
    found = record.find(delimiter, min(at, len(record)))
    return len(record) if found < 0 else found
