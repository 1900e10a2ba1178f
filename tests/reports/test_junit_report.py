"""JUnit XML as CI servers read it."""

from __future__ import annotations

import dataclasses
import re

from assessments import HOSTILE, assessments
from hypothesis import given, settings
from junitparser import Error, Failure, JUnitXml, Skipped

from aigov import Verdict
from aigov_reports import JUNIT

REPORTS = settings.get_profile("reports")
OUTSIDE_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cases_of(assessment):
    suites = JUnitXml.fromstring(JUNIT.render(assessment, "en"))
    return {f"{case.classname} {case.name}": case for suite in suites for case in suite}


@settings(REPORTS)
@given(assessments)
def test_every_assessment_gives_xml_with_a_case_a_finding(assessment):
    rendered = JUNIT.render(assessment, "zh-CN")
    assert not OUTSIDE_XML.search(rendered.decode())
    suites = JUnitXml.fromstring(rendered)
    assert sum(len(list(suite)) for suite in suites) == len(assessment.findings)
    assert rendered == JUNIT.render(assessment, "zh-CN")


@settings(REPORTS)
@given(assessments)
def test_only_a_pass_counts_as_passed(assessment):
    suites = JUnitXml.fromstring(JUNIT.render(assessment, "en"))
    passed = sum(case.is_passed for suite in suites for case in suite)
    assert passed == sum(f.verdict is Verdict.PASS and not f.waived for f in assessment.findings)
    counted = int(suites.tests) - int(suites.failures) - int(suites.errors) - int(suites.skipped)
    assert counted == passed


def test_each_verdict_becomes_its_element(sample_assessment):
    cases = cases_of(sample_assessment)
    elements = {name: [type(result) for result in case.result] for name, case in cases.items()}
    assert elements == {
        "cn-ai-manufacturing-2026.s7-training-data no-pii": [Failure],
        "cn-ai-manufacturing-2026.s7-adversarial robust-at-sensor-accuracy": [Skipped],
        "cn-ai-manufacturing-2026.s7-people informed": [Skipped],
        "baseline.claims accuracy-claim": [Failure],
        "baseline.integrity signed": [],
        "baseline.loading no-code": [],
        "baseline.loading no-code-twice": [Skipped],
        "baseline.secrets no-secrets": [Error],
        "baseline.public notice": [Skipped],
        "baseline.accuracy accuracy": [Skipped],
    }


def test_a_failure_says_the_sentence_and_what_to_do(sample_assessment):
    case = cases_of(sample_assessment)["cn-ai-manufacturing-2026.s7-training-data no-pii"]
    assert case.result[0].message.startswith("38 records of 120,000 hold personal data")
    assert "severity: high" in case.result[0].text
    assert "aigov redact data/maintenance-log" in case.result[0].text
    assert case.system_out.startswith("38 records of 120,000")
    assert case.time == 12.5


def test_a_waived_fail_is_neither_passed_nor_failed_and_names_its_waiver(sample_assessment):
    rendered = JUNIT.render(sample_assessment, "en").decode()
    assert '<property name="waived" value="W-1" />' in rendered
    assert "waived: W-1" in rendered


def test_hostile_names_stay_text(sample_assessment):
    for payload in HOSTILE:
        subject = dataclasses.replace(sample_assessment.subject, name=payload)
        rendered = JUNIT.render(dataclasses.replace(sample_assessment, subject=subject), "en")
        assert len(list(JUnitXml.fromstring(rendered))) == 2
        assert b"<script" not in rendered
