"""What one work unit saw, as it is counted: exact totals, and the first places as plain JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov import Json, Tier
from aigov.redact import hide, keyed_digest, mask
from aigov_checks.data.cells import Cell, characters

if TYPE_CHECKING:
    from aigov_checks.data.recognise import Match

_RANK = {Tier.CONTEXT: 0, Tier.FORMAT: 1, Tier.VERIFIED: 2}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which occurrences count, how many are listed, and the key of their hashes."""

    types: tuple[str, ...]
    min_tier: Tier
    max_listed: int
    key: bytes = b""
    secret: bool = False
    """Whether nothing of a value may be shown."""

    def keeps(self, match: Match) -> bool:
        """Say whether a match is of a wanted type and sure enough."""
        sure = _RANK[match.detector.tier] >= _RANK[self.min_tier]
        return sure and (not self.types or match.detector.type in self.types)


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
    _last: int = -1

    def add(self, place: Place, cell: Cell, matches: list[Match]) -> None:
        """Count the matches of one cell and list them while there is room."""
        kept = [match for match in matches if self.wanted.keeps(match)]
        if not kept:
            return
        if place.record != self._last:
            self.affected += 1
            self._last = place.record
        for match in kept:
            self.counts[match.detector.type] += 1
        room = self.wanted.max_listed - len(self.listed)
        at = chars = 0
        for match in kept[: max(0, room)]:
            chars += characters(cell.value[at : match.start])
            at = match.start
            self.listed.append(self._row(place, cell, match, chars))

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
            "record": place.record,
            "line": None if place.line is None else place.line + newlines,
            "pointer": cell.pointer,
            "start": start,
            "end": start + characters(cell.value[match.start : match.end]),
            "byte_start": byte,
            "byte_end": None if byte is None else byte + match.end - match.start,
            "masked": masked,
            "digest": keyed_digest(text, self.wanted.key) if self.wanted.key else None,
        }

    def result(self) -> dict[str, Json]:
        """Return the totals as plain JSON."""
        return {
            "records": self.records,
            "lines": self.lines,
            "affected": self.affected,
            "counts": dict(sorted(self.counts.items())),
            "problems": {kind: times for kind, times in sorted(self.problems.items()) if times},
            "occurrences": self.listed,
        }
