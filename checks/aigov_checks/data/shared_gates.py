"""Gates behind which several detectors look: wide enough for all of them, small enough for an automaton."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.data import patterns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aigov_checks.data.detector import Detector

_FIRST = 128
"""Bit of the first shared gate in the mask of a line, above those of detectors and of what else makes a line odd."""


@dataclass(frozen=True, slots=True)
class SharedGate:
    """One pattern for each engine, and the bit that it sets."""

    bit: int
    automaton: bytes
    fallback: bytes


def shared(found: Mapping[str, str | Mapping[str, str]], macros: Mapping[str, str]) -> dict[str, SharedGate]:
    """Return the gates of detector files by name; one that has two patterns has one for each engine."""
    gates = {}
    for index, (name, pattern) in enumerate(found.items()):
        each = {"automaton": pattern, "re": pattern} if isinstance(pattern, str) else pattern
        automaton, fallback = (patterns.expand(each[engine], macros) for engine in ("automaton", "re"))
        both = patterns.automaton_gate(automaton, "none"), patterns.fallback_gate(fallback, "none")
        gates[name] = SharedGate(1 << _FIRST + index, *both)
    return gates


def shared_gates(detectors: Sequence[Detector]) -> list[SharedGate]:
    """Return the gates that these detectors share, each once."""
    return list(dict.fromkeys(gate for detector in detectors for gate in detector.shared))
