"""SARIF against the official schema, and against what code-scanning services expect."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import jsonschema
import pytest
from assessments import HOSTILE, assessments
from hypothesis import given, settings

from aigov import Location, Verdict, msg
from aigov_reports import SARIF
from aigov_reports.limits import SARIF_RESULTS

REPORTS = settings.get_profile("reports")
SCHEMA = json.loads((Path(__file__).parent / "vendor" / "sarif-schema-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def run_of(assessment, lang="en"):
    return json.loads(SARIF.render(assessment, lang))["runs"][0]


def results_of(assessment, rule):
    return [result for result in run_of(assessment)["results"] if result["ruleId"].endswith(rule)]


@settings(REPORTS)
@given(assessments)
def test_every_assessment_gives_sarif_that_the_official_schema_accepts(assessment):
    for lang in ("en", "zh-CN"):
        document = json.loads(SARIF.render(assessment, lang))
        assert not [error.message[:300] for error in VALIDATOR.iter_errors(document)]


@settings(REPORTS)
@given(assessments)
def test_every_finding_has_a_result_and_its_rule(assessment):
    run = run_of(assessment)
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) >= len(assessment.findings)
    assert all(ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert SARIF.render(assessment, "en") == SARIF.render(assessment, "en")


@settings(REPORTS)
@given(assessments)
def test_every_uri_is_relative_and_percent_encoded(assessment):
    uris = re.findall(r'"uri": "([^"]*)"', SARIF.render(assessment, "en").decode())
    assert all(re.fullmatch(r"[\w.~%-][\w.~/%-]*", uri, re.ASCII) for uri in uris)


def test_the_sample_is_valid_and_says_what_each_verdict_is(sample_assessment):
    run = run_of(sample_assessment)
    kinds = {result["properties"]["verdict"]: (result["kind"], result["level"]) for result in run["results"]}
    assert kinds == {
        "pass": ("pass", "none"),
        "fail": ("fail", "error"),
        "inconclusive": ("open", "none"),
        "review": ("review", "none"),
        "not-assessed": ("review", "none"),
        "not-applicable": ("notApplicable", "none"),
        "error": ("open", "none"),
    }


def test_a_crash_makes_the_run_unsuccessful_and_is_notified(sample_assessment):
    invocation = run_of(sample_assessment)["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "data.secrets: ValueError" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_occurrences_are_gathered_by_file_type_and_field(sample_assessment):
    found = results_of(sample_assessment, "no-pii")
    assert len(found) == 4
    assert sum(result["occurrenceCount"] for result in found) == 38
    place = found[0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "data/maintenance-log/2025.jsonl"
    assert place["physicalLocation"]["region"] == {"startLine": 18}
    assert place["logicalLocations"][0]["name"] == "/operator"
    assert {result["level"] for result in found} == {"error"}


def test_fingerprints_do_not_change_with_counts_and_lines(sample_assessment):
    before = [result["partialFingerprints"] for result in results_of(sample_assessment, "no-pii")]
    pii = sample_assessment.observations[0]
    moved = tuple(
        dataclasses.replace(o, location=dataclasses.replace(o.location, line=o.location.line + 7))
        for o in pii.outcome.occurrences
    )
    fewer = dataclasses.replace(pii, outcome=dataclasses.replace(pii.outcome, occurrences=moved[:20]))
    after = dataclasses.replace(sample_assessment, observations=(fewer, *sample_assessment.observations[1:]))
    assert [result["partialFingerprints"] for result in results_of(after, "no-pii")] == before
    assert len({str(fingerprint) for fingerprint in before}) == 4


def test_a_waived_fail_stays_a_fail_and_is_suppressed_with_its_justification(sample_assessment):
    (waived,) = results_of(sample_assessment, "/accuracy")
    assert waived["kind"] == "fail"
    assert waived["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "Retraining is under way."}
    ]
    assert sum("suppressions" in result for result in run_of(sample_assessment)["results"]) == 1


def test_policies_and_frameworks_are_taxonomies(sample_assessment):
    run = run_of(sample_assessment)
    taxa = {taxonomy["name"]: [taxon["id"] for taxon in taxonomy["taxa"]] for taxonomy in run["taxonomies"]}
    assert taxa["mitre-atlas@5.6.0"] == ["AML.M0003"]
    assert "s7-training-data" in taxa["cn-ai-manufacturing-2026"]
    rule = next(rule for rule in run["tool"]["driver"]["rules"] if rule["name"] == "robust-at-sensor-accuracy")
    assert rule["relationships"][0]["target"] == {"id": "AML.M0003", "toolComponent": {"name": "mitre-atlas@5.6.0"}}
    assert rule["properties"]["security-severity"] == "8.0"


def test_the_other_language_travels_as_a_translation(sample_assessment):
    (translation,) = run_of(sample_assessment)["translations"]
    assert translation["language"] == "zh-CN"
    assert translation["rules"][0]["shortDescription"]["text"] == "训练数据保护"


def test_results_beyond_the_limit_are_cut_with_a_notice_and_every_rule_kept(sample_assessment):
    pii = sample_assessment.observations[0]
    first = pii.outcome.occurrences[0]
    many = tuple(
        dataclasses.replace(first, location=Location(f"data/{i}.csv", line=1)) for i in range(SARIF_RESULTS + 100)
    )
    flood = dataclasses.replace(pii, outcome=dataclasses.replace(pii.outcome, occurrences=many))
    run = run_of(dataclasses.replace(sample_assessment, observations=(flood, *sample_assessment.observations[1:])))
    assert len(run["results"]) == SARIF_RESULTS
    assert len({result["ruleId"] for result in run["results"]}) == len(sample_assessment.findings)
    assert "109 further results" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_paths_give_valid_sarif(sample_assessment, payload):
    pii = sample_assessment.observations[0]
    where = Location(payload, line=0, pointer=payload, byte_start=5, byte_end=2)
    hit = dataclasses.replace(pii.outcome.occurrences[0], location=where, message=msg(payload))
    hostile = dataclasses.replace(pii, outcome=dataclasses.replace(pii.outcome, occurrences=(hit,)))
    assessment = dataclasses.replace(sample_assessment, observations=(hostile, *sample_assessment.observations[1:]))
    assert not list(VALIDATOR.iter_errors(json.loads(SARIF.render(assessment, "en"))))
    assert sample_assessment.findings[0].verdict is Verdict.FAIL
