"""Registers: waivers, what was not assessed, what does not apply, claims beside facts."""

from __future__ import annotations

from dataclasses import dataclass

from aigov import Agreement, Assessment, Finding, Measured, Message, Verdict
from aigov.model import Crashed, WaiverState, WaiverUse
from aigov_reports.limits import ROWS_SHOWN
from aigov_reports.places import place
from aigov_reports.words import MARKS, Words

_CLAIM_LOOKS = {
    Agreement.AGREES: ("pass", "✓"),
    Agreement.CONTRADICTS: ("fail", "✗"),
    Agreement.NOT_VERIFIABLE: ("none", "–"),
}
_NEST = 5
"""How deep a reason within a reason is searched."""


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """One waiver and what it does."""

    id: str
    covers: str
    tone: str
    state: str
    reason: str
    justification: str
    approved: str
    expires: str


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One rule on which nothing was concluded, with the way out."""

    rule: str
    title: str
    mark: str
    verdict: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim of the record beside what was measured."""

    claim: str
    measured: str
    tone: str
    outcome: str
    path: str
    place: str


@dataclass(frozen=True, slots=True)
class Registers:
    """Tables for the auditor's file; `hidden` rows were left out of each."""

    claims: tuple[ClaimRow, ...]
    waivers: tuple[WaiverRow, ...]
    not_assessed: tuple[OpenRow, ...]
    not_applicable: tuple[OpenRow, ...]
    hidden: int


def registers(assessment: Assessment, words: Words) -> Registers:
    """Return the registers of an assessment."""
    claims = _claims(assessment, words)
    waivers = tuple(_waiver(assessment, use, words) for use in assessment.waivers)
    missing = (Verdict.NOT_ASSESSED, Verdict.ERROR)
    undone = tuple(_open(assessment, f, words) for f in assessment.findings if f.verdict in missing)
    outside = tuple(_open(assessment, f, words) for f in assessment.findings if f.verdict is Verdict.NOT_APPLICABLE)
    hidden = sum(max(0, len(rows) - ROWS_SHOWN) for rows in (claims, waivers, undone, outside))
    return Registers(claims[:ROWS_SHOWN], waivers[:ROWS_SHOWN], undone[:ROWS_SHOWN], outside[:ROWS_SHOWN], hidden)


def _claims(assessment: Assessment, words: Words) -> tuple[ClaimRow, ...]:
    rows = []
    for observation in assessment.observations:
        for comparison in observation.outcome.comparisons if isinstance(observation.outcome, Measured) else ():
            look, mark = _CLAIM_LOOKS[comparison.agreement]
            outcome = f"{mark} {words.label('report.agreement.' + comparison.agreement.value)}"
            said, measured = words.say(comparison.claim), words.say(comparison.measured)
            where = comparison.location
            rows.append(ClaimRow(said, measured, look, outcome, words.fact(where.path), place(where, words)))
    return tuple(rows)


def _waiver(assessment: Assessment, use: WaiverUse, words: Words) -> WaiverRow:
    waiver = use.waiver
    looks = {WaiverState.ACTIVE: "open", WaiverState.UNUSED: "none"}
    covers = " ".join(part for part in (waiver.policy, waiver.control, waiver.rule or "") if part)
    approved = f"{waiver.approved_by} {waiver.approved_on or ''}"
    return WaiverRow(
        id=words.fact(waiver.id),
        covers=words.fact(covers),
        tone=looks.get(use.state, "fail"),
        state=words.label(f"report.waiver.{use.state.value}"),
        reason=words.say(use.reason),
        justification=words.fact(waiver.justification),
        approved=words.fact(approved.strip()),
        expires=_expiry(assessment, use, words),
    )


def _expiry(assessment: Assessment, use: WaiverUse, words: Words) -> str:
    expires = use.waiver.expires
    if expires is None:
        return words.label("report.waiver.no-expiry")
    left = (expires - assessment.as_of).days
    said = (
        words.label("report.waiver.left", count=left) if left >= 0 else words.label("report.waiver.lapsed", count=-left)
    )
    return f"{expires.isoformat()} ({said})"


def _open(assessment: Assessment, finding: Finding, words: Words) -> OpenRow:
    return OpenRow(
        rule=words.fact(finding.id),
        title=words.say(finding.control.title),
        mark=MARKS[finding.verdict],
        verdict=words.verdict(finding.verdict),
        reason=words.say(finding.reason),
        remedy=_remedy(assessment, finding, words),
    )


def _remedy(assessment: Assessment, finding: Finding, words: Words) -> str:
    observation = assessment.observation(finding.observation)
    if finding.verdict is Verdict.ERROR or (observation is not None and isinstance(observation.outcome, Crashed)):
        return words.label("report.remedy.crash")
    if finding.rule.check is None:
        return words.label("report.remedy.person")
    missing = _within(finding.reason, "extra.missing", _NEST)
    if missing is not None:
        return words.label("report.remedy.extra", extra=words.fact(missing.args.get("extra", "all")))
    if (
        finding.verdict is Verdict.NOT_ASSESSED
        and observation is not None
        and isinstance(observation.outcome, Measured)
    ):
        return words.label("report.remedy.not-measured")
    return words.label("report.remedy.input", check=words.fact(finding.rule.check))


def _within(message: Message, id_: str, depth: int) -> Message | None:
    if message.id == id_:
        return message
    nested = [value for value in message.args.values() if isinstance(value, Message)] if depth else []
    return next((found for found in (_within(item, id_, depth - 1) for item in nested) if found), None)
