"""The inspection example, end to end: conformant as it is, blocked for exactly the planted faults, and with a picture."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

PLANTED = {
    "line-5-inspection/l1-training-data",
    "line-5-inspection/l2-honest-robustness",
    "cn-ai-manufacturing-2026/s7-adversarial",
    "cn-ai-manufacturing-2026/s7-transparency",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def inspection(root_of_examples):
    """The folder that holds both projects, built unless they are there."""
    script = root_of_examples / "visual-inspection/build.py"
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True)
    return root_of_examples


@pytest.fixture(scope="module")
def root_of_examples():
    from pathlib import Path

    return Path(__file__).parents[2] / "examples"


def audited(aigov, project, out):
    done = aigov("audit", project, "--format", "html", "--format", "json", "--output", out)
    return done, json.loads((out / "assessment.json").read_text(encoding="utf-8"))


def outcome(assessment, check):
    return next(seen["outcome"] for seen in assessment["observations"] if seen["check"] == check)


def failed(assessment):
    return {f"{f['policy']}/{f['control']['id']}" for f in assessment["findings"] if f["verdict"] == "fail"}


def test_the_inspector_is_conformant_and_its_report_shows_an_attacked_picture(aigov, inspection, tmp_path):
    done, assessment = audited(aigov, inspection / "visual-inspection", tmp_path / "out")
    assert done.code == 0, done.err
    assert {f["verdict"] for f in assessment["findings"]} == {"pass", "not-applicable"}
    found = outcome(assessment, "model.robustness")
    (example,) = found["examples"]
    assert [raster["shade"] for raster in example["rasters"]] == ["grey", "grey", "signed"]
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert page.count('<svg class="cells"') == 6  # the attacked picture, and the one under the worst fault
    assert "no larger than the error that the sensor itself may have" in page
    (evidence,) = found["evidence"]
    file = tmp_path / "out" / evidence["path"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == evidence["sha256"]
    with np.load(file) as kept, np.load(inspection / "visual-inspection/data/eval.npz") as data:
        assert (kept["x"] == data["x"][kept["row"]]).all()
        assert np.abs(kept["x_adv"] - kept["x"]).max() <= 5.1
        assert (kept["after"] != data["y"][kept["row"]]).all()
    assert len([name for name in outcome(assessment, "model.faults")["measurements"] if "[fault=" in name]) == 14
    assert outcome(assessment, "data.poisoning")["measurements"]["backdoors"]["value"] == 0


def test_the_backdoor_and_the_hidden_gradients_are_reported_for_what_they_are(aigov, inspection, tmp_path):
    done, assessment = audited(aigov, inspection / "visual-inspection-planted", tmp_path / "out")
    assert done.code == 1, done.err
    assert failed(assessment) == PLANTED
    assert {f["verdict"] for f in assessment["findings"]} == {"fail", "pass", "not-applicable"}
    notes = {note["id"] for note in outcome(assessment, "model.robustness")["notes"]}
    assert {"robustness.note.gradient-masking", "robustness.note.search-beats-gradients"} <= notes
    poisoned = outcome(assessment, "data.poisoning")
    with np.load(inspection / "visual-inspection-planted/data/train.npz") as data:
        where = np.flatnonzero((data["x"][:, 0, 28, 28] == 250) & (data["x"][:, 0, 27, 28] == 20))
    assert poisoned["measurements"]["rows_with_trigger"]["value"] == len(where) == 72
    assert {seen["location"]["record"] for seen in poisoned["occurrences"]} <= set(where.tolist())
