"""A pickle from declaration to verdict: refused with what to do, then trusted in aigov.yaml, scanned, loaded inside."""

from __future__ import annotations

import hashlib
import json
import sys

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")

MANIFEST = """
apiVersion: aigov/v1
kind: Subject
metadata: {{name: press, version: "1"}}
models:
  - name: classifier
    path: m.joblib
    {trust}
datasets:
  - {{name: eval, role: test, path: eval.npz}}
policies: [policy.yaml]
"""
POLICY = """
apiVersion: aigov/v1
kind: Policy
metadata: {id: press, edition: "1", title: {en: Press, zh: 冲压}, status: in-force}
controls:
  - id: r1
    title: {en: Robust, zh: 鲁棒}
    citation: {ref: "1", verified: primary, checked: 2026-11-25}
    severity: high
    rules:
      - id: robust
        check: model.robustness
        parameters: {eps: 0.01}
        require: [{measurement: robust_accuracy, min: 0.5}]
"""


@pytest.fixture
def press(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = rng.normal(0, 0.3, (200, 3)) + y[:, None]
    joblib.dump(LogisticRegression().fit(x, y), tmp_path / "m.joblib")
    np.savez(tmp_path / "eval.npz", x=x, y=y)
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def declare(folder, trust):
    (folder / "aigov.yaml").write_text(MANIFEST.format(trust=trust), encoding="utf-8")


def test_a_pickle_is_assessed_once_its_digest_is_trusted(aigov, press):
    digest = f"sha256:{hashlib.sha256((press / 'm.joblib').read_bytes()).hexdigest()}"
    declare(press, "")
    refused = aigov("audit", "--format", "json", cwd=press)
    finding = json.loads(refused.out)["findings"][0]
    assert (refused.code, finding["verdict"]) == (3, "not-assessed")
    assert digest in refused.out

    declare(press, f"trust: {{digest: '{digest}'}}")
    passed = aigov("audit", "--output", "out2", cwd=press)
    assert passed.code == 0, passed.err
    report = (press / "out2/report.html").read_text(encoding="utf-8")
    assert "user-namespace" in report
    assert "landlock" in report


@pytest.mark.parametrize("digest", ["sha256:abc", "md5:" + "0" * 32, "0" * 64, "sha256:" + "g" * 64])
def test_a_digest_that_is_none_is_named_with_its_line(aigov, press, digest):
    declare(press, f"trust: {{digest: '{digest}'}}")
    done = aigov("audit", cwd=press)
    assert done.code == 2
    assert "aigov.yaml:8" in done.err
