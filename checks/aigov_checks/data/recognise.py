"""From one value to the personal data or secrets in it: exact patterns, check digits, cues, precedence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from aigov_checks.data import presidio
from aigov_checks.data.detector import WINDOW, Detector, announced
from aigov_checks.data.folding import ODD, fold
from aigov_checks.data.overlaps import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ODD_BIT = 1 << 125
COLUMN_BIT = 1 << 124
"""What makes a line worth a look beside its detectors, whose bits are below."""
EVERY = -1
_REMEMBERED = 10_000
"""Column names and masks kept; keys that are data would fill memory."""
_ODD = re.compile(ODD)
_EDGES = (b'"', b",", b";", b"|", b"\t", b"\n", b"\x0b")
"""What may stand between two cells, or for a newline within one."""


class Match(NamedTuple):
    """One value that a detector accepted: half-open byte offsets in the text, and the detector."""

    start: int
    end: int
    detector: Detector
    value: bytes
    """The value as its detector saw it, folded."""


@dataclass(slots=True)
class Recogniser:
    """A set of detectors over single values; remembers which columns are named for which."""

    detectors: tuple[Detector, ...]
    _masks: dict[int, tuple[Detector, ...]] = field(init=False, default_factory=dict)
    _columns: dict[str, tuple[Detector, ...]] = field(init=False, default_factory=dict)
    _held: dict[tuple[int, bytes], bool] = field(init=False, default_factory=dict)
    """What was found out about values that long lists of words may reject; names repeat from line to line."""

    def expected(self, column: str) -> tuple[Detector, ...]:
        """Return the detectors for which the name of a column speaks."""
        if column not in self._columns:
            if len(self._columns) > _REMEMBERED:
                self._columns.clear()
            self._columns[column] = tuple(d for d in self.detectors if d.column_value is not None and d.names(column))
        return self._columns[column]

    def find(self, value: bytes, column: str, mask: int) -> list[Match]:
        """Return the matches in `value`, in order and without overlap.

        `mask` has the bits of the detectors whose gate passed in the line; the result is the same for any more.
        """
        if not mask & ODD_BIT or not _ODD.search(value):
            found = self._all(value, column, mask)
            return found if len(found) <= 1 else settle(found)
        folded = fold(value)
        matches = []
        for match in settle(self._all(folded.data, column, EVERY)):
            start, end = folded.original(match.start, match.end)
            matches.append(Match(start, end, match.detector, match.value))
        return matches

    def find_each(self, lines: Sequence[tuple[bytes, int]]) -> list[list[Match]]:
        """Return what `find` does for each value and its mask, outside of columns.

        One detector after the other, so that its pattern stays in the processor's cache.
        """
        found: list[list[Match]] = [[] for _ in lines]
        odd = [index for index, (value, mask) in enumerate(lines) if mask & ODD_BIT and _ODD.search(value)]
        lower = [value.lower() for value, _ in lines]
        for detector, behind in self._lines_behind(lines, frozenset(odd)):
            if detector.entity:
                for index in behind:
                    found[index] += self._of(detector, lines[index][0], lower[index], "")
                continue
            for index, match in _first_matches(detector, lines, lower, behind):
                found[index] += self._matches(match, detector, lines[index][0], lower[index], "")
        found = [matches if len(matches) <= 1 else settle(matches) for matches in found]
        for index in odd:
            found[index] = self.find(lines[index][0], "", lines[index][1])
        return found

    def _lines_behind(
        self, lines: Sequence[tuple[bytes, int]], odd: frozenset[int]
    ) -> Iterator[tuple[Detector, list[int]]]:
        """Yield each detector, by precedence, with the lines in which its gate passed."""
        alike: dict[int, list[int]] = {}
        for index, (_, mask) in enumerate(lines):
            if mask in alike:
                alike[mask].append(index)
            else:
                alike[mask] = [index]
        behind: dict[int, list[int]] = {id(detector): [] for detector in self.detectors}
        for mask, indexes in alike.items():
            plain = [index for index in indexes if index not in odd] if odd and mask & ODD_BIT else indexes
            for detector in self._passed(mask):
                behind[id(detector)] += plain
        for detector in self.detectors:
            yield detector, behind[id(detector)]

    def possible(self, record: bytes, mask: int) -> bool:
        """Say whether a cell of a record that was not parsed may hold a match: the record then has it too.

        The record is given with its escapes undone. It is not so for columns that are named, for an address behind a
        colon, nor for secrets, which may hold a quote; these are always possible.
        """
        if mask < 0 or mask & (ODD_BIT | COLUMN_BIT):
            return True
        lower = record.lower()
        return any(not detector.plain or self._in_record(detector, record, lower) for detector in self._passed(mask))

    def _all(self, value: bytes, column: str, mask: int) -> list[Match]:
        found: list[Match] = []
        lower = value.lower()
        for detector in self._passed(mask):
            found += self._of(detector, value, lower, column)
        for detector in self.expected(column) if column else ():
            if detector.fills(value):
                found.append(Match(0, len(value), detector, value))
        return found

    def _of(self, detector: Detector, value: bytes, lower: bytes, column: str) -> list[Match]:
        if detector.entity:
            return [Match(start, end, detector, value[start:end]) for start, end in _asked(detector, value)]
        match = detector.search(value, lower, 0)
        return [] if match is None else self._matches(match, detector, value, lower, column)

    def _matches(
        self, first: re.Match[bytes], detector: Detector, value: bytes, lower: bytes, column: str
    ) -> list[Match]:
        """Return the matches of a detector from its first one on."""
        found = []
        match: re.Match[bytes] | None = first
        group, search = detector.group, detector.search
        cued, refusing, repeated = detector.cues is not None, detector.refusing, detector.repeated
        while match is not None:
            start, end = match.span(group)
            position = match.start() + 1
            held = value[start:end]
            holds = self._remembered(detector, held) if repeated else detector.holds(held)
            if holds and not (cued and not detector.expected_at(value, start, column)):
                position = match.end()
                if not (refusing and detector.refused(value, start, column)):
                    found.append(Match(start, end, detector, held))
            match = search(value, lower, position)
        return found

    def _in_record(self, detector: Detector, record: bytes, lower: bytes) -> bool:
        match = detector.search(record, lower, 0)
        while match is not None:
            start, end = match.span(detector.group)
            held = record[start:end]
            holds = self._remembered(detector, held) if detector.repeated else detector.holds(held)
            if holds and not _refused_in_cell(detector, record, start):
                return True
            match = detector.search(record, lower, match.start() + 1)
        return False

    def _remembered(self, detector: Detector, value: bytes) -> bool:
        key = (detector.bit, value)
        if key not in self._held:
            if len(self._held) > _REMEMBERED:
                self._held.clear()
            self._held[key] = detector.holds(value)
        return self._held[key]

    def _passed(self, mask: int) -> Iterable[Detector]:
        """Return the detectors of a mask; masks repeat from line to line."""
        if mask == EVERY:
            return self.detectors
        if mask not in self._masks:
            if len(self._masks) > _REMEMBERED:
                self._masks.clear()
            self._masks[mask] = tuple(detector for detector in self.detectors if mask & detector.bit)
        return self._masks[mask]


def _first_matches(
    detector: Detector, lines: Sequence[tuple[bytes, int]], lower: Sequence[bytes], behind: Iterable[int]
) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Yield each of these lines with the detector's first match in it, as `Detector.search` finds it."""
    exact, opening = detector.exact, detector.opening
    if opening is None:
        search = exact.search
        for index in behind:
            match = search(lines[index][0])
            if match is not None:
                yield index, match
        return
    for index in behind:
        value, text = lines[index][0], lower[index]
        word = opening.search(text)
        while word is not None:
            match = exact.match(value, word.start())
            if match is not None:
                yield index, match
                break
            word = opening.search(text, word.start() + 1)


def _asked(detector: Detector, value: bytes) -> Iterator[tuple[int, int]]:
    """Ask Presidio, but only about what its gate lets through, so that it is imported where it is needed."""
    return presidio.spans(detector.entity, value) if detector.exact.search(value) else iter(())


def _refused_in_cell(detector: Detector, record: bytes, start: int) -> bool:
    """Say whether a word of the look-alikes stands before the value with nothing between that may end a cell."""
    if not detector.reject:
        return False
    before = record[max(0, start - WINDOW) : start]
    for edge in _EDGES:
        before = before.rpartition(edge)[2]
    return announced(before, detector.endings)
