"""What blocks, what is undecided and what was waived: one block a finding, with what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from aigov import Assessment, Finding, Occurrence, Verdict
from aigov_reports.html.cover import tone
from aigov_reports.limits import FINDINGS_SHOWN, OCCURRENCES_SHOWN
from aigov_reports.places import grouped, measured_of, place, see_command, total_of
from aigov_reports.words import MARKS, Words

_WHERES = 5
_TYPES = 5


@dataclass(frozen=True, slots=True)
class Where:
    """One file with its fields and what was found there."""

    path: str
    fields: tuple[str, ...]
    found: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One occurrence as a table row."""

    path: str
    place: str
    type: str
    type_id: str
    tier: str
    masked: str
    message: str


@dataclass(frozen=True, slots=True)
class Block:
    """One finding in full."""

    anchor: str
    finding: Finding
    tone: str
    mark: str
    sentence: str
    question: str
    where: tuple[Where, ...]
    more_files: int
    command: str
    hits: tuple[Hit, ...]
    total: int
    measured: str
    """Anchor of the observation that it rests on, or empty."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The findings that a reader must act on."""

    failed: tuple[Block, ...]
    undecided: tuple[Block, ...]
    waived: tuple[Block, ...]
    hidden: int


def blocks(assessment: Assessment, words: Words) -> Blocks:
    """Return failed, undecided and waived findings, gravest first."""
    anchors = {finding.id: f"f-{i}" for i, finding in enumerate(assessment.findings, 1)}
    undecided = tuple(f for f in assessment.open if f.verdict is not Verdict.NOT_ASSESSED)
    waived = tuple(f for f in assessment.findings if f.verdict is Verdict.FAIL and f.waived)
    groups = [assessment.failed, undecided, waived]
    made = [tuple(_block(assessment, f, anchors[f.id], words) for f in group[:FINDINGS_SHOWN]) for group in groups]
    return Blocks(made[0], made[1], made[2], sum(max(0, len(group) - FINDINGS_SHOWN) for group in groups))


def hits(occurrences: tuple[Occurrence, ...], words: Words) -> tuple[Hit, ...]:
    """Return the first occurrences as rows; values appear only as their masks."""
    return tuple(
        Hit(
            path=words.fact(occurrence.location.path),
            place=place(occurrence.location, words),
            type=words.occurrence_type(occurrence.type),
            type_id=words.fact(occurrence.type),
            tier=words.label(f"report.tier.{occurrence.tier.value}"),
            masked=words.fact(occurrence.masked or ""),
            message=words.say(occurrence.message),
        )
        for occurrence in occurrences[:OCCURRENCES_SHOWN]
    )


def _block(assessment: Assessment, finding: Finding, anchor: str, words: Words) -> Block:
    observation = assessment.observation(finding.observation)
    measured = measured_of(assessment, finding)
    occurrences = measured.occurrences if measured is not None and finding.verdict is not Verdict.PASS else ()
    where = _where(occurrences, words)
    keys = [o.key for o in assessment.observations]
    return Block(
        anchor=anchor,
        finding=finding,
        tone=tone(finding.verdict),
        mark=MARKS[finding.verdict],
        sentence=words.say(finding.reason),
        question=words.say(finding.rule.question),
        where=where[:_WHERES],
        more_files=max(0, len(where) - _WHERES),
        command=see_command(observation),
        hits=hits(occurrences, words),
        total=total_of(measured) if measured is not None else 0,
        measured=f"m-{keys.index(observation.key) + 1}" if observation is not None else "",
    )


def _where(occurrences: tuple[Occurrence, ...], words: Words) -> tuple[Where, ...]:
    files: dict[str, list[Occurrence]] = {}
    for group in grouped(occurrences):
        files.setdefault(group.path, []).extend(group.occurrences)
    return tuple(_file(path, members, words) for path, members in files.items())


def _file(path: str, members: list[Occurrence], words: Words) -> Where:
    pointers = dict.fromkeys(o.location.pointer for o in members if o.location.pointer is not None)
    types = Counter(words.occurrence_type(o.type) for o in members)
    named = [words.label("report.count-of", count=count, what=name) for name, count in types.most_common(_TYPES)]
    if len(types) > _TYPES:
        named.append("…")
    return Where(
        words.fact(path),
        tuple(words.fact(p) for p in list(pointers)[:_WHERES]),
        words.label("report.list-comma").join(named),
    )
