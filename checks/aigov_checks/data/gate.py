"""The fast pass over a block of bytes: which lines hold a candidate, and for which detectors.

Two engines answer the same question, Vectorscan and `re`. Both look at lines, never across them, and
a gate matches in every line in which its detector could; so what is found does not depend on the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from aigov_checks.data import patterns
from aigov_checks.data.detectors import Detector, column_gate
from aigov_checks.data.folding import ODD
from aigov_checks.data.recognise import COLUMN_BIT, ESCAPE_BIT, EVERY, ODD_BIT

if TYPE_CHECKING:
    from collections.abc import Sequence

_ESCAPES = {"jsonl": rb"\\", "csv": rb'""', "text": b""}


@dataclass(frozen=True, slots=True)
class Line:
    """One line with a candidate: its byte range without the newline, and the bits of the gates that passed."""

    start: int
    end: int
    mask: int


class Gate(Protocol):
    """One engine, made for one family and format."""

    def lines(self, block: bytes) -> list[Line]:
        """Return the lines of `block` with a candidate, in order."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A pattern for each engine, and the bit that it sets."""

    bit: int
    automaton: bytes
    fallback: bytes
    ignore_case: bool = False


def lines(gate: Gate, block: bytes) -> list[Line]:
    """Return the lines of `block` with a candidate, in order."""
    return gate.lines(block)


def expressions(detectors: Sequence[Detector], shape: str) -> list[Expression]:
    """Return everything that makes a line worth a look in a file of that shape (`text`, `jsonl` or `csv`)."""
    found = [Expression(d.bit, d.automaton, d.fallback) for d in detectors]
    found.append(Expression(ODD_BIT, ODD, ODD))
    if _ESCAPES[shape]:
        found.append(Expression(ESCAPE_BIT, _ESCAPES[shape], _ESCAPES[shape]))
    if shape == "jsonl" and any(d.columns for d in detectors):
        words = b"(?:" + column_gate(detectors) + rb')[^"\n]{0,192}"[ \t]{0,8}:'
        found.append(Expression(COLUMN_BIT, words, b"(?i:" + words + b")", ignore_case=True))
    return found


def make(detectors: tuple[Detector, ...], shape: str, engine: str) -> Gate:
    """Return the gate; `engine` is `vectorscan` or `re`."""
    return _vectorscan(detectors, shape) if engine == "vectorscan" else _fallback(detectors, shape)


def best_engine() -> str:
    """Return the fastest engine that is installed."""
    try:
        import hyperscan  # noqa: F401  # heavy, and optional
    except ImportError:
        return "re"
    return "vectorscan"


@dataclass(frozen=True, slots=True)
class _Vectorscan:
    database: Any  # hyperscan has no types
    bits: tuple[int, ...]

    def lines(self, block: bytes) -> list[Line]:
        """Keep one entry a line, however many candidates it has: a hostile line must not fill memory."""
        found: dict[int, Line] = {}
        bits = self.bits
        start = stop = -1
        mask = 0

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal start, stop, mask
            if not start < end <= stop:
                _keep(found, start, stop, mask)
                start = block.rfind(b"\n", 0, end) + 1
                stop = block.find(b"\n", end)
                stop = len(block) if stop < 0 else stop
                mask = 0
            mask |= bits[index]

        self.database.scan(block, match_event_handler=note)
        _keep(found, start, stop, mask)
        return [found[at] for at in sorted(found)]


def _keep(found: dict[int, Line], start: int, stop: int, mask: int) -> None:
    """Add what is known of a line; candidates may be reported out of order."""
    if mask:
        found[start] = Line(start, stop, mask | (found[start].mask if start in found else 0))


@dataclass(frozen=True, slots=True)
class _Fallback:
    pattern: re.Pattern[bytes]

    def lines(self, block: bytes) -> list[Line]:
        found = []
        position = 0
        while (match := self.pattern.search(block, position)) is not None:
            start = block.rfind(b"\n", 0, match.end()) + 1
            stop = block.find(b"\n", match.end())
            stop = len(block) if stop < 0 else stop
            found.append(Line(start, stop, EVERY))
            position = stop
        return found


@cache
def _vectorscan(detectors: tuple[Detector, ...], shape: str) -> _Vectorscan:
    import hyperscan  # heavy, and optional

    wanted = expressions(detectors, shape)
    flags = [hyperscan.HS_FLAG_MULTILINE | (hyperscan.HS_FLAG_CASELESS if item.ignore_case else 0) for item in wanted]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[item.automaton for item in wanted],
        ids=list(range(len(wanted))),
        elements=len(wanted),
        flags=flags,
    )
    return _Vectorscan(database, tuple(item.bit for item in wanted))


@cache
def _fallback(detectors: tuple[Detector, ...], shape: str) -> _Fallback:
    """Patterns that begin at a boundary share one test for it, because most positions fail there."""
    edge = patterns.EDGE
    found = [item.fallback for item in expressions(detectors, shape)]
    bounded = b"|".join(pattern.removeprefix(edge) for pattern in found if pattern.startswith(edge))
    free = b"|".join(b"(?:" + pattern + b")" for pattern in found if not pattern.startswith(edge))
    return _Fallback(re.compile(edge + b"(?:" + bounded + b")|" + free))
