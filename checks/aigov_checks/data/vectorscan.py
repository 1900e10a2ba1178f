"""The gate by Vectorscan: (pattern, end) pairs of a block, settled with numpy, and one entry a line that remains."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import FrozenMap
from aigov_checks.data import compiled, patterns, shapes, vector_checks
from aigov_checks.data.blocks import pieces
from aigov_checks.data.detectors import vocabulary
from aigov_checks.data.name_places import lines_with_places, spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.data.detector import Detector
    from aigov_checks.data.fallback import Line
    from aigov_checks.data.gate import Expression

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
class Patterns:
    """A compiled database and what its patterns mean."""

    database: Any  # hyperscan has no types
    checked: tuple[Target, ...]
    plain: int
    """Patterns whose hits need no check; those of `checked` come behind them."""
    words: tuple[Any, ...]  # numpy arrays: the bits of each plain pattern, then of each target; 63 to a word

    def hits(self, piece: bytes, view: Any) -> tuple[Any, list[Any]]:
        """Return where patterns ended that no check digit contradicts, and their bits (numpy arrays)."""
        found = array("Q")
        append = found.append

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append(end << _SHIFT | index)

        self.database.scan(piece, match_event_handler=note)
        ends, which = self._kept(np.frombuffer(found, np.uint64).astype(np.int64), view)
        return ends, [word[which] for word in self.words]

    def seen(self, piece: bytes) -> int:
        """Return the bits of all patterns that are in a line longer than a piece."""
        found: set[int] = set()
        add = found.add

        def note(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            add(index)

        self.database.scan(piece, match_event_handler=note)
        places = [index for index in found if index < self.plain]
        places += [place for place, target in enumerate(self.checked, self.plain) if target.pattern in found]
        mask = 0
        for place in places:
            mask |= sum(int(word[place]) << _WORD * number for number, word in enumerate(self.words))
        return mask

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


@dataclass(frozen=True, slots=True)
class Vectorscan:
    """The patterns that are looked for in every line, and those of names, looked for where a name may be."""

    every: Patterns
    names: Patterns | None
    macros: FrozenMap[str, str]

    def lines(self, block: bytes) -> list[Line]:
        """Return the lines of `block` with a candidate, in order."""
        found: list[Line] = []
        for start, end in pieces(block):
            piece = block if end - start == len(block) else block[start:end]
            if len(piece) > _LONG and piece.find(b"\n", 0, -1) < 0:
                found += self._long_line(piece, start)
            else:
                found += self._lines(piece, start)
        return found

    def _lines(self, piece: bytes, offset: int) -> list[Line]:
        view = np.frombuffer(piece, np.uint8)
        newlines = np.flatnonzero(view == ord("\n"))
        ends, masks = self.every.hits(piece, view)
        numbers = np.searchsorted(newlines, ends - 1)
        if self.names is not None:
            more, of_names = self._named(self.names, piece, newlines)
            numbers = np.concatenate((numbers, more))
            masks = [np.concatenate(pair) for pair in zip(masks, of_names, strict=True)]
        if not len(numbers):
            return []
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
        numbers = numbers[firsts]
        bounds = np.concatenate(([-1], newlines, [len(view)])) + offset
        joined = [np.bitwise_or.reduceat(mask[order], firsts) for mask in masks]
        whole: list[int] = joined[0].tolist()
        for number, mask in enumerate(joined[1:], 1):
            for line in np.flatnonzero(mask).tolist():
                whole[line] |= int(mask[line]) << _WORD * number
        starts, stops = (bounds[numbers] + 1).tolist(), bounds[numbers + 1].tolist()
        return list(zip(starts, stops, whole, strict=True))

    def _named(self, names: Patterns, piece: bytes, newlines: Any) -> tuple[Any, list[Any]]:
        """Return the numbers of lines in which a gate of names passes, once for each, and its bits."""
        numbers = lines_with_places(piece, self.macros)
        starts, stops = spans(numbers, newlines, len(piece))
        text = b"\n".join([piece[start:stop] for start, stop in zip(starts, stops, strict=True)])
        view = np.frombuffer(text, np.uint8)
        ends, masks = names.hits(text, view)
        return numbers[np.searchsorted(np.flatnonzero(view == ord("\n")), ends - 1)], masks

    def _long_line(self, piece: bytes, offset: int) -> list[Line]:
        """Return a line longer than a piece; of its hits only which patterns they are of is kept."""
        mask = self.every.seen(piece) | (self.names.seen(piece) if self.names else 0)
        return [(offset, offset + len(piece) - piece.endswith(b"\n"), mask)] if mask else []


def vectorscan(detectors: Sequence[Detector], wanted: Sequence[Expression]) -> Vectorscan:
    """Return the gate for these expressions, of which the first ones are those of the detectors."""
    number = -(-max(item.bit for item in wanted).bit_length() // _WORD)
    of_names = [item for item in wanted if item.names]
    every = _patterns(detectors, [item for item in wanted if not item.names], number)
    return Vectorscan(every, _patterns((), of_names, number) if of_names else None, vocabulary())


def _patterns(detectors: Sequence[Detector], wanted: Sequence[Expression], number: int) -> Patterns:
    """Return a database of these expressions, whose bits fill so many words."""
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
    words = tuple(
        np.array([bit >> _WORD * word & (1 << _WORD) - 1 for bit in bits], np.int64) for word in range(number)
    )
    return Patterns(compiled.database(patterns_), checked, len(plain), words)


def _shape(detector: Detector) -> bytes:
    """Return the wide gate of a detector whose check digit settles what it lets through."""
    try:
        core = shapes.shape(detector.core, detector.boundary)
    except shapes.NoShapeError:
        core = detector.core
    return patterns.automaton_gate(core, detector.boundary)


def _trimmed(gate: bytes, boundary: str) -> bytes:
    bare = shapes.trimmed(gate, patterns.automaton_gate(b"", boundary).partition(b"(?:)")[2])
    return shapes.uncounted(shapes.once_a_run(bare))
