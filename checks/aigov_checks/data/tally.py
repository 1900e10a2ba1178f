"""What one work unit saw, as it is counted: exact totals, and the first places as plain JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from aigov import Json
from aigov.redact import hide, keyed_digest, mask
from aigov_checks.data.cells import Cell, characters
from aigov_checks.data.clusters import Clusters
from aigov_checks.data.columns import Columns, Pair
from aigov_checks.data.pointers import shown
from aigov_checks.data.wanted import Wanted

if TYPE_CHECKING:
    from aigov_checks.data.detector import Detector
    from aigov_checks.data.recognise import Match

__all__ = ["Place", "Tally", "Wanted"]

_DETECTOR = attrgetter("detector")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell's record begins: in the unit and, in bytes, in the file."""

    record: int
    line: int | None
    byte: int | None = None
    char: int = 0
    """Characters of the line before what is scanned, where a line came in pieces."""


@dataclass(slots=True)
class Tally:
    """Running totals of one unit. Records must come in order."""

    wanted: Wanted
    records: int = 0
    lines: int = 0
    affected: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    listed: list[Json] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    """Records by what they hold: `type=...`, `category=...`, `combined`."""
    tiers: Counter[str] = field(default_factory=Counter)
    columns: Columns = field(default_factory=Columns)
    clusters: Clusters = field(default_factory=Clusters)
    located: bool = True
    """Whether the number of a record and line is known; in a sample it is not."""
    _last: int = -1
    _types: dict[str, str] = field(default_factory=dict)
    """Types of the record that is open, each with its category."""
    _pairs: set[Pair] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin the evidence anew: a unit may be scanned again in another way."""
        if self.wanted.sink is not None:
            self.wanted.sink.clear()

    def add(self, place: Place, cell: Cell, matches: list[Match]) -> None:
        """Count the matches of one cell and list them while there is room."""
        times = Counter(map(_DETECTOR, matches))
        wanted = [detector for detector in times if self.wanted.keeps(detector)]
        if not wanted:
            return
        if place.record != self._last:
            self._close_record()
            self.affected += 1
            self._last = place.record
        for detector in wanted:
            self._count(cell.pointer, detector, times[detector])
        room = max(0, self.wanted.max_listed - len(self.listed))
        if self.wanted.sink is None and not room:
            return
        kept = matches if len(wanted) == len(times) else [match for match in matches if match.detector in wanted]
        if self.wanted.sink is not None:
            rows = self._rows(place, cell, kept)
            self.listed += rows[:room]
            self.wanted.sink.write(rows)
        else:
            self.listed += self._rows(place, cell, kept[:room])

    def close_cluster(self) -> None:
        """End a cluster of a sample: what was counted since the last one belongs together."""
        self._close_record()
        self._last = -1
        self.clusters.close(self.records, self.affected, self.held)

    def result(self) -> dict[str, Json]:
        """Return the totals as plain JSON."""
        self._close_record()
        if self.wanted.sink is not None:
            self.wanted.sink.close()
        return {
            "records": self.records,
            "lines": self.lines,
            "affected": self.affected,
            "counts": dict(sorted(self.counts.items())),
            "held": dict(sorted(self.held.items())),
            "tiers": dict(sorted(self.tiers.items())),
            "columns": self.columns.result(),
            "clusters": self.clusters.result(),
            "problems": {kind: times for kind, times in sorted(self.problems.items()) if times},
            "occurrences": self.listed,
        }

    def _count(self, pointer: str | None, detector: Detector, times: int) -> None:
        self.counts[detector.type] += times
        self.tiers[detector.tier.value] += times
        pair = self.columns.pair(pointer, detector.type)
        self.columns.occurrences[pair] += times
        self._pairs.add(pair)
        self._types[detector.type] = detector.category.get(self.wanted.edition, "")

    def _close_record(self) -> None:
        if not self._types:
            return
        self.held.update(self.wanted.names(self._types))
        self.columns.close(self._pairs)
        self._types.clear()
        self._pairs.clear()

    def _rows(self, place: Place, cell: Cell, matches: list[Match]) -> list[Json]:
        rows = []
        at = chars = 0
        for match in matches:
            chars += characters(cell.value[at : match.start])
            at = match.start
            rows.append(self._row(place, cell, match, chars))
        return rows

    def _row(self, place: Place, cell: Cell, match: Match, chars: int) -> Json:
        start = place.char + chars
        newlines = cell.newlines + cell.value.count(b"\n", 0, match.start)
        byte = None if place.byte is None or cell.start is None else place.byte + cell.start + match.start
        text = match.value.decode("utf-8", "replace")
        masked = hide(text) if self.wanted.secret else mask(text, match.detector.mask)
        return {
            "type": match.detector.type,
            "detector": match.detector.id,
            "tier": match.detector.tier.value,
            "category": dict(match.detector.category),
            "record": place.record if self.located else None,
            "line": place.line + newlines if place.line is not None and self.located else None,
            "pointer": shown(cell.pointer),
            "start": start,
            "end": start + characters(cell.value[match.start : match.end]),
            "byte_start": byte,
            "byte_end": None if byte is None else byte + match.end - match.start,
            "masked": masked,
            "digest": keyed_digest(text, self.wanted.key) if self.wanted.key else None,
            "at": place.byte,
            "key": cell.key,
        }
