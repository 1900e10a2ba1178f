"""Policy rules as SARIF reporting descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import Assessment, Finding, Json, Severity

if TYPE_CHECKING:
    from aigov.model import CheckSummary, Mapping
    from aigov_reports.words import Words

LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SCORES = {
    Severity.INFO: "0.0",
    Severity.LOW: "2.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""`security-severity` of GitHub: within its bands low < 4, medium < 7, high < 9, critical."""

_RELATIONS = {"equal": "equal", "superset": "superset", "subset": "subset"}
_HELP_SECTIONS = ("what", "why", "how", "limits")


def rules(assessment: Assessment, words: Words) -> Json:
    """Return one descriptor a planned rule, in the order of the findings."""
    checks = {check.id: check for check in assessment.checks}
    return [_descriptor(finding, checks.get(finding.rule.check or ""), words) for finding in distinct(assessment)]


def distinct(assessment: Assessment) -> tuple[Finding, ...]:
    """Return the first finding of each id."""
    first: dict[str, Finding] = {}
    for finding in assessment.findings:
        first.setdefault(finding.id, finding)
    return tuple(first.values())


def translation(assessment: Assessment, words: Words) -> Json:
    """Return the titles of the rules in the other language, as a SARIF translation component."""
    return {
        "name": "aigov",
        "language": words.lang,
        "contents": ["localizedData"],
        "isComprehensive": False,
        "rules": [
            {"id": words.fact(finding.id), "shortDescription": {"text": _short(finding, words)}}
            for finding in distinct(assessment)
        ],
    }


def _descriptor(finding: Finding, check: CheckSummary | None, words: Words) -> Json:
    control, rule = finding.control, finding.rule
    citation = f"{control.citation.ref} ({control.citation.verified.value}, {control.citation.checked.isoformat()})"
    return {
        "id": words.fact(finding.id),
        "name": words.fact(rule.id),
        "shortDescription": {"text": _short(finding, words)},
        "fullDescription": {"text": words.fact(f"{_short(finding, words)} · {citation}")},
        "help": {"text": _help(finding, check, words)},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "relationships": [_relationship(mapping, words) for mapping in dict.fromkeys(control.maps_to)],
        "properties": {
            "severity": finding.severity.word,
            "security-severity": _SCORES[finding.severity],
            "tags": list(dict.fromkeys(["security", words.fact(finding.policy)])),
            "check": words.fact(rule.check or ""),
            "covers": rule.covers.value,
            "citation": words.fact(citation),
        },
    }


def _short(finding: Finding, words: Words) -> str:
    return words.say(finding.control.title) or words.fact(finding.id)


def _relationship(mapping: Mapping, words: Words) -> Json:
    target = {"id": words.fact(mapping.id), "toolComponent": {"name": words.fact(mapping.framework)}}
    return {"target": target, "kinds": [_RELATIONS.get(mapping.relation, "relevant")]}


def _help(finding: Finding, check: CheckSummary | None, words: Words) -> str:
    parts = []
    if finding.rule.remediation is not None:
        parts.append(words.label("report.sarif.do", what=words.say(finding.rule.remediation)))
    if finding.rule.question is not None:
        parts.append(words.say(finding.rule.question))
    if check is not None:
        parts.append(words.check_title(check.id, check.title))
        parts += [words.fact(words.check_doc(check.id, name, check.doc.get(name, ""))) for name in _HELP_SECTIONS]
    return "\n\n".join(part for part in parts if part) or _short(finding, words)
