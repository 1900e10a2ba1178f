"""The over-fitted forest of the examples is reported for what it is, and its regularised twin is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "examples/over-fitted-forest/build.py"


@pytest.mark.slow
def test_only_the_over_fitted_forest_fails(aigov, tmp_path):
    subprocess.run([sys.executable, str(BUILD), "--output", str(tmp_path)], check=True, capture_output=True)
    done = aigov("audit", tmp_path, "--format", "json", "--quiet")
    found = json.loads(done.out)["findings"]
    assert {finding["control"]["id"]: finding["verdict"] for finding in found} == {
        "p1-over-fitted": "fail",
        "p2-regularised": "pass",
    }
    assert done.code == 1
