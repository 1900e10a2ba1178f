"""Text, JSONL and CSV in UTF-8: only the records that hold something are parsed, and all else is copied as it is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO

from aigov_checks.data.cells import utf8
from aigov_checks.data.csv_cells import Dialect
from aigov_checks.data.detector import Detector
from aigov_checks.data.detectors import load
from aigov_checks.data.json_cells import JsonError, line_cells
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.redact.csv_text import cleaned_record, dialect_of, end_of_record
from aigov_checks.data.redact.json_text import json_edits
from aigov_checks.data.redact.values import Cleaner, Taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from aigov import Json
    from aigov_checks.data.redact.found import Found

_CHUNK = 1 << 20
_LONGEST = 32 << 20
"""Bytes of a record; the scan reads no longer one whole."""

Change = tuple[int, int, bytes]
"""A range of the file and its new bytes."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """The reader of one file, and how its records are cleaned."""

    stream: BinaryIO
    dialect: Dialect | None
    cleaner: Cleaner
    detectors: tuple[tuple[Detector, ...], tuple[Detector, ...]]
    """Those of personal data, and those of secrets."""

    def changes(self, rows: Iterable[Json]) -> Iterator[Change]:
        """Yield what changes in a unit, in order."""
        for at, group in groupby(rows, key=lambda row: row["at"]):
            own = list(group)
            spans = [row for row in own if row["pointer"] is None]
            if spans:
                yield from self._spans(spans)
            else:
                yield from self._record(at)

    def _spans(self, rows: list[Json]) -> Iterator[Change]:
        """Yield the places of text without structure; secrets first, and nothing twice."""
        secrets = [(row["byte_start"], row["byte_end"]) for row in rows if row["secret"]]
        taken = Taken(secrets)
        for row in sorted(rows, key=lambda row: row["byte_start"]):
            start, end = row["byte_start"], row["byte_end"]
            if row["secret"] or not taken.overlaps(start, end):
                yield start, end, utf8(self._replaced(row))

    def _replaced(self, row: Json) -> str:
        """Return what takes the place of a value that is not part of a cell."""
        self.stream.seek(row["byte_start"])
        value = self.stream.read(row["byte_end"] - row["byte_start"]).decode("utf-8", "replace")
        detector = next(d for d in self.detectors[row["secret"]] if d.id == row["detector"])
        return self.cleaner.replacer.replace(detector, value, secret=row["secret"])

    def _record(self, at: int) -> Iterator[Change]:
        record = self._read_record(at)
        if self.dialect is not None:
            yield at, at + len(record), cleaned_record(record, self.dialect, self.cleaner)
            return
        line = record.rstrip(b"\r\n")
        try:
            cells = list(line_cells(line))
        except JsonError:
            return  # a later scan sees that nothing changed
        for start, end, text in json_edits(line, cells, self.cleaner.edits_of):
            yield at + start, at + end, text

    def _read_record(self, at: int) -> bytes:
        self.stream.seek(at)
        data = b""
        while len(data) < _LONGEST:
            more = self.stream.read(_CHUNK)
            data += more
            if self.dialect is None:
                end = data.find(b"\n") + 1
            else:
                end = end_of_record(data, self.dialect.delimiter)
                end = 0 if end == len(data) else end
            if end or not more:
                return data[: end or len(data)]
        return data


def rewrite_lines(source: Path, target: Path, found: Found, cleaner: Cleaner) -> None:
    """Write the file with its records cleaned."""
    dialect = dialect_of(source) if found.format == "csv" else None
    with source.open("rb") as stream, source.open("rb") as reader, target.open("wb") as out:
        lines = _Lines(reader, dialect, cleaner, (load("pii", DEFAULT), load("secrets")))
        for unit in found.units:
            for start, end, text in lines.changes(found.rows(unit)):
                copy_range(stream, out, start)
                out.write(text)
                stream.seek(end)
        copy_range(stream, out, source.stat().st_size)


def copy_range(stream: BinaryIO, out: BinaryIO, end: int) -> None:
    """Copy from where a file stands up to `end`."""
    left = end - stream.tell()
    while left > 0:
        data = stream.read(min(_CHUNK, left))
        if not data:
            return
        out.write(data)
        left -= len(data)
