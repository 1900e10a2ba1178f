"""The findings as JUnit XML: a suite a policy, a case a rule, for the test views of CI servers."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from aigov import Assessment, Reporter
from aigov.model import Finding, PolicySummary, Verdict
from aigov_reports.text import one_line
from aigov_reports.words import Words

_CHILD = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.INCONCLUSIVE: "skipped",
    Verdict.REVIEW: "skipped",
    Verdict.NOT_ASSESSED: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
}


def render_junit(assessment: Assessment, lang: str) -> bytes:
    """Return JUnit XML.

    A fail is a `failure`; one with an active waiver is `skipped` and has the property `waived`. What was not
    decided is `skipped`, a crash is an `error`; nothing but a pass counts as passed.
    """
    words = Words.of(lang)
    root = Element("testsuites", {"name": words.fact(f"aigov {assessment.subject.name} {assessment.subject.version}")})
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for policy, title in _policies(assessment):
        suite = _suite(assessment, policy, title, words)
        root.append(suite)
        totals = {name: count + int(suite.get(name, "0")) for name, count in totals.items()}
    root.attrib.update({name: str(count) for name, count in totals.items()})
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _policies(assessment: Assessment) -> tuple[tuple[str, PolicySummary | None], ...]:
    known: dict[str, PolicySummary | None] = {policy.id: policy for policy in assessment.policies}
    for finding in assessment.findings:
        known.setdefault(finding.policy, None)
    return tuple(known.items())


def _suite(assessment: Assessment, policy: str, summary: PolicySummary | None, words: Words) -> Element:
    findings = [finding for finding in assessment.findings if finding.policy == policy]
    suite = Element("testsuite", {"name": words.fact(policy), "timestamp": _time(assessment)})
    properties = {
        "subject": assessment.subject.name,
        "subject.version": assessment.subject.version,
        "as_of": assessment.as_of.isoformat(),
        "conclusion": assessment.conclusion.value,
        "aigov.version": assessment.run.aigov_version,
    }
    if summary is not None:
        edition = {"edition": summary.edition, "title": words.say(summary.title), "sha256": summary.sha256}
        properties |= {**edition, "applicable": str(summary.applicable).lower(), "reason": words.say(summary.reason)}
    _properties(suite, properties, words)
    cases = [_case(assessment, finding, words) for finding in findings]
    suite.extend(cases)
    children = [child.tag for case in cases for child in case]
    counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.attrib.update({"tests": str(len(cases)), **{name: str(children.count(tag)) for name, tag in counts.items()}})
    return suite


def _case(assessment: Assessment, finding: Finding, words: Words) -> Element:
    sentence = words.say(finding.reason)
    case = Element(
        "testcase",
        {
            "classname": words.fact(f"{finding.policy}.{finding.control.id}"),
            "name": words.fact(finding.rule.id),
            "time": _seconds(assessment, finding),
        },
    )
    properties = {
        "verdict": finding.verdict.value,
        "severity": finding.severity.word,
        "control": words.say(finding.control.title),
        "check": finding.rule.check or "",
        "covers": finding.rule.covers.value,
        "citation": finding.control.citation.ref,
    }
    if finding.waiver is not None:
        properties["waived"] = finding.waiver
    _properties(case, properties, words)
    tag = "skipped" if finding.waived else _CHILD.get(finding.verdict)
    if tag is not None:
        outcome = SubElement(case, tag, {"message": one_line(sentence, words.lang), "type": finding.verdict.value})
        outcome.text = _advice(finding, words)
    SubElement(case, "system-out").text = sentence
    return case


def _advice(finding: Finding, words: Words) -> str:
    lines = [words.label("report.junit.severity", severity=words.severity(finding.severity))]
    if finding.rule.remediation is not None:
        lines.append(words.label("report.junit.do", what=words.say(finding.rule.remediation)))
    if finding.waiver is not None:
        lines.append(words.label("report.junit.waived", waiver=words.fact(finding.waiver)))
    return "\n".join(lines)


def _properties(parent: Element, properties: dict[str, str], words: Words) -> None:
    holder = SubElement(parent, "properties")
    for name, value in properties.items():
        SubElement(holder, "property", {"name": name, "value": one_line(value, words.lang)})


def _seconds(assessment: Assessment, finding: Finding) -> str:
    spent = assessment.run.seconds.get(finding.observation or "", 0.0)
    return f"{spent:.3f}" if math.isfinite(spent) and 0 <= spent < 1e9 else "0.000"  # noqa: PLR2004  # thirty years


def _time(assessment: Assessment) -> str:
    return assessment.run.started.replace(microsecond=0, tzinfo=None).isoformat()


JUNIT = Reporter("junit", "JUnit XML", "application/xml", "junit.xml", render_junit)
