"""Plain text, JSONL and CSV: the automaton over blocks of the file, and parsing only of lines with a candidate."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.data import gate
from aigov_checks.data.cells import Cell, characters
from aigov_checks.data.csv_cells import Dialect, csv_cells, record_starts
from aigov_checks.data.folding import unescape
from aigov_checks.data.json_cells import JsonError, line_cells
from aigov_checks.data.recognise import EVERY, Match, Recogniser
from aigov_checks.data.scan_values import Queue
from aigov_checks.data.tally import Place, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aigov_checks.data.blocks import Block
    from aigov_checks.data.fallback import Line

_UNKNOWN = "\ufffd".encode()
_FILLED_LINE = re.compile(rb"(?m)^[^\r\n]")


@dataclass(slots=True)
class LineScanner:
    """Scans the blocks of one range; the tally and the queue hold the position between them."""

    recogniser: Recogniser
    gate: gate.Gate
    queue: Queue
    shape: str
    dialect: Dialect | None = None
    transcoded: bool = False
    """Whether the file is in another encoding than UTF-8; what could not be read there is U+FFFD here."""
    _chars: int = 0
    """Characters of a long line that earlier pieces held."""

    @property
    def tally(self) -> Tally:
        """The running totals."""
        return self.queue.tally

    def scan(self, blocks: Iterable[Block]) -> None:
        """Scan every block; the tally has the result."""
        for block in blocks:
            self._count_undecodable(block.data)
            if block.piece:
                self._scan_piece(block)
            else:
                self._scan_block(block)

    def _scan_block(self, block: Block) -> None:
        starts = record_starts(block.data, self.dialect.delimiter)[0] if self.dialect else []
        records = _Records(block.data, starts, skip_blank=self.shape != "text")
        done = 0
        for start, end, mask in self._candidates(block.data, records):
            if end <= done:
                continue  # within what began on an earlier line
            data = block.data[start:end]
            matches = self.recogniser.find(data, "", mask) if self.shape == "text" else []
            if matches and matches[-1].detector.reach:
                matches, data = prolonged(matches, block.data, start, end)
                done = start + len(data)
            if not matches and (self.shape == "text" or not self.recogniser.possible(data, mask)):
                continue  # before its place is counted
            record, line = records.position(start)
            byte = None if block.start is None else block.start + start
            place = Place(self.tally.records + record, self.tally.lines + line + 1, byte)
            if self.shape == "text":
                self.queue.found(place, Cell(data, None, "", 0), matches)
            else:
                self._scan_record(place, data, mask)
            self.queue.flush_if_full()
        self.queue.flush()
        record, line = records.position(len(block.data))
        self.tally.records += record
        self.tally.lines += line + (not block.data.endswith(b"\n"))

    def _candidates(self, data: bytes, records: _Records) -> Iterator[tuple[int, int, int]]:
        """Yield start, end and gates of each record that must be looked at."""
        if self.dialect and any(self.recogniser.expected(name) for name in self.dialect.header):
            yield from ((start, end, EVERY) for start, end in records.every())
            return
        last = (-1, -1)
        mask = 0
        for line in gate.lines(self.gate, data):
            span = records.span(line)
            if span != last and mask:
                yield (*last, mask)
                mask = 0
            last = span
            mask |= line.mask
        if mask:
            yield (*last, mask)

    def _scan_record(self, place: Place, data: bytes, mask: int) -> None:
        if self.shape == "broken":
            self._scan_broken(place, data, mask)
            return
        try:
            cells = list(csv_cells(data, self.dialect) if self.dialect else line_cells(data.rstrip(b"\r")))
        except JsonError:
            self.tally.problems["bad-json"] += 1
            self._scan_broken(place, data, mask)
            return
        for cell in cells:
            if cell.start is None:
                self.queue.put(place, cell)
            else:
                self.queue.found(place, cell, self.recogniser.find(cell.value, cell.column, mask))

    def _scan_broken(self, place: Place, data: bytes, mask: int) -> None:
        """Scan a line that is no JSON as plain text, its escapes undone."""
        if b"\\" not in data:
            matches = self.recogniser.find(data, "", mask)
        else:
            plain = unescape(data)
            matches = [
                Match(*plain.original(match.start, match.end), match.detector, match.value)
                for match in self.recogniser.find(plain.data, "", EVERY)
            ]
        self.queue.found(place, Cell(data, None, "", 0), matches)

    def _scan_piece(self, block: Block) -> None:
        """Scan a part of a line that is too long to be parsed."""
        place = Place(self.tally.records, self.tally.lines + 1, block.start, self._chars)
        data = block.data.rstrip(b"\r\n")
        for line in gate.lines(self.gate, data):
            if self.shape == "jsonl" and b"\\" in data:
                self._scan_broken(place, data, line.mask)
            else:
                self.queue.found(place, Cell(data, None, "", 0), self.recogniser.find(data, "", line.mask))
        self.queue.flush()
        self._chars += characters(data)
        if block.last:
            self.tally.problems["long-line"] += 1
            self.tally.records += 1
            self.tally.lines += 1
            self._chars = 0

    def _count_undecodable(self, data: bytes) -> None:
        if data.isascii():
            return
        if self.transcoded:
            if _UNKNOWN in data:
                self.tally.problems["undecodable"] += sum(_UNKNOWN in line for line in data.split(b"\n"))
            return
        try:
            data.decode()
        except UnicodeDecodeError:
            self.tally.problems["undecodable"] += sum(not decodes(line) for line in data.split(b"\n"))


@dataclass(slots=True)
class _Records:
    """Counts the records and lines of a block as far as asked, going forward."""

    data: bytes
    starts: list[int]
    skip_blank: bool
    _seen: int = 0
    _records: int = 0
    _lines: int = 0
    _blank: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find out whether empty lines must be told apart from records."""
        data = self.data
        self._blank = self.skip_blank and (data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data)

    def span(self, line: Line) -> tuple[int, int]:
        """Return the range of the record that a line belongs to."""
        if not self.starts:
            return line.start, line.end
        index = max(0, bisect_right(self.starts, line.start) - 1)
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.data)
        return self.starts[index], end

    def every(self) -> Iterator[tuple[int, int]]:
        """Yield the range of every record."""
        if self.starts:
            yield from zip(self.starts, [*self.starts[1:], len(self.data)], strict=True)
            return
        start = 0
        while start < len(self.data):
            end = self.data.find(b"\n", start)
            end = len(self.data) if end < 0 else end
            if self.data[start:end].strip(b"\r"):
                yield start, end
            start = end + 1

    def position(self, start: int) -> tuple[int, int]:
        """Return how many records and lines end before `start`, the beginning of a record or the end of the block."""
        newlines = self.data.count(b"\n", self._seen, start)
        if self.starts:
            self._records = len(self.starts) if start == len(self.data) else bisect_right(self.starts, start) - 1
        elif self._blank:
            self._records += sum(1 for _ in _FILLED_LINE.finditer(self.data, self._seen, start))
        else:
            self._records += newlines + (start == len(self.data) and not self.data.endswith(b"\n"))
        self._lines += newlines
        self._seen = start
        return self._records, self._lines


def prolonged(matches: list[Match], block: bytes, start: int, end: int) -> tuple[list[Match], bytes]:
    """Return the matches of a line, the last of them as far as it goes over the following ones, and their text."""
    last = matches[-1]
    at = start + last.start
    found = last.detector.exact.match(block, at, at + last.detector.reach)
    if found is None or found.end() <= end:
        return matches, block[start:end]
    stop = block.find(b"\n", found.end())
    data = block[start : len(block) if stop < 0 else stop]
    return [*matches[:-1], Match(last.start, found.end() - start, last.detector, found[0])], data


def decodes(line: bytes) -> bool:
    """Say whether the bytes are UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
