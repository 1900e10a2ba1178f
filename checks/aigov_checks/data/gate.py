"""The fast pass over a block of bytes: which lines hold a candidate, and for which detectors.

Two engines answer the same question, Vectorscan and `re`. Both look at lines, never across them, and
a gate matches in every line in which its detector could; so what is found does not depend on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from aigov_checks.data.detectors import column_gate, vocabulary
from aigov_checks.data.fallback import Line, fallback
from aigov_checks.data.folding import ODD
from aigov_checks.data.recognise import COLUMN_BIT, ODD_BIT
from aigov_checks.data.shared_gates import shared_gates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.data.detector import Detector


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
    names: bool = False
    """Whether it is for names, and looked for only where characters say that one may be."""


def lines(gate: Gate, block: bytes) -> list[Line]:
    """Return the lines of `block` with a candidate, in order."""
    return gate.lines(block)


def expressions(detectors: Sequence[Detector], shape: str) -> list[Expression]:
    """Return everything that makes a line worth a look in a file of that shape (`text`, `jsonl` or `csv`)."""
    found = [Expression(d.bit, d.automaton, d.fallback) for d in detectors]
    found += [
        Expression(shared.bit, shared.automaton, shared.fallback, names=True) for shared in shared_gates(detectors)
    ]
    found.append(Expression(ODD_BIT, ODD, ODD))
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
        import numpy as np  # noqa: F401  # as above
    except ImportError:
        return "re"
    return "vectorscan"


@cache
def _vectorscan(detectors: tuple[Detector, ...], shape: str) -> Gate:
    from aigov_checks.data.vectorscan import vectorscan  # heavy, and optional

    return vectorscan(detectors, expressions(detectors, shape))


@cache
def _fallback(detectors: tuple[Detector, ...], shape: str) -> Gate:
    wanted = expressions(detectors, shape)
    every, names = ([(item.bit, item.fallback) for item in wanted if item.names == named] for named in (False, True))
    return fallback(every, names, vocabulary())
