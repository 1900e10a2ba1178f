"""Findings as SARIF results: one a finding, or for a fail one a place where it failed."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING

from aigov import Assessment, Finding, Json, Verdict
from aigov_reports.limits import SARIF_RESULTS
from aigov_reports.places import Group, grouped, measured_of
from aigov_reports.sarif.places import file_location, sarif_location
from aigov_reports.sarif.rules import LEVELS, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.model import WaiverUse
    from aigov_reports.words import Words

KINDS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "fail",
    Verdict.INCONCLUSIVE: "open",
    Verdict.ERROR: "open",
    Verdict.REVIEW: "review",
    Verdict.NOT_ASSESSED: "review",
    Verdict.NOT_APPLICABLE: "notApplicable",
}
_RELATED = 10


def results(assessment: Assessment, words: Words) -> tuple[list[Json], int]:
    """Return at most `SARIF_RESULTS` results and how many were left out.

    Every finding keeps at least one result; only further places are cut, so long as the findings fit.
    """
    index = {finding.id: i for i, finding in enumerate(distinct(assessment))}
    streams = [_results(assessment, finding, index[finding.id], words) for finding in assessment.findings]
    kept = list(islice((next(stream) for stream in streams), SARIF_RESULTS))
    counts = [max(1, len(_groups(assessment, finding))) for finding in assessment.findings]
    for stream in streams:
        kept.extend(islice(stream, SARIF_RESULTS - len(kept)))
    return kept, sum(counts) - len(kept)


def _groups(assessment: Assessment, finding: Finding) -> tuple[Group, ...]:
    measured = measured_of(assessment, finding)
    if finding.verdict is not Verdict.FAIL or measured is None:
        return ()
    return grouped(measured.occurrences)


def _results(assessment: Assessment, finding: Finding, rule: int, words: Words) -> Iterator[Json]:
    common = {
        "ruleId": words.fact(finding.id),
        "ruleIndex": rule,
        "kind": KINDS[finding.verdict],
        "level": LEVELS[finding.severity] if finding.verdict is Verdict.FAIL else "none",
        **_suppressions(assessment, finding, words),
        "properties": {"verdict": finding.verdict.value, "severity": finding.severity.word},
    }
    groups = _groups(assessment, finding)
    if not groups:
        yield common | {
            "message": {"text": words.say(finding.reason) or finding.verdict.value},
            "locations": _input_locations(assessment, finding),
            "partialFingerprints": _fingerprint(finding, "", "", ""),
        }
    for group in groups:
        yield common | _at(finding, group, words)


def _at(finding: Finding, group: Group, words: Words) -> dict[str, Json]:
    first, *more = group.occurrences
    sentence = words.say(first.message) or words.occurrence_type(group.type)
    text = words.label(
        "report.sarif.at", what=sentence, count=len(group.occurrences), finding=words.say(finding.reason)
    )
    return {
        "message": {"text": text},
        "locations": [location for location in [sarif_location(first.location, words)] if location],
        "relatedLocations": [
            {"id": i, **sarif_location(occurrence.location, words)} for i, occurrence in enumerate(more[:_RELATED], 1)
        ],
        "occurrenceCount": len(group.occurrences),
        "partialFingerprints": _fingerprint(finding, group.path, group.type, group.pointer or ""),
    }


def _input_locations(assessment: Assessment, finding: Finding) -> list[Json]:
    observation = assessment.observation(finding.observation)
    paths = islice(observation.inputs, _RELATED) if observation is not None else ()
    return [location for location in map(file_location, paths) if location]


def _fingerprint(finding: Finding, path: str, type_: str, pointer: str) -> dict[str, str]:
    """Return an identity without counts, lines and times, so that an alert stays the same alert."""
    parts = f"{finding.id}\0{path}\0{type_}\0{pointer}".encode("utf-8", "backslashreplace")
    return {"aigovPlace/v1": hashlib.sha256(parts).hexdigest()}


def _suppressions(assessment: Assessment, finding: Finding, words: Words) -> dict[str, Json]:
    if not finding.waived:
        return {}
    found = _waiver(assessment, finding)
    reason = words.fact(found.waiver.justification) if found is not None else words.fact(finding.waiver)
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": reason}]}


def _waiver(assessment: Assessment, finding: Finding) -> WaiverUse | None:
    return next((use for use in assessment.waivers if use.waiver.id == finding.waiver), None)
