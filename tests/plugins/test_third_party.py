"""A third party's check, exactly as EXAMPLES shows it: written in under 30 lines, installed, found, run, judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CHECK = '''"""Share of windows whose sensor is frozen."""

from dataclasses import dataclass

from aigov import Measured, Subject, check, ratio


@dataclass(frozen=True, slots=True)
class FrozenParams:
    """Parameters that a policy may set."""

    run_length: int = 50
    """Equal samples in a row that count as frozen."""


@check(id="acme.frozen-sensor", title="Frozen sensors", inputs=("dataset",), measures={"frozen_share": "ratio"}, params=FrozenParams)
def frozen_sensor(subject: Subject, params: FrozenParams) -> Measured:
    """Measure the share of windows in which a channel does not move."""
    windows = subject.dataset("train").windows()
    frozen = sum(1 for w in windows if w.longest_constant_run() >= params.run_length)
    return Measured({"frozen_share": ratio(frozen, len(windows))})   # carries n and a Clopper-Pearson interval


CHECKS = (frozen_sensor,)
'''
PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-aigov"
version = "2.1"
[project.entry-points."aigov.checks"]
acme = "acme_aigov:CHECKS"
[tool.hatch.build.targets.wheel]
packages = ["acme_aigov"]
"""
POLICY = """apiVersion: aigov/v1
kind: Policy
metadata: {id: acme, edition: "1", title: {en: Acme, zh: 阿克米}, status: in-force}
controls:
  - id: sensors
    title: {en: Sensors move, zh: 传感器正常}
    citation: {ref: our own, verified: primary, checked: 2026-11-23}
    severity: high
    rules:
      - {id: frozen, check: acme.frozen-sensor, parameters: {run_length: 20}, require: [{measurement: frozen_share, max: 0.5}]}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Where the pack is installed, as pip does it."""
    project = tmp_path_factory.mktemp("acme")
    (project / "acme_aigov").mkdir()
    (project / "acme_aigov" / "__init__.py").write_text(CHECK, encoding="utf-8")
    (project / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    target = project / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(project)], check=True, capture_output=True)
    return target


@pytest.fixture
def data(tmp_path):
    import numpy as np

    moving = np.random.default_rng(0).normal(size=(30, 1, 100)).astype("float32")
    moving[:3, :, 10:40] = 1.0
    np.savez(tmp_path / "train.npz", x=moving, y=np.zeros(30, dtype="int64"))
    (tmp_path / "aigov.yaml").write_text(
        "datasets:\n  - {name: train, role: train, path: train.npz}\n", encoding="utf-8"
    )
    (tmp_path / "acme.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def aigov(site, *arguments, cwd=None):
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "aigov", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)


def test_the_source_has_at_most_thirty_lines():
    assert len(CHECK.splitlines()) <= 30


def test_it_is_found_and_its_distribution_is_named(site):
    rows = json.loads(aigov(site, "list", "checks", "--format", "json").stdout)
    assert {row["id"]: row["from"] for row in rows}["acme.frozen-sensor"] == "acme-aigov 2.1"


def test_it_runs_alone_with_a_parameter_from_the_command_line(site, data):
    done = aigov(site, "check", "acme.frozen-sensor", "aigov.yaml", "-p", "run_length=20", "--format", "json", cwd=data)
    measurement = json.loads(done.stdout)["measurements"]["frozen_share"]
    assert (measurement["value"], measurement["n"], measurement["unit"]) == (0.1, 30, "ratio")
    assert measurement["interval"] == pytest.approx([0.0211, 0.2653], abs=1e-4)


def test_a_policy_judges_it_in_a_worker_process(site, data):
    done = aigov(site, "audit", "--policy", "acme.yaml", "--format", "json", "--engine", "local:2", cwd=data)
    assert done.returncode == 0, done.stderr
    assessment = json.loads(done.stdout)
    assert [finding["verdict"] for finding in assessment["findings"]] == ["pass"]
    assert assessment["checks"][0]["distribution"] == "acme-aigov"
