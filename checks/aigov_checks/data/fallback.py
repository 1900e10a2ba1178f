"""The gate without Vectorscan: a few passes of `re`, each over bytes that it can skip with a table."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from aigov import FrozenMap
from aigov_checks.data import patterns
from aigov_checks.data.blocks import PIECE, pieces
from aigov_checks.data.prefixes import prefixes, shortest, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TELLING = 2
"""Bytes that an opening has at least; if none has more, the pattern itself is as quick."""
_FIRST = rb"[0-9A-Za-z+(\xef]"
"""First bytes of every pattern that begins at a boundary."""

Gates = tuple[tuple[int, re.Pattern[bytes]], ...]


Line = tuple[int, int, int]
"""One line with a candidate: its byte range without the newline, and the bits of the gates that passed."""


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
        mask = known[2] if known else 0
        if mask | bit != mask:
            self.lines[self._start] = (self._start, self._stop, mask | bit)

    def add(self, part: _Found, offset: int) -> None:
        """Add the candidates of whole lines that begin at a byte."""
        for start, stop, mask in part.lines.values():
            self.lines[offset + start] = (offset + start, offset + stop, mask)


@dataclass(frozen=True, slots=True)
class Fallback:
    """The gates that are looked for in every line, and those of names, looked for where a name may be."""

    every: Gated
    names: Gated
    macros: FrozenMap[str, str]

    def lines(self, block: bytes) -> list[Line]:
        """Return the lines of `block` with a candidate, in order."""
        found = _Found(block)
        for start, end in pieces(block):
            quick = end - start <= 2 * PIECE and _numpy()  # a longer line would fill memory with its numbers
            whole = (start, end) == (0, len(block))
            part = found if whole else _Found(block[start:end])
            self.every.note(part, sieved=quick)
            if not self.names.empty:
                self._note_names(part, sieved=quick)
            if not whole:
                found.add(part, start)
        return [found.lines[start] for start in sorted(found.lines)]

    def _note_names(self, found: _Found, *, sieved: bool) -> None:
        if not sieved:
            self.names.note(found, sieved=False)
            return
        from aigov_checks.data.name_places import spans_with_places  # heavy, and optional

        block = found.block
        starts, stops = spans_with_places(block, self.macros)
        text = _Found(b"\n".join([block[start:stop] for start, stop in zip(starts, stops, strict=True)]))
        self.names.note(text, sieved=sieved)
        begins = [0, *accumulate(stop - start + 1 for start, stop in zip(starts, stops, strict=True))]
        for begin, _, mask in text.lines.values():
            found.note(starts[bisect_right(begins, begin) - 1], mask)


@dataclass(frozen=True, slots=True)
class Gated:
    """Gates by how their first bytes are known."""

    edge: re.Pattern[bytes]
    """A place where one of `bounded` matches."""
    bounded: Gates
    words: re.Pattern[bytes]
    """A lower-case word that begins some of `worded`."""
    worded: dict[bytes, Gates]
    free: Gates
    """What may begin with anything, or with too little to look for."""
    sieves: tuple[Any, Any] | None  # `FirstBytes` and `Openings`, whose module needs numpy
    """Where `bounded` and `free`, and where `worded` may match; None where numpy is not installed."""

    @property
    def empty(self) -> bool:
        """Whether there is no gate at all."""
        return not (self.bounded or self.worded or self.free)

    def note(self, found: _Found, *, sieved: bool) -> None:
        """Add the candidates of a block; where numpy is installed, its sieves may say where they can be."""
        if sieved and self.sieves is not None:
            self._note_sieved(found, *self.sieves)
            return
        block = found.block
        for at in _places(self.edge, block) if self.bounded else ():
            _note(found, self.bounded, at)
        lower = block.lower()
        position = 0
        while (word := self.words.search(lower, position)) is not None:
            position = word.start() + 1
            _note(found, self.worded[word[0]], word.start())
        for bit, gate in self.free:
            for at in _places(gate, block):
                found.note(at, bit)

    def _note_sieved(self, found: _Found, first: Any, openings: Any) -> None:
        for at, gates in first.candidates(found.block):
            _note(found, gates, at)
        lower = found.block.lower()
        for at in openings.places(lower).tolist():
            word = self.words.match(lower, at)
            if word is not None:
                _note(found, self.worded[word[0]], at)


def fallback(
    gates: Sequence[tuple[int, bytes]], names: Sequence[tuple[int, bytes]], macros: FrozenMap[str, str]
) -> Fallback:
    """Return the gate for patterns that were made by `patterns.fallback_gate`, each with the bit that it sets."""
    return Fallback(_gated(gates), _gated(names), macros)


def _gated(gates: Sequence[tuple[int, bytes]]) -> Gated:
    bounded = tuple((bit, re.compile(gate)) for bit, gate in gates if gate.startswith(patterns.EDGE))
    inner = b"|".join(gate.pattern.removeprefix(patterns.EDGE) for _, gate in bounded) or b"(?!)"
    others = [(bit, gate, prefixes(gate)) for bit, gate in gates if not gate.startswith(patterns.EDGE)]
    known = [(bit, re.compile(gate), first) for bit, gate, first in others if _telling(first)]
    openings = shortest(word for _, _, first in known for word in first)
    worded: dict[bytes, Gates] = dict.fromkeys(openings, ())
    for bit, gate, first in known:
        for word in {one[: next(size for size in range(len(one) + 1) if one[:size] in worded)] for one in first}:
            worded[word] += ((bit, gate),)
    free = tuple((bit, re.compile(gate)) for bit, gate, first in others if not _telling(first))
    edge = re.compile(_FIRST + b"(?<![0-9A-Za-z].)(?<=(?=" + inner + b").)")
    return Gated(
        edge,
        bounded,
        re.compile(tree(openings) if openings else b"(?!)"),
        worded,
        free,
        _sieves(bounded + free, openings),
    )


def _telling(openings: frozenset[bytes]) -> bool:
    """Say whether these openings are rare enough for a look at each place where one of them is."""
    lengths = [len(word) for word in openings]
    return min(lengths) >= _TELLING and max(lengths) > _TELLING


def _note(found: _Found, gates: Gates, at: int) -> None:
    for bit, gate in gates:
        if gate.match(found.block, at):
            found.note(at, bit)


def _places(gate: re.Pattern[bytes], block: bytes) -> Iterator[int]:
    return (match.start() for match in gate.finditer(block))


@cache
def _numpy() -> bool:
    """Say whether numpy is installed."""
    return find_spec("numpy") is not None


def _sieves(gates: Gates, words: list[bytes]) -> tuple[Any, Any] | None:  # as above
    if not (gates and words and _numpy()):
        return None
    from aigov_checks.data.gate_sieve import first_bytes, openings  # heavy, and optional

    return first_bytes(gates), openings(words)
