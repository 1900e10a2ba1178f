"""One section an observation: numbers with their intervals, curves, files, places, and how it was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import ArtifactStatus, Assessment, Finding, Measured, Measurement, NotPerformed, Observation, Status, Verdict
from aigov.model import Crashed, Evidence
from aigov_reports.html.blocks import Hit, hits
from aigov_reports.html.charts import Chart
from aigov_reports.html.cover import tone
from aigov_reports.html.curves import curves, drawn_names
from aigov_reports.html.examples import ExampleView, examples
from aigov_reports.html.families import Grid, grids, kind_names, tables
from aigov_reports.html.figures import charts_of
from aigov_reports.limits import GROUPS_SHOWN, OCCURRENCES_SHOWN, ROWS_SHOWN
from aigov_reports.places import grouped, total_of
from aigov_reports.words import MARKS, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUS_LOOKS = {
    Status.CLEAN: ("pass", "✓"),
    Status.SUSPICIOUS: ("open", "?"),
    Status.UNSAFE: ("fail", "✗"),
    Status.NOT_COVERED: ("none", "–"),
}


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One measurement in words."""

    name: str
    id: str
    value: str
    interval: str
    confidence: str
    n: str
    limits: str


@dataclass(frozen=True, slots=True)
class StatusRow:
    """What a check can say about one file."""

    path: str
    format: str
    tone: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Occurrences of one type in one field of one file."""

    type: str
    type_id: str
    path: str
    pointer: str
    count: int


@dataclass(frozen=True, slots=True)
class Badge:
    """A verdict that rests on an observation."""

    anchor: str
    tone: str
    said: str


@dataclass(frozen=True, slots=True)
class Body:
    """What a check that ran has to show."""

    numbers: tuple[NumberRow, ...]
    zeros: int
    """Rows of a family, such as types that were looked for, that are exactly zero and not shown."""
    curve_numbers: tuple[NumberRow, ...]
    grids: tuple[Grid, ...]
    charts: tuple[Chart, ...]
    examples: tuple[ExampleView, ...]
    statuses: tuple[StatusRow, ...]
    statuses_more: int
    groups: tuple[GroupRow, ...]
    groups_more: int
    hits: tuple[Hit, ...]
    total: int
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """One observation as the report shows it."""

    anchor: str
    title: str
    check: str
    version: int
    badges: tuple[Badge, ...]
    parameters: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    body: Body | None
    not_performed: str
    crashed: str


def checked(assessment: Assessment, words: Words) -> tuple[Checked, ...]:
    """Return every observation, in the order of the plan."""
    anchors = {finding.id: f"f-{i}" for i, finding in enumerate(assessment.findings, 1)}
    titles = {check.id: check.title for check in assessment.checks}
    made = []
    for i, observation in enumerate(assessment.observations, 1):
        resting = tuple(f for f in assessment.findings if f.observation == observation.key)
        outcome = observation.outcome
        made.append(
            Checked(
                anchor=f"m-{i}",
                title=words.check_title(observation.check, titles.get(observation.check, "")),
                check=words.fact(observation.check),
                version=observation.version,
                badges=tuple(_badge(finding, anchors, words) for finding in resting[:OCCURRENCES_SHOWN]),
                parameters=_pairs(observation.parameters, words),
                inputs=_pairs(observation.inputs, words),
                body=_body(observation, outcome, resting, words) if isinstance(outcome, Measured) else None,
                not_performed=words.say(outcome.reason) if isinstance(outcome, NotPerformed) else "",
                crashed=words.fact(outcome.error) if isinstance(outcome, Crashed) else "",
            ),
        )
    return tuple(made)


def _badge(finding: Finding, anchors: dict[str, str], words: Words) -> Badge:
    said = f"{MARKS[finding.verdict]} {words.verdict(finding.verdict)}"
    return Badge(anchors[finding.id], tone(finding.verdict), said)


def _pairs(values: Mapping[str, object], words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((words.fact(name), words.fact(value)) for name, value in list(values.items())[:ROWS_SHOWN])


def _body(observation: Observation, measured: Measured, resting: tuple[Finding, ...], words: Words) -> Body:
    drawn, kinds = drawn_names(measured), kind_names(measured)
    rows = {
        name: _number(observation.check, name, m, words)
        for name, m in list(measured.measurements.items())[:ROWS_SHOWN]
        if name not in kinds
    }
    zeros = {name for name, m in measured.measurements.items() if name not in drawn | kinds and _is_nothing(name, m)}
    groups = () if measured.tables else grouped(measured.occurrences)
    shown_above = any(f.verdict not in {Verdict.PASS, Verdict.NOT_ASSESSED} for f in resting)
    return Body(
        numbers=tuple(row for name, row in rows.items() if name not in drawn and name not in zeros),
        zeros=len(zeros),
        grids=(*grids(observation.check, measured, words), *tables(measured, words)),
        curve_numbers=tuple(row for name, row in rows.items() if name in drawn),
        charts=(*curves(observation, measured, resting, words), *charts_of(measured.figures, words)),
        examples=examples(measured, words),
        statuses=tuple(_status(artifact, words) for artifact in measured.artifacts[:ROWS_SHOWN]),
        statuses_more=max(0, len(measured.artifacts) - ROWS_SHOWN),
        groups=tuple(
            GroupRow(
                words.occurrence_type(group.type),
                words.fact(group.type),
                words.fact(group.path),
                words.fact(group.pointer) if group.pointer is not None else "",
                len(group.occurrences),
            )
            for group in groups[:GROUPS_SHOWN]
        ),
        groups_more=max(0, len(groups) - GROUPS_SHOWN),
        hits=() if shown_above else hits(measured.occurrences, words),
        total=total_of(measured),
        facts=_pairs(measured.facts, words),
        notes=tuple(words.say(note) for note in measured.notes[:ROWS_SHOWN]),
        evidence=measured.evidence[:ROWS_SHOWN],
    )


def _is_nothing(name: str, measurement: Measurement) -> bool:
    """Return whether a row of a family, `occurrences[type=iban]`, is exactly zero."""
    return "[" in name and measurement.value == 0 and measurement.interval is None


def _number(check: str, name: str, measurement: Measurement, words: Words) -> NumberRow:
    confidence = measurement.interval.confidence if measurement.interval is not None else None
    return NumberRow(
        name=words.measurement(check, name),
        id=words.fact(name),
        value=words.quantity(measurement.value, measurement.unit),
        interval=words.interval(measurement),
        confidence="" if confidence is None else words.quantity(confidence, "ratio"),
        n="" if measurement.n is None else words.quantity(measurement.n, "count"),
        limits=words.say(measurement.limits),
    )


def _status(artifact: ArtifactStatus, words: Words) -> StatusRow:
    look, mark = _STATUS_LOOKS[artifact.status]
    return StatusRow(
        words.fact(artifact.path),
        words.fact(artifact.format),
        look,
        f"{mark} {words.label('report.status.' + artifact.status.value)}",
        words.say(artifact.reason),
    )
