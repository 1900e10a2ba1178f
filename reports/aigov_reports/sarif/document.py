"""One SARIF run of one assessment."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from aigov import Assessment, Json, Reporter
from aigov.model import Crashed, Verdict
from aigov_reports.json_report import to_json
from aigov_reports.sarif.places import SUBJECT_ROOT, artifacts
from aigov_reports.sarif.results import results
from aigov_reports.sarif.rules import rules, translation
from aigov_reports.sarif.taxonomies import taxonomies
from aigov_reports.words import Words

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(assessment: Assessment, lang: str) -> bytes:
    """Return a SARIF 2.1.0 log with one run: a rule a policy rule, a result a finding or a place where it failed."""
    words = Words.of(lang)
    listed, hidden = results(assessment, words)
    run = {
        "tool": {"driver": _driver(assessment, words)},
        "automationDetails": {"id": f"aigov/{quote(words.fact(assessment.subject.name), safe='')}/"},
        "language": words.lang,
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {SUBJECT_ROOT: {"description": {"text": words.label("report.sarif.root")}}},
        "invocations": [_invocation(assessment, hidden, words)],
        "artifacts": artifacts(assessment, words),
        "taxonomies": taxonomies(assessment, words),
        "translations": [translation(assessment, Words.of(words.other))],
        "results": listed,
        "properties": _properties(assessment, words),
    }
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _driver(assessment: Assessment, words: Words) -> Json:
    packs = sorted({(check.distribution, check.distribution_version) for check in assessment.checks})
    return {
        "name": "aigov",
        "version": words.fact(assessment.run.aigov_version),
        "language": words.lang,
        "rules": rules(assessment, words),
        "supportedTaxonomies": [
            {"name": item["name"], "index": i} for i, item in enumerate(taxonomies(assessment, words))
        ],
        "properties": {"packs": [words.fact(f"{name} {version}") for name, version in packs]},
    }


def _invocation(assessment: Assessment, hidden: int, words: Words) -> Json:
    crashed = [o for o in assessment.observations if isinstance(o.outcome, Crashed)]
    broken = bool(crashed) or any(finding.verdict is Verdict.ERROR for finding in assessment.findings)
    notes = [
        _notification("error", f"{o.check}: {o.outcome.error}", words)
        for o in crashed
        if isinstance(o.outcome, Crashed)
    ]
    if hidden:
        notes.append(_notification("warning", words.label("report.sarif.cut", count=hidden), words))
    return {
        "executionSuccessful": not broken,
        "startTimeUtc": _utc(assessment.run.started),
        "endTimeUtc": _utc(assessment.run.ended),
        "toolExecutionNotifications": notes,
    }


def _notification(level: str, text: str, words: Words) -> Json:
    return {"level": level, "message": {"text": words.fact(text)}}


def _properties(assessment: Assessment, words: Words) -> Json:
    return {
        "subject": words.fact(assessment.subject.name),
        "subjectVersion": words.fact(assessment.subject.version),
        "asOf": assessment.as_of.isoformat(),
        "conclusion": assessment.conclusion.value,
    }


def _utc(moment: datetime) -> str:
    """Return a time in UTC; one without a zone is taken as UTC, one at the edge of the calendar as it stands."""
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:
        moment = moment.replace(tzinfo=UTC)
    return moment.replace(tzinfo=None, microsecond=0).isoformat() + "Z"


SARIF = Reporter("sarif", "SARIF 2.1.0", "application/sarif+json", "results.sarif", render_sarif)
