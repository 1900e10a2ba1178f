"""The gate without Vectorscan: a few passes of `re`, each over bytes that it can skip with a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from aigov_checks.data import patterns
from aigov_checks.data.prefixes import prefixes, shortest, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FIRST = rb"[0-9A-Za-z+(\xef]"
"""First bytes of every pattern that begins at a boundary."""

Gates = tuple[tuple[int, re.Pattern[bytes]], ...]


class Line(NamedTuple):
    """One line with a candidate: its byte range without the newline, and the bits of the gates that passed."""

    start: int
    end: int
    mask: int


@dataclass(slots=True)
class _Found:
    """Lines with a candidate, in whatever order they come."""

    block: bytes
    lines: dict[int, Line] = field(default_factory=dict)
    _start: int = -1
    _stop: int = -1

    def note(self, at: int, bit: int) -> None:
        """Add a candidate that begins at a byte."""
        if not self._start <= at < self._stop:
            self._start = self.block.rfind(b"\n", 0, at) + 1
            stop = self.block.find(b"\n", at)
            self._stop = len(self.block) if stop < 0 else stop
        known = self.lines.get(self._start)
        if known is None or known.mask | bit != known.mask:
            mask = bit | (known.mask if known else 0)
            self.lines[self._start] = Line(self._start, self._stop, mask)


@dataclass(frozen=True, slots=True)
class Fallback:
    """Gates by how their first bytes are known."""

    edge: re.Pattern[bytes]
    """A place where one of `bounded` matches."""
    bounded: Gates
    words: re.Pattern[bytes]
    """A lower-case word that begins some of `worded`."""
    worded: dict[bytes, Gates]
    free: Gates
    """What may begin with anything."""

    def lines(self, block: bytes) -> list[Line]:
        """Return the lines of `block` with a candidate, in order."""
        found = _Found(block)
        for at in _places(self.edge, block):
            _note(found, self.bounded, at)
        lower = block.lower()
        position = 0
        while (word := self.words.search(lower, position)) is not None:
            position = word.start() + 1
            _note(found, self.worded[word[0]], word.start())
        for bit, gate in self.free:
            for at in _places(gate, block):
                found.note(at, bit)
        return [found.lines[start] for start in sorted(found.lines)]


def fallback(gates: Sequence[tuple[int, bytes]]) -> Fallback:
    """Return the gate for patterns that were made by `patterns.fallback_gate`, each with the bit that it sets."""
    bounded = tuple((bit, re.compile(gate)) for bit, gate in gates if gate.startswith(patterns.EDGE))
    inner = b"|".join(gate.pattern.removeprefix(patterns.EDGE) for _, gate in bounded) or b"(?!)"
    others = [(bit, gate, prefixes(gate)) for bit, gate in gates if not gate.startswith(patterns.EDGE)]
    known = [(bit, re.compile(gate), first) for bit, gate, first in others if b"" not in first]
    openings = shortest(word for _, _, first in known for word in first)
    worded = {
        word: tuple((bit, gate) for bit, gate, first in known if any(one.startswith(word) for one in first))
        for word in openings
    }
    free = tuple((bit, re.compile(gate)) for bit, gate, first in others if b"" in first)
    edge = re.compile(_FIRST + b"(?<![0-9A-Za-z].)(?<=(?=" + inner + b").)")
    return Fallback(edge, bounded, re.compile(tree(openings) if openings else b"(?!)"), worded, free)


def _note(found: _Found, gates: Gates, at: int) -> None:
    for bit, gate in gates:
        if gate.match(found.block, at):
            found.note(at, bit)


def _places(gate: re.Pattern[bytes], block: bytes) -> Iterator[int]:
    return (match.start() for match in gate.finditer(block))
