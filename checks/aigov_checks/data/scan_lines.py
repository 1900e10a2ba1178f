"""Plain text, JSONL and CSV: the automaton over blocks of the file, and parsing only of lines with a candidate."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.data import gate
from aigov_checks.data.cells import Cell, characters
from aigov_checks.data.csv_cells import Dialect, RecordCut, csv_cells
from aigov_checks.data.folding import unescape
from aigov_checks.data.json_cells import JsonError, line_cells
from aigov_checks.data.json_values import UnsureError, line_values
from aigov_checks.data.keys import matches_in_cell, matches_in_key
from aigov_checks.data.recognise import COLUMN_BIT, EVERY, Match, Recogniser
from aigov_checks.data.records import Records
from aigov_checks.data.revealing import Revealed, reveal, revealed
from aigov_checks.data.scan_values import Queue
from aigov_checks.data.tally import Place, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aigov_checks.data.blocks import Block

_PART = 1 << 16
_UNKNOWN = "\ufffd".encode()


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
    cut: RecordCut | None = None
    """What cut the blocks of a CSV file, if that is known."""
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
        if self.dialect and not self.cut:
            self.cut = RecordCut(self.dialect.delimiter)
        starts = self.cut.starts(block.data) if self.cut else []
        records = Records(block.data, starts, skip_blank=self.shape != "text")
        if self.shape == "text":
            self._scan_text(block, records)
        else:
            self._scan_records(block, records)
        self.queue.flush()
        record, line = records.position(len(block.data))
        self.tally.records += record
        self.tally.lines += line + (not block.data.endswith(b"\n"))

    def _scan_text(self, block: Block, records: Records) -> None:
        data = block.data
        done = 0
        lines = gate.lines(self.gate, data)
        values = [(data[start:end], mask) for start, end, mask in lines]
        for (start, end, _), matches in zip(lines, self.recogniser.find_each(values), strict=True):
            if not matches or end <= done:
                continue  # nothing, or within what began on an earlier line
            found, value = matches, data[start:end]
            if matches[-1].detector.reach:
                found, value = prolonged(matches, data, start, end)
                done = start + len(value)
            self.queue.found(self._place(block, records, start), Cell(value, None, "", 0), found)

    def _scan_records(self, block: Block, records: Records) -> None:
        shown = reveal(block.data, self.shape)
        for (start, end), mask in self._candidates(shown, records).items():
            if not self.recogniser.possible(shown.lines(start, end), mask):
                continue
            data = block.data[start:end]
            if self.shape == "jsonl" and not self._holds(data, mask):
                continue  # before its place is counted
            self._scan_record(self._place(block, records, start), data, mask)
            self.queue.flush_if_full()

    def _place(self, block: Block, records: Records, start: int) -> Place:
        record, line = records.position(start)
        byte = None if block.start is None else block.start + start
        return Place(self.tally.records + record, self.tally.lines + line + 1, byte)

    def _candidates(self, shown: Revealed, records: Records) -> dict[tuple[int, int], int]:
        """Return the gates of each record that must be looked at, in order."""
        found: dict[tuple[int, int], int] = {}
        if self.dialect and any(self.recogniser.expected(name) for name in self.dialect.header):
            found = dict.fromkeys(records.every(), COLUMN_BIT)
        for start, end, mask in gate.lines(self.gate, shown.text):
            span = records.span(*shown.line(start, end))
            found[span] = found.get(span, 0) | mask
        return found

    def _scan_record(self, place: Place, data: bytes, mask: int) -> None:
        """Scan a record; what is odd about it is counted where it holds a match, whatever else the gate let through."""
        if self.shape == "broken":
            self._scan_broken(place, data, mask)
            return
        try:
            cells = list(csv_cells(data, self.dialect) if self.dialect else self._cells(data))
        except JsonError:
            self.tally.problems["bad-json"] += self._scan_broken(place, data, mask)
            return
        found = False
        for cell in cells:
            matches = matches_in_cell(self.recogniser, cell, mask)
            found = found or bool(matches)
            self.queue.found(place, cell, matches)
        if found and self.dialect and self.dialect.header:
            self.tally.problems["ragged"] += len(cells) != len(self.dialect.header)

    def _cells(self, line: bytes) -> Iterator[Cell]:
        return line_cells(line.rstrip(b"\r"), self.queue.plain.tokens)

    def _holds(self, line: bytes, mask: int) -> bool:
        """Say whether a key or value of a line of JSON matches; True where that cannot be told without its places."""
        plain = self.queue.plain
        try:
            for value, column in line_values(line, plain.words):
                if column is not None:
                    if self.recogniser.find(value, column, mask):
                        return True
                elif matches_in_key(self.recogniser, value, mask):
                    return True
                else:
                    plain.add(value)
        except UnsureError:
            return True
        return False

    def _scan_broken(self, place: Place, data: bytes, mask: int) -> bool:
        """Scan a line that is no JSON as plain text, its escapes undone; return whether it holds a match."""
        if b"\\" not in data:
            matches = self.recogniser.find(data, "", mask)
        else:
            plain = unescape(data)
            matches = [
                Match(*plain.original(match.start, match.end), match.detector, match.value)
                for match in self.recogniser.find(plain.data, "", EVERY)
            ]
        self.queue.found(place, Cell(data, None, "", 0), matches)
        return bool(matches)

    def _scan_piece(self, block: Block) -> None:
        """Scan a part of a line that is too long to be parsed."""
        place = Place(self.tally.records, self.tally.lines + 1, block.start, self._chars)
        data = block.data.rstrip(b"\r\n")
        shown = data if self.shape == "csv" else revealed(data, self.shape)
        for _, _, mask in gate.lines(self.gate, shown):
            if shown is not data:
                self._scan_broken(place, data, mask)
            else:
                self.queue.found(place, Cell(data, None, "", 0), self.recogniser.find(data, "", mask))
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
        if not decodes(data):
            self.tally.problems["undecodable"] += sum(not decodes(line) for line in data.split(b"\n"))


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


def decodes(data: bytes) -> bool:
    """Say whether the bytes are UTF-8; done in parts, whose text stays in the processor's cache."""
    view = memoryview(data)
    position = 0
    try:
        while position < len(data):
            part = view[position : position + _PART]
            position += codecs.utf_8_decode(part, "strict", position + _PART >= len(data))[1]
    except UnicodeDecodeError:
        return False
    return True
