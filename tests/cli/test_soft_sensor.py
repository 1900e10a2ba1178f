"""The soft-sensor example, end to end: conformant, exact, and without XGBoost at the audit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The project, built elsewhere."""
    folder = tmp_path_factory.mktemp("examples")
    command = [sys.executable, str(ROOT / "examples/soft-sensor/build.py"), "--output", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "soft-sensor"


@pytest.mark.slow
def test_the_soft_sensor_is_conformant_and_answered_exactly_without_xgboost(aigov, project):
    done = aigov("audit", project, "--format", "json", without=("xgboost", "lightgbm", "torch"))
    assert done.code == 0, done.err
    assessment = json.loads(done.out)
    assert assessment["conclusion"] == "conformant"
    assert {finding["verdict"] for finding in assessment["findings"]} == {"pass", "not-applicable"}
    found = next(o for o in assessment["observations"] if o["check"] == "model.robustness")["outcome"]
    assert found["facts"]["exact"] == "milp"
    assert found["facts"]["output_unit"] == "mol %"
    measured = found["measurements"]
    assert measured["undecided"]["value"] == 0
    assert measured["robust_accuracy"]["value"] == measured["certified_accuracy"]["value"] > 0.8
    assert measured["worst_error"]["value"] > measured["worst_error[budget=0]"]["value"] > measured["rmse"]["value"]


@pytest.mark.slow
def test_an_error_that_the_record_understates_is_contradicted(aigov, project, tmp_path):
    copy = Path(shutil.copytree(project, tmp_path / "soft-sensor"))
    record = (copy / "transparency-record.yaml").read_text("utf-8")
    shown = re.sub(r"name: rmse, value: [\d.]+", "name: rmse, value: 0.05", record)
    (copy / "transparency-record.yaml").write_text(shown, "utf-8")
    done = aigov("audit", copy, "--policy", "cn-ai-manufacturing-2026", "--format", "json")
    verdicts = {f["rule"]["id"]: f["verdict"] for f in json.loads(done.out)["findings"]}
    assert verdicts["no-claim-is-contradicted"] == "fail"
    assert {verdict for rule, verdict in verdicts.items() if rule != "no-claim-is-contradicted"} <= {
        "pass",
        "not-applicable",
    }


@pytest.mark.slow
def test_a_soft_sensor_without_a_tolerance_is_not_assessed(aigov, project, tmp_path):
    copy = Path(shutil.copytree(project, tmp_path / "soft-sensor"))
    manifest = (copy / "aigov.yaml").read_text("utf-8")
    (copy / "aigov.yaml").write_text(manifest.replace(", tolerance: 0.5}", "}"), "utf-8")
    done = aigov("check", "model.robustness", copy, "-p", "budget=sensor-accuracy", "--format", "json")
    assert json.loads(done.out)["outcome"] == "not-performed"
    assert "declare the error that the process bears" in done.out + done.err
    assert done.code == 3


@pytest.mark.slow
def test_building_again_does_nothing(project):
    command = [sys.executable, str(ROOT / "examples/soft-sensor/build.py"), "--output", str(project.parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("up to date")
