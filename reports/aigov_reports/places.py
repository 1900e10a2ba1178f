"""Occurrences gathered by where they are, and places in words."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.model import Assessment, Finding, Location, Measured, Observation, Occurrence
from aigov_reports.text import visible

if TYPE_CHECKING:
    from aigov_reports.words import Words

_PATHS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Occurrences of one type in one file under one pointer."""

    type: str
    path: str
    pointer: str | None
    occurrences: tuple[Occurrence, ...]


def grouped(occurrences: tuple[Occurrence, ...]) -> tuple[Group, ...]:
    """Return the occurrences by file, type and pointer, in the order in which each group first appears."""
    groups: dict[tuple[str, str, str | None], list[Occurrence]] = {}
    for occurrence in occurrences:
        where = occurrence.location
        groups.setdefault((occurrence.type, where.path, where.pointer), []).append(occurrence)
    return tuple(Group(*key, tuple(members)) for key, members in groups.items())


def total_of(measured: Measured) -> int:
    """Return how many occurrences there are, listed or not: what the check counted, and never less than it lists."""
    counted = (measured.measurements.get(name) for name in ("occurrences", "occurrences_total"))
    totals = (int(m.value) for m in counted if m is not None and math.isfinite(m.value))
    return max(len(measured.occurrences), *totals, 0)


def measured_of(assessment: Assessment, finding: Finding) -> Measured | None:
    """Return what a finding rests on, where something was measured."""
    observation = assessment.observation(finding.observation)
    if observation is None or not isinstance(observation.outcome, Measured):
        return None
    return observation.outcome


def place(location: Location, words: Words) -> str:
    """Return where in its file an occurrence is: line, row, field, characters, bytes."""
    parts = []
    if location.line is not None:
        parts.append(words.label("report.place.line", line=words.fact(location.line)))
    if location.record is not None:
        parts.append(words.label("report.place.row", row=words.fact(location.record)))
    if location.pointer is not None:
        parts.append(words.fact(location.pointer))
    if location.start is not None:
        span = f"{words.fact(location.start)}–{words.fact(location.end)}"
        parts.append(words.label("report.place.characters", span=span))
    elif location.byte_start is not None:
        span = f"{words.fact(location.byte_start)}–{words.fact(location.byte_end)}"
        parts.append(words.label("report.place.bytes", span=span))
    return ", ".join(parts) or words.label("report.place.file")


def see_command(observation: Observation | None) -> str:
    """Return a command that shows more, safe to paste into a shell, or nothing.

    A path is named only if it holds nothing that `visible` would have to show otherwise.
    """
    if observation is None or not _pasteable(observation.check):
        return ""
    occurrences = observation.outcome.occurrences if isinstance(observation.outcome, Measured) else ()
    paths = tuple(dict.fromkeys(occurrence.location.path for occurrence in occurrences))
    if not paths or len(paths) > _PATHS_NAMED or not all(map(_pasteable, paths)):
        return f"aigov explain {shlex.quote(observation.check)}"
    named = " ".join(shlex.quote(f"./{path}" if path.startswith("-") else path) for path in paths)
    return f"aigov check {shlex.quote(observation.check)} {named}"


def _pasteable(text: str) -> bool:
    return bool(text) and visible(text) == text and not set(text) & set("\n\t")
