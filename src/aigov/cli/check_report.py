"""One observation as an assessment of one rule, so that any reporter can render it; ADR 24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov.i18n import FrozenMap, Text, msg, say
from aigov.model import (
    Assessment,
    Citation,
    Control,
    Covers,
    Crashed,
    Finding,
    Measured,
    NotPerformed,
    Observation,
    Policy,
    Rule,
    Severity,
    Status,
    Subject,
    Verdict,
    Verification,
)

if TYPE_CHECKING:
    from datetime import datetime

    from aigov.i18n import Message
    from aigov.registry import Installed

_POLICY = "aigov-check"


def as_assessment(
    subject: Subject, observation: Observation, installed: Installed, began: datetime, engine: str
) -> Assessment:
    """Return the assessment of the one rule that nothing is found and everything is looked at."""
    from aigov.summaries import check_summary, policy_summary, run_summary, subject_summary  # start-up time

    check = installed.check
    text = _title(check.id, check.title)
    rule = Rule("nothing-found", check.id, observation.parameters, covers=Covers.FULL)
    citation = Citation("aigov check", Verification.PRIMARY, began.date())
    control = Control(check.id, text, citation, Severity.HIGH, (rule,))
    policy = Policy(_POLICY, str(check.version), text, "in-force", "", (control,))
    verdict, reason = _judged(observation)
    return Assessment(
        subject=subject_summary(subject),
        as_of=began.date(),
        policies=(policy_summary(policy, subject),),
        findings=(Finding(_POLICY, control, rule, verdict, reason, observation.key),),
        observations=(observation,),
        checks=(check_summary(installed),),
        waivers=(),
        run=run_summary(began, FrozenMap(), engine),
    )


def _title(id_: str, title: str) -> Text:
    """Return the title of a check in both languages; a third party may have no catalogue."""
    named = msg(f"check.{id_}.title")
    words = [say(named, lang) for lang in ("en", "zh-CN")]
    return Text(*(title if word == named.id else word for word in words))


def found_something(measured: Measured) -> bool:
    """Whether there is an occurrence or a file that is more than not looked at."""
    found = any(occurrence.category.get("status") != Status.NOT_COVERED for occurrence in measured.occurrences)
    return found or any(artifact.status in {Status.UNSAFE, Status.SUSPICIOUS} for artifact in measured.artifacts)


def left_something_out(measured: Measured) -> bool:
    """Whether a file was not looked at, or not whole."""
    return any(artifact.status is Status.NOT_COVERED for artifact in measured.artifacts)


def _judged(observation: Observation) -> tuple[Verdict, Message]:
    match observation.outcome:
        case NotPerformed(reason):
            return Verdict.NOT_ASSESSED, reason
        case Crashed(error):
            return Verdict.ERROR, msg("check.report.crashed", check=observation.check, error=error)
        case Measured() as measured:
            files = len(measured.artifacts)
            if found_something(measured):
                return Verdict.FAIL, msg("check.report.found", count=len(measured.occurrences), files=files)
            if left_something_out(measured):
                return Verdict.NOT_ASSESSED, msg("check.report.not-covered", files=files)
            return Verdict.PASS, msg("check.report.nothing", files=files)
