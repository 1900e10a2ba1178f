"""The gate by Vectorscan: (pattern, end) pairs of a block, settled with numpy, and one entry a line that remains."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.data import compiled, patterns, shapes, vector_checks
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


@dataclass(frozen=True, slots=True)
class Target:
    """What the hits of a pattern may mean: a bit, where a check digit holds if there is one."""

    pattern: int
    bit: int
    check: vector_checks.VectorCheck | None


@dataclass(frozen=True, slots=True)
class Vectorscan:
    """A compiled database and what its patterns mean."""

    database: Any  # hyperscan has no types
    checked: tuple[Target, ...]
    plain: int
    """Patterns whose hits need no check; those of `checked` come behind them."""
    words: tuple[Any, ...]  # numpy arrays: the bits of each plain pattern, then of each target; 63 to a word

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
        """Return ends, and places in `words`, of the hits that no check digit contradicts."""
        which, ends = hits & (1 << _SHIFT) - 1, hits >> _SHIFT
        plain = which < self.plain
        kept_ends, kept_which = [ends[plain]], [which[plain]]
        for place, target in enumerate(self.checked, self.plain):
            at = ends[which == target.pattern]
            if len(at) and target.check is not None:
                at = at[target.check(view, at)]
                kept_ends.append(at)
                kept_which.append(np.full(len(at), place))
        return np.concatenate(kept_ends), np.concatenate(kept_which)

    def _by_line(self, ends: Any, which: Any, view: Any, offset: int) -> list[Line]:  # numpy arrays
        newlines = np.flatnonzero(view == ord("\n"))
        numbers = np.searchsorted(newlines, ends - 1)
        order = np.argsort(numbers, kind="stable")
        numbers, which = numbers[order], which[order]
        firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
        numbers = numbers[firsts]
        bounds = np.concatenate(([-1], newlines, [len(view)])) + offset
        masks = [np.bitwise_or.reduceat(word[which], firsts) for word in self.words]
        whole: list[int] = masks[0].tolist()
        for number, word in enumerate(masks[1:], 1):
            for line in np.flatnonzero(word).tolist():
                whole[line] |= int(word[line]) << _WORD * number
        starts, stops = (bounds[numbers] + 1).tolist(), bounds[numbers + 1].tolist()
        return list(map(Line, starts, stops, whole))

    def _long_line(self, piece: bytes, offset: int) -> list[Line]:
        """Return a line longer than a piece; of its hits only which patterns they are of is kept."""
        seen: set[int] = set()
        add = seen.add

        def note(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            add(index)

        self.database.scan(piece, match_event_handler=note)
        places = [index for index in seen if index < self.plain]
        places += [place for place, target in enumerate(self.checked, self.plain) if target.pattern in seen]
        mask = 0
        for place in places:
            mask |= sum(int(word[place]) << _WORD * number for number, word in enumerate(self.words))
        return [Line(offset, offset + len(piece) - piece.endswith(b"\n"), mask)] if mask else []


def vectorscan(detectors: Sequence[Detector], wanted: Sequence[Expression]) -> Vectorscan:
    """Return the gate for these expressions, of which the first ones are those of the detectors."""
    checks = [vector_checks.check_of(detector) for detector in detectors]
    checks += [None] * (len(wanted) - len(detectors))
    plain = [item for item, check in zip(wanted, checks, strict=True) if check is None]
    wide = [_shape(detector) if check else b"" for detector, check in zip(detectors, checks, strict=False)]
    shared = sorted({shape for shape in wide if shape})
    checked = tuple(
        Target(len(plain) + shared.index(shape), detector.bit, check)
        for detector, check, shape in zip(detectors, checks, wide, strict=False)
        if check is not None
    )
    boundaries = {detector.bit: detector.boundary for detector in detectors}
    patterns_ = [(_trimmed(item.automaton, boundaries.get(item.bit, "none")), item.ignore_case) for item in plain] + [
        (shape, False) for shape in shared
    ]
    bits = [item.bit for item in plain] + [target.bit for target in checked]
    number = -(-max(bits).bit_length() // _WORD)
    words = tuple(
        np.array([bit >> _WORD * word & (1 << _WORD) - 1 for bit in bits], np.int64) for word in range(number)
    )
    return Vectorscan(compiled.database(patterns_), checked, len(plain), words)


def _shape(detector: Detector) -> bytes:
    """Return the wide gate of a detector whose check digit settles what it lets through."""
    try:
        core = shapes.shape(detector.core, detector.boundary)
    except shapes.NoShapeError:
        core = detector.core
    return patterns.automaton_gate(core, detector.boundary)


def _trimmed(gate: bytes, boundary: str) -> bytes:
    return shapes.trimmed(gate, patterns.automaton_gate(b"", boundary).partition(b"(?:)")[2])


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
