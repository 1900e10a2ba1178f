"""The example, end to end: conformant as it is, blocked for exactly the planted faults, and honest about what is gone."""

from __future__ import annotations

import json
import shutil

import pytest

PLANTED = {
    "baseline/b2-safe-format",
    "baseline/b3-signed",
    "cn-ai-manufacturing-2026/s7-training-data",
    "cn-ai-manufacturing-2026/s7-adversarial",
    "cn-ai-manufacturing-2026/s7-transparency",
}


def verdicts(done) -> dict[str, str]:
    """Return policy/control to verdict; every control of the shipped policies has one rule."""
    found = json.loads(done.out)["findings"]
    return {f"{finding['policy']}/{finding['control']['id']}": finding["verdict"] for finding in found}


def having(found: dict[str, str], verdict: str) -> set[str]:
    return {rule for rule, its in found.items() if its == verdict}


@pytest.fixture(scope="module")
def conformant(built):
    """The verdicts of the undamaged example, measured once."""
    import os
    import subprocess
    import sys

    command = [sys.executable, "-m", "aigov", "audit", str(built / "bearing-fault"), "--format", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "AIGOV_LANG": "en"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_example_is_conformant(conformant):
    assert conformant["conclusion"] == "conformant"
    assert {finding["verdict"] for finding in conformant["findings"]} == {"pass", "not-applicable"}


@pytest.mark.slow
def test_the_planted_project_fails_for_exactly_the_planted_reasons(aigov, built, tmp_path):
    formats = ("--format", "html", "--format", "json", "--format", "sarif", "--format", "junit")
    done = aigov("audit", built / "bearing-fault-planted", *formats, "--output", tmp_path / "out")
    assert done.code == 1, done.err
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert len(names) == 6
    assert len([name for name in names if name.startswith("evidence/data.pii-")]) == 1
    assert len([name for name in names if name.startswith("evidence/model.robustness-")]) == 1
    assessment = json.loads((tmp_path / "out/assessment.json").read_text(encoding="utf-8"))
    failed = {f"{f['policy']}/{f['control']['id']}" for f in assessment["findings"] if f["verdict"] == "fail"}
    assert failed == PLANTED
    assert {f["verdict"] for f in assessment["findings"]} == {"fail", "pass", "not-applicable"}


@pytest.mark.slow
def test_no_planted_value_is_in_any_report(aigov, built, tmp_path):
    import re

    log = (built / "bearing-fault-planted/data/maintenance-log/2025.jsonl").read_text(encoding="utf-8")
    personal = set(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)", log))
    personal -= set(
        re.findall(
            r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)",
            (built / "bearing-fault/data/maintenance-log/2025.jsonl").read_text(encoding="utf-8"),
        )
    )
    assert personal, "the example plants mobile numbers and resident IDs"
    policy = ("--policy", "cn-ai-manufacturing-2026")
    formats = ("--format", "html", "--format", "json", "--format", "sarif", "--format", "junit")
    aigov("audit", built / "bearing-fault-planted", *policy, *formats, "--output", tmp_path / "out")
    for report in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = report.read_bytes()
        assert not [value for value in personal if value.encode() in content], report.name


ROBUSTNESS = "cn-ai-manufacturing-2026/s7-adversarial"
CLAIMS = "cn-ai-manufacturing-2026/s7-transparency"
PII = "cn-ai-manufacturing-2026/s7-training-data"
SECRETS = "baseline/b1-no-secrets"
FORMAT, SIGNED = "baseline/b2-safe-format", "baseline/b3-signed"
RECORD = {
    "baseline/b4-record",
    "cn-ai-manufacturing-2026/s7-data-management",
    "cn-ai-manufacturing-2026/s7-governance",
    CLAIMS,
}


def remove_model(project):
    (project / "model/classifier.onnx").unlink()


def remove_test_data(project):
    (project / "data/eval.npz").unlink()


def remove_log(project):
    shutil.rmtree(project / "data/maintenance-log")


def remove_record(project):
    (project / "transparency-record.yaml").unlink()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        (remove_model, {FORMAT, SIGNED, ROBUSTNESS, CLAIMS}),
        (remove_test_data, {SECRETS, PII, ROBUSTNESS, CLAIMS}),
        (remove_log, {SECRETS, PII, CLAIMS}),
        (remove_record, RECORD),
    ],
    ids=["model", "test data", "log", "record"],
)
def test_what_is_removed_is_not_assessed_and_nothing_else_changes(aigov, example, conformant, remove, expected):
    before = {f"{f['policy']}/{f['control']['id']}": f["verdict"] for f in conformant["findings"]}
    remove(example)
    done = aigov("audit", example, "--format", "json", "--quiet")
    after = verdicts(done)
    assert having(after, "not-assessed") == expected
    assert {rule: verdict for rule, verdict in after.items() if rule not in expected} == {
        rule: verdict for rule, verdict in before.items() if rule not in expected
    }
    assert done.code == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("without", "expected", "line"),
    [
        (("presidio_analyzer", "hyperscan", "pyarrow"), {SECRETS, PII, CLAIMS}, 'pip install "aigov[pii]"'),
        (("art", "sklearn", "onnx", "onnxruntime", "skops"), {ROBUSTNESS, CLAIMS}, 'pip install "aigov[robustness]"'),
    ],
    ids=["pii", "robustness"],
)
def test_a_missing_extra_is_not_assessed_with_its_install_line(aigov, example, without, expected, line):
    done = aigov("audit", example, "--format", "json", without=without)
    assert having(verdicts(done), "not-assessed") == expected
    assert line in done.err
    assert done.code == 3


@pytest.mark.slow
def test_without_torch_the_gradient_stages_are_said_to_be_missing(aigov, example):
    done = aigov("audit", example, "--policy", "cn-ai-manufacturing-2026", "--format", "json", without=("torch",))
    observations = json.loads(done.out)["observations"]
    robustness = next(o for o in observations if o["check"] == "model.robustness")
    assert "torch" in json.dumps(robustness["outcome"].get("notes", "")) + json.dumps(
        robustness["outcome"].get("reason", "")
    )
