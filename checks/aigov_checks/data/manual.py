"""Records for people to check: a seeded draw in which every record has the same chance, with masks and no text.

Each record gets a number that follows from the seed, its file and its place; those with the lowest numbers are drawn.
So units draw by themselves, and the draw of all is the lowest of theirs.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from bisect import bisect_right
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aigov_checks.data.evidence import Sink, rows_of, sink_of
from aigov_checks.data.sample_scan import ranges_of
from aigov_checks.data.sampling import can_be_cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov import Json, Unit
    from aigov_checks.data.file_result import FileResult

MANUAL_SCHEMA = "aigov/manual-record/v1"


class Manual(Protocol):
    """What a draw is told."""

    @property
    def manual_records(self) -> int:
        """Records to draw."""

    @property
    def seed(self) -> int:
        """Seed of the draw."""


def draw(family: str, unit: Unit, params: Manual) -> None:
    """Write the places of the records of a unit that may be drawn, where there is a folder for evidence."""
    sink = _sink(family, unit, params)
    if (
        sink is None
        or not params.manual_records
        or not can_be_cut(unit)
        or unit.content["start"] == unit.content["end"]
    ):
        return
    sink.clear()
    numbered = ((_number(params.seed, unit, start), start, end) for start, end in _records(unit))
    sink.write(list(drawn) for drawn in heapq.nsmallest(params.manual_records, numbered))
    sink.close()


def lines(family: str, files: Sequence[FileResult], params: Manual) -> Iterator[bytes]:
    """Yield the records that were drawn, in the order of their places, each with what was found in it."""
    drawn = heapq.nsmallest(params.manual_records, _candidates(family, files, params))
    chosen: dict[int, list[tuple[int, int]]] = {}
    for _, index, start, end in drawn:
        chosen.setdefault(index, []).append((start, end))
    for index in sorted(chosen):
        file, places = files[index], sorted(chosen[index])
        found = _found(family, file, params, places)
        for start, end in places:
            line = {"schema": MANUAL_SCHEMA, "path": file.name, "byte_start": start, "byte_end": end}
            yield json.dumps({**line, "found": found.get(start, []), "pass": None}).encode() + b"\n"


def forget(family: str, files: Sequence[FileResult], params: Manual) -> None:
    """Remove what units wrote."""
    for file in files:
        for unit in file.units:
            sink = _sink(family, unit, params)
            if sink is not None:
                sink.clear()


def _sink(family: str, unit: Unit, params: Manual) -> Sink | None:
    sink = sink_of(family, unit, params)
    return sink and Sink(sink.path.with_suffix(".manual"))


def _number(seed: int, unit: Unit, start: int) -> int:
    identity = f"{seed} {unit.content['sha256']} {start}".encode()
    return int.from_bytes(hashlib.blake2b(identity, digest_size=8).digest(), "big")


def _records(unit: Unit) -> Iterator[tuple[int, int]]:
    """Yield the bytes of every record of a unit, or of its clusters that were drawn; empty lines are none."""
    path = Path(unit.where["path"])
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
        for first, last in ranges_of(path, unit):
            start = first
            while start < last:
                newline = data.find(b"\n", start, last)
                end = last if newline < 0 else newline
                if end > start + (data[end - 1] == 13):  # noqa: PLR2004  # a carriage return
                    yield start, end
                start = end + 1


def _candidates(family: str, files: Sequence[FileResult], params: Manual) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, file and place of the records that the units drew."""
    for index, file in enumerate(files):
        for unit in file.units:
            sink = _sink(family, unit, params)
            if sink is not None and sink.path.exists():
                with sink.path.open("rb") as stream:
                    for line in stream:
                        number, start, end = json.loads(line)
                        yield number, index, start, end


def _found(family: str, file: FileResult, params: Manual, places: Sequence[tuple[int, int]]) -> dict[int, list[Json]]:
    """Return what was found in the drawn records by where they begin."""
    starts = [start for start, _ in places]
    found: dict[int, list[Json]] = {}
    for unit in file.units:
        for row in rows_of(family, unit, params):
            at = bisect_right(starts, row["at"] or 0) - 1
            if row["at"] is not None and at >= 0 and row["at"] < places[at][1]:
                own = {name: row[name] for name in ("type", "tier", "pointer", "start", "end", "masked")}
                found.setdefault(starts[at], []).append(own)
    return found
