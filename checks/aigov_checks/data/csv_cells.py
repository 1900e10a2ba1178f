"""Delimited text (RFC 4180) as cells with their byte offsets, and where its records begin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from aigov_checks.data.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = (b",", b"\t", b";", b"|")
_NO_NAME = re.compile(r"^[-+0-9.,eE:/ ]*$|[0-9]{5}|@")
_NEWLINE = re.compile(rb"\n")
_EMPTY_LINE = re.compile(rb"\n[\r\n]")
_LONGEST_RECORD = 1 << 20
"""Bytes after which a quote that was never closed is taken for a character."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Delimiter, and the names of the columns: empty where the file has no header."""

    delimiter: bytes
    header: tuple[str, ...] = ()

    def column(self, index: int) -> str:
        """Return the name of a column, or its index where a row has more cells than the header."""
        return self.header[index] if index < len(self.header) else str(index)


def sniff(first: bytes) -> Dialect:
    """Return the dialect that the first record shows; a header is a row of different words without a number."""
    delimiter = max(DELIMITERS, key=first.count)
    cells = csv_cells(first, Dialect(delimiter))
    names = tuple(cell.value.decode("utf-8", "replace").strip("\ufeff \r\n") for cell in cells)
    words = not any(_NO_NAME.search(name) for name in names)
    return Dialect(delimiter, names if words and len(set(names)) == len(names) else ())


def csv_cells(record: bytes, dialect: Dialect) -> Iterator[Cell]:
    """Yield the cells of one record as Python's csv module reads it; ragged rows are cells without a name."""
    record = record.rstrip(b"\r\n")
    position = index = newlines = 0
    while position <= len(record):
        start, value, exact, end = _cell(record, position, dialect.delimiter)
        name = dialect.column(index)
        before = newlines + record.count(b"\n", position, start)
        yield Cell(value, name, name if dialect.header else "", start if exact else None, before)
        newlines += record.count(b"\n", position, end)
        position = end + 1
        index += 1


def _cell(record: bytes, position: int, delimiter: bytes) -> tuple[int, bytes, bool, int]:
    """Return start and bytes of the value, whether they stand so in the record, and where the cell ends."""
    if record[position : position + 1] != b'"':
        end = _find(record, delimiter, position)
        return position, record[position:end], True, end
    found = _closing_quote(record, position + 1, len(record))
    closing = len(record) if found is None else found
    end = _find(record, delimiter, min(closing + 1, len(record)))
    raw, tail = record[position + 1 : closing], record[closing + 1 : end]
    return position + 1, raw.replace(b'""', b'"') + tail, b'""' not in raw and not tail, end


def _find(record: bytes, symbol: bytes, position: int) -> int:
    found = record.find(symbol, position)
    return len(record) if found < 0 else found


def _closing_quote(text: bytes, position: int, limit: int) -> int | None:
    """Return the position of the quote that ends a quoted cell, or None where there is none before `limit`."""
    while (found := text.find(b'"', position, limit)) >= 0:
        if text[found + 1 : found + 2] != b'"':
            return found
        position = found + 2
    return None


def record_starts(block: bytes, delimiter: bytes) -> tuple[list[int], int]:
    """Return where the records of a block begin, and the end of the last one that is whole.

    The block begins with a record, and empty lines are none. Without a quote in it every line is a record, and the
    list is empty. After a quote that stays open for a megabyte, quotes are taken for characters.
    """
    if b'"' not in block:
        return [], block.rfind(b"\n") + 1
    starts: list[int] = []
    position = 0
    record = _records(delimiter).match
    while (found := record(block, position)) is not None and found.end() - position <= _LONGEST_RECORD:
        starts.append(position)
        position = found.end()
    while position < len(block):
        end = _record_end(block, position, delimiter)
        if end is None and len(block) - position <= _LONGEST_RECORD:
            return _filled(block, starts), position
        if end is None:
            return _filled(block, starts + _line_starts(block, position)), block.rfind(b"\n") + 1
        starts.append(position)
        position = end
    return _filled(block, starts), position


@dataclass(slots=True)
class RecordCut:
    """Says where a block of a file may end, and remembers the records that it saw up to there."""

    delimiter: bytes
    _starts: list[int] = field(default_factory=list)
    _whole: int = -1

    def __call__(self, data: bytes) -> int:
        """Return the end of the last whole record."""
        self._starts, self._whole = record_starts(data, self.delimiter)
        return self._whole

    def starts(self, block: bytes) -> list[int]:
        """Return where the records of a block begin that was cut last; a file may end without a newline."""
        if 0 < self._whole == len(block):
            return self._starts
        starts, _ = record_starts(block, self.delimiter)
        if starts or b'"' not in block or block.endswith(b"\n"):
            return starts
        closed, whole = record_starts(block + b"\n", self.delimiter)
        return closed if whole > len(block) else []


@cache
def _records(delimiter: bytes) -> re.Pattern[bytes]:
    """Return a pattern of one whole record; quotes count only where a cell begins with one."""
    other = b"[^" + re.escape(delimiter) + rb"\n]*+"
    cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|(?!"))' + other
    return re.compile(cell + b"(?:" + re.escape(delimiter) + cell + b")*+\n")


def _record_end(block: bytes, start: int, delimiter: bytes) -> int | None:
    """Return the end of the record at `start` with its newline, or None where the block ends before it."""
    position = start
    line_end = _find(block, b"\n", start)
    while (quote := block.find(b'"', position, line_end)) >= 0:
        position = quote + 1
        if quote == start or block[quote - 1 : quote] == delimiter:
            closing = _closing_quote(block, position, start + _LONGEST_RECORD)
            if closing is None:
                return None
            position = closing + 1
            line_end = line_end if position <= line_end else _find(block, b"\n", position)
    return line_end + 1 if line_end < len(block) else None


def _line_starts(block: bytes, start: int) -> list[int]:
    """Return where the lines from `start` on begin."""
    return [start, *(found.end() for found in _NEWLINE.finditer(block, start, len(block) - 1))]


def has_empty_lines(block: bytes) -> bool:
    """Say whether a line of the block is empty."""
    return block.startswith((b"\n", b"\r")) or _EMPTY_LINE.search(block) is not None


def _filled(block: bytes, starts: list[int]) -> list[int]:
    """Return the starts of records without those of empty lines."""
    if not has_empty_lines(block):
        return starts
    return [start for start in starts if block[start : start + 1] not in {b"\r", b"\n"}]
