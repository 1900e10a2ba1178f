"""Every control with its verdict, by policy and by the frameworks that controls map to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.model import Citation, Control, Covers, PolicySummary
from aigov_reports.html.cover import tone
from aigov_reports.limits import FINDINGS_SHOWN
from aigov_reports.words import MARKS, Words

if TYPE_CHECKING:
    from aigov import Assessment, Finding


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of a control."""

    anchor: str
    id: str
    tone: str
    mark: str
    verdict: str
    waived: bool
    because: str
    answered: str


@dataclass(frozen=True, slots=True)
class ControlRows:
    """One control with the rules that test it."""

    control: Control
    severity: str
    citation: str
    rules: tuple[RuleRow, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The controls of one policy."""

    id: str
    summary: PolicySummary | None
    controls: tuple[ControlRows, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class CrossRow:
    """One item of a framework beside the control that speaks to it."""

    item: str
    relation: str
    control: str
    anchor: str
    tone: str
    mark: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """The items of one framework."""

    framework: str
    rows: tuple[CrossRow, ...]
    hidden: int


def matrices(assessment: Assessment, words: Words) -> tuple[Matrix, ...]:
    """Return one matrix a policy, passed controls included."""
    policies: dict[str, dict[str, list[tuple[str, Finding]]]] = {policy.id: {} for policy in assessment.policies}
    for i, finding in enumerate(assessment.findings, 1):
        policies.setdefault(finding.policy, {}).setdefault(finding.control.id, []).append((f"f-{i}", finding))
    known = {policy.id: policy for policy in assessment.policies}
    titles = {check.id: words.check_title(check.id, check.title) for check in assessment.checks}
    return tuple(
        Matrix(
            words.fact(id_),
            known.get(id_),
            tuple(_control(members, titles, words) for members in list(controls.values())[:FINDINGS_SHOWN]),
            max(0, len(controls) - FINDINGS_SHOWN),
        )
        for id_, controls in policies.items()
    )


def crosswalks(assessment: Assessment, words: Words) -> tuple[Crosswalk, ...]:
    """Return one table a framework: which of its items a control answers, and with which verdict."""
    anchors = {finding.id: f"f-{i}" for i, finding in enumerate(assessment.findings, 1)}
    frameworks: dict[str, list[CrossRow]] = {}
    for policy, finding in assessment.control_verdicts():
        for mapping in finding.control.maps_to:
            row = CrossRow(
                item=words.fact(mapping.id),
                relation=words.fact(mapping.relation),
                control=words.fact(f"{policy} {finding.control.id}"),
                anchor=anchors[finding.id],
                tone=tone(finding.verdict),
                mark=MARKS[finding.verdict],
                verdict=words.verdict(finding.verdict),
            )
            frameworks.setdefault(mapping.framework, []).append(row)
    return tuple(
        Crosswalk(
            words.fact(name),
            tuple(sorted(rows, key=lambda row: row.item)[:FINDINGS_SHOWN]),
            max(0, len(rows) - FINDINGS_SHOWN),
        )
        for name, rows in sorted(frameworks.items())
    )


def citation_state(citation: Citation, words: Words) -> str:
    """Return how a citation was verified."""
    return words.label(f"report.verified.{citation.verified.value}")


def _control(members: list[tuple[str, Finding]], titles: dict[str, str], words: Words) -> ControlRows:
    control = members[0][1].control
    rows = tuple(_row(anchor, finding, titles, words) for anchor, finding in members[:FINDINGS_SHOWN])
    return ControlRows(control, words.severity(control.severity), citation_state(control.citation, words), rows)


def _row(anchor: str, finding: Finding, titles: dict[str, str], words: Words) -> RuleRow:
    if finding.rule.check is None:
        answered = words.label("report.answered.person")
    else:
        part = "full" if finding.rule.covers is Covers.FULL else "partial"
        answered = words.label(f"report.answered.{part}", check=titles.get(finding.rule.check, finding.rule.check))
    return RuleRow(
        anchor=anchor,
        id=words.fact(finding.rule.id),
        tone=tone(finding.verdict),
        mark=MARKS[finding.verdict],
        verdict=words.verdict(finding.verdict),
        waived=finding.waived,
        because=words.say(finding.reason),
        answered=answered,
    )
