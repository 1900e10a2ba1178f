"""The fast pass over a block of bytes: which lines hold a candidate, and for which detectors.

Two engines answer the same question, Vectorscan and `re`. Both look at lines, never across them, and
a gate matches in every line in which its detector could; so what is found does not depend on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from aigov_checks.data import patterns
from aigov_checks.data.detectors import Detector, column_gate
from aigov_checks.data.fallback import Line, fallback
from aigov_checks.data.folding import ODD
from aigov_checks.data.recognise import COLUMN_BIT, ESCAPE_BIT, ODD_BIT
from aigov_checks.data.shared_gates import shared_gates

if TYPE_CHECKING:
    from collections.abc import Sequence

_HITS = 1 << 17
"""Candidates after which lines are kept and candidates forgotten."""
_MARKS = rb""" .:=#_"'\-"""
_ESCAPES = {"jsonl": rb"\\", "csv": rb'""', "text": b""}


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
    found += [Expression(shared.bit, shared.automaton, shared.fallback) for shared in shared_gates(detectors)]
    found.append(Expression(ODD_BIT, ODD, ODD))
    if _ESCAPES[shape]:
        found.append(Expression(ESCAPE_BIT, _ESCAPES[shape], _ESCAPES[shape]))
    if shape == "jsonl" and any(d.columns for d in detectors):
        words = b"(?:" + column_gate(detectors) + b")"
        bounded = b"(?i:" + words + rb')[^"\n]{0,192}"[ \t]{0,8}:'
        found.append(Expression(COLUMN_BIT, words + rb'[^"\n]*"[ \t]*:', bounded, ignore_case=True))
    return found


def make(detectors: tuple[Detector, ...], shape: str, engine: str) -> Gate:
    """Return the gate; `engine` is `vectorscan` or `re`."""
    if engine == "vectorscan":
        return _vectorscan(detectors, shape)
    return _fallback(detectors, shape)


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
    refusing: tuple[int, ...]
    """For each expression beyond those with a bit, the index of the one whose candidates it refuses."""

    def lines(self, block: bytes) -> list[Line]:
        """Keep one entry a line, however many candidates it has: a hostile line must not fill memory."""
        found: dict[int, Line] = {}
        hits: list[int] = []
        append, every = hits.append, len(self.bits) + len(self.refusing)

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append(end * every + index)
            if len(hits) > _HITS:
                self._keep(found, block, hits)

        self.database.scan(block, match_event_handler=note)
        self._keep(found, block, hits)
        return [found[at] for at in sorted(found)]

    def _keep(self, found: dict[int, Line], block: bytes, hits: list[int]) -> None:
        """Add the lines of hits that nothing refuses, and forget the hits."""
        every, own = len(self.bits) + len(self.refusing), len(self.bits)
        refused = {hit - index + self.refusing[index - own] for hit in hits if (index := hit % every) >= own}
        start = stop = -1
        for hit in hits:
            end, index = divmod(hit, every)
            if index >= own or hit in refused:
                continue
            if not start < end <= stop:
                start = block.rfind(b"\n", 0, end) + 1
                stop = block.find(b"\n", end)
                stop = len(block) if stop < 0 else stop
            known = found.get(start)
            if known is None:
                found[start] = Line(start, stop, self.bits[index])
            elif known.mask | self.bits[index] != known.mask:
                found[start] = Line(start, stop, known.mask | self.bits[index])
        hits.clear()


@cache
def _vectorscan(detectors: tuple[Detector, ...], shape: str) -> _Vectorscan:
    import hyperscan  # heavy, and optional

    wanted = expressions(detectors, shape)
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
    return _Vectorscan(database, tuple(item.bit for item in wanted), tuple(guarded))


def _refusing(detector: Detector, shape: str) -> bytes:
    """Return the pattern of candidates behind a look-alike's word; in cells it must stand in the same one."""
    marks = _MARKS if shape == "text" else _MARKS.replace(b"\"'", b"")
    return patterns.refusing_gate(detector.core, detector.boundary, detector.reject, marks)


@cache
def _fallback(detectors: tuple[Detector, ...], shape: str) -> Gate:
    return fallback([(item.bit, item.fallback) for item in expressions(detectors, shape)])
