"""The gate by Vectorscan: (pattern, end) pairs of a block, settled with numpy, and one entry a line that remains."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.data import patterns, vector_checks
from aigov_checks.data.fallback import Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov_checks.data.detectors import Detector
    from aigov_checks.data.gate import Expression

_PIECE = 1 << 20
"""Bytes scanned at a time, in whole lines, so that the hits of a hostile block do not fill memory."""
_LONG = 1 << 16
"""Bytes from which on a line is no more than the patterns that are in it."""
_SHIFT = 10
"""Bits of a hit that name the pattern; the rest is where it ended."""
_WORD = 63
"""Bits of a mask that numpy handles at a time."""
_MARKS = rb""" .:=#_"'\-"""


@dataclass(frozen=True, slots=True)
class Vectorscan:
    """A compiled database and what its patterns mean."""

    database: Any  # hyperscan has no types
    own: int
    """Patterns that set a bit; those behind them only refuse what another one found."""
    refusing: Any  # numpy array: for each refusing pattern, the one whose hits it refuses
    words: tuple[Any, ...]  # numpy arrays: the bits of each pattern, 63 to a word
    checks: tuple[tuple[int, vector_checks.VectorCheck], ...]
    """Patterns whose hits must pass a check digit."""

    def lines(self, block: bytes) -> list[Line]:
        """Return the lines of `block` with a candidate, in order."""
        found: list[Line] = []
        for start, end in _pieces(block):
            piece = block if end - start == len(block) else block[start:end]
            if len(piece) > _LONG and piece.find(b"\n", 0, -1) < 0:
                found += self._long_line(piece, start)
            else:
                found += self._lines(piece, start)
        return found

    def _lines(self, piece: bytes, offset: int) -> list[Line]:
        hits = array("Q")
        append = hits.append

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append(end << _SHIFT | index)

        self.database.scan(piece, match_event_handler=note)
        if not hits:
            return []
        view = np.frombuffer(piece, np.uint8)
        ends, which = self._kept(np.frombuffer(hits, np.uint64).astype(np.int64), view)
        return self._by_line(ends, which, view, offset) if len(ends) else []

    def _kept(self, hits: Any, view: Any) -> tuple[Any, Any]:  # numpy arrays
        """Return end and pattern of the hits that nothing refuses and no check digit contradicts."""
        which = hits & (1 << _SHIFT) - 1
        refusing = which >= self.own
        if refusing.any():
            against = hits[refusing] - which[refusing] + self.refusing[which[refusing] - self.own]
            hits = hits[~refusing]
            hits = hits[~np.isin(hits, against)]
            which = hits & (1 << _SHIFT) - 1
        ends = hits >> _SHIFT
        keep = np.ones(len(hits), bool)
        for pattern, check in self.checks:
            of_pattern = np.flatnonzero(which == pattern)
            if len(of_pattern):
                keep[of_pattern] = check(view, ends[of_pattern])
        return ends[keep], which[keep]

    def _by_line(self, ends: Any, which: Any, view: Any, offset: int) -> list[Line]:  # numpy arrays
        newlines = np.flatnonzero(view == ord("\n"))
        numbers = np.searchsorted(newlines, ends - 1)
        order = np.argsort(numbers, kind="stable")
        numbers, which = numbers[order], which[order]
        firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
        numbers = numbers[firsts]
        bounds = np.concatenate(([-1], newlines, [len(view)])) + offset
        masks = [np.bitwise_or.reduceat(word[which], firsts).tolist() for word in self.words]
        whole = masks[0] if len(masks) == 1 else [low | high << _WORD for low, high in zip(*masks, strict=True)]
        starts, stops = (bounds[numbers] + 1).tolist(), bounds[numbers + 1].tolist()
        return list(map(Line, starts, stops, whole))

    def _long_line(self, piece: bytes, offset: int) -> list[Line]:
        """Return a line longer than a piece; of its hits only which patterns they are of is kept."""
        seen: set[int] = set()
        add = seen.add

        def note(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            add(index)

        self.database.scan(piece, match_event_handler=note)
        mask = 0
        for index in seen:
            if index < self.own:
                mask |= sum(int(word[index]) << _WORD * number for number, word in enumerate(self.words))
        return [Line(offset, offset + len(piece) - piece.endswith(b"\n"), mask)] if mask else []


def vectorscan(detectors: Sequence[Detector], wanted: Sequence[Expression], shape: str) -> Vectorscan:
    """Return the gate for these expressions, of which the first ones are those of the detectors."""
    import hyperscan  # heavy, and optional

    guarded = [index for index, detector in enumerate(detectors) if detector.reject]
    refusing = [_refusing(detectors[index], shape) for index in guarded]
    flags = [hyperscan.HS_FLAG_MULTILINE | (hyperscan.HS_FLAG_CASELESS if item.ignore_case else 0) for item in wanted]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[item.automaton for item in wanted] + refusing,
        ids=list(range(len(wanted) + len(refusing))),
        elements=len(wanted) + len(refusing),
        flags=flags + [hyperscan.HS_FLAG_MULTILINE] * len(refusing),
    )
    number = -(-max(item.bit for item in wanted).bit_length() // _WORD)
    words = tuple(
        np.array([item.bit >> _WORD * word & (1 << _WORD) - 1 for item in wanted], np.int64) for word in range(number)
    )
    checks = ((index, vector_checks.check_of(detector)) for index, detector in enumerate(detectors))
    return Vectorscan(
        database,
        len(wanted),
        np.array(guarded, np.int64),
        words,
        tuple((index, check) for index, check in checks if check is not None),
    )


def _pieces(block: bytes) -> Iterator[tuple[int, int]]:
    """Yield ranges of whole lines of about a piece each; a longer line is a range of its own."""
    start = 0
    while start < len(block):
        end = start + _PIECE
        if end < len(block):
            last = block.rfind(b"\n", start, end)
            end = (last if last >= 0 else block.find(b"\n", end)) + 1
        yield start, min(end or len(block), len(block))
        start = end or len(block)


def _refusing(detector: Detector, shape: str) -> bytes:
    """Return the pattern of candidates behind a look-alike's word; in cells it must stand in the same one."""
    marks = _MARKS if shape == "text" else _MARKS.replace(b"\"'", b"")
    return patterns.refusing_gate(detector.core, detector.boundary, detector.reject, marks)
