"""The clusters of a unit that were drawn, scanned as any other lines and rows, and what each of them held."""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING

from aigov_checks.data import parquet
from aigov_checks.data.blocks import blocks
from aigov_checks.data.recognise import Recogniser
from aigov_checks.data.scan_columns import Column, scan_columns
from aigov_checks.data.scan_lines import LineScanner
from aigov_checks.data.scan_values import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Unit
    from aigov_checks.data.csv_cells import Dialect
    from aigov_checks.data.scan import Scanner
    from aigov_checks.data.tally import Tally

_SLICE = 256
"""Rows of a cluster of a table."""


def scan_clusters(scanner: Scanner, tally: Tally, unit: Unit, dialect: Dialect | None) -> None:
    """Scan the clusters of lines that were drawn from a unit."""
    content = unit.content
    path, shape, encoding = Path(unit.where["path"]), content["format"], content["encoding"]
    recogniser = Recogniser(scanner.detectors)
    queue = Queue(recogniser, scanner.gate("text"), tally)
    lines = LineScanner(recogniser, scanner.gate(shape), queue, shape, dialect, encoding != "utf-8")
    tally.clusters.fraction = content["sample"]["fraction"]
    tally.located = False
    for start, end in ranges_of(path, unit):
        lines.scan(blocks(path, start, end, encoding) if start < end else ())
        tally.close_cluster()


def scan_slices(scanner: Scanner, tally: Tally, unit: Unit) -> None:
    """Scan the slices of rows that are drawn from a unit of Parquet."""
    content = unit.content
    sample = content["sample"]
    draw = random.Random(f"{sample['seed']} {content['sha256']} {content['start']}")  # noqa: S311  # repeatable
    recogniser = Recogniser(scanner.detectors)
    tally.clusters.fraction = sample["fraction"]
    tally.located = False
    unread: set[str] = set()
    for columns, rows, without_text in parquet.batches(Path(unit.where["path"]), content["start"], content["end"]):
        unread.update(without_text)
        for start in range(0, rows, _SLICE):
            if draw.random() >= sample["fraction"]:
                continue
            end = min(rows, start + _SLICE)
            slices = [_slice(column, start, end) for column in columns]
            scan_columns(recogniser, scanner.gate("text"), tally, slices, end - start)
            tally.close_cluster()
    if unread:
        tally.problems["binary-column"] += len(unread)


@dataclass(slots=True)
class _Newlines:
    """Finds the newline at or after a position; asks the file once for each line, however long it is."""

    data: mmap
    end: int
    _from: int = field(default=0, init=False)
    _found: int = field(default=-1, init=False)

    def after(self, position: int) -> int:
        """Return where the line ends that goes on at `position`: behind its newline, or where the unit ends."""
        if not self._from <= position <= self._found:
            found = self.data.find(b"\n", position, self.end)
            self._from, self._found = position, self.end - 1 if found < 0 else found
        return self._found + 1


def ranges_of(path: Path, unit: Unit) -> Iterator[tuple[int, int]]:
    """Yield the bytes of the records that begin in each cluster; a record belongs to one. Without a draw, all bytes."""
    first, last = unit.content["start"], unit.content["end"]
    if "sample" not in unit.content:
        yield first, last
        return
    size = unit.content["sample"]["size"]
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
        newlines = _Newlines(data, last)
        for index in unit.content["sample"]["clusters"]:
            start = first + index * size
            end = min(last, start + size)
            begin = start if start == first else newlines.after(start - 1)
            yield begin, begin if begin >= end else newlines.after(end - 1)


def _slice(column: Column, start: int, end: int) -> Column:
    """Return the rows `start` to `end` of a column as a column of their own."""
    low, high = start, end
    if column.rows is not None:
        low, high = bisect_left(column.rows, start), bisect_left(column.rows, end)
    offset = column.starts[low]
    return replace(
        column,
        joined=column.joined[offset : column.starts[high]],
        starts=[at - offset for at in column.starts[low : high + 1]],
        rows=None if column.rows is None else [row - start for row in column.rows[low:high]],
        pointers=column.pointers[low:high],
    )
