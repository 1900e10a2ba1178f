"""From the command line a served model is asked only with `--allow-network`."""

from __future__ import annotations

import json

import numpy as np

MANIFEST = """\
apiVersion: aigov/v1
kind: Subject
metadata: {name: plant}
models: [{serve: {url: "http://127.0.0.1:9", model: plant}, classes: [low, high]}]
datasets: [{name: eval, role: test, path: eval.npz}]
"""


def test_a_served_model_is_not_assessed_until_the_network_is_allowed(aigov, tmp_path):
    np.savez(tmp_path / "eval.npz", x=np.float32([[0, 1], [1, 0]]), y=[0, 1])
    (tmp_path / "aigov.yaml").write_text(MANIFEST, "utf-8")
    kept = aigov("check", "model.robustness", ".", "--format", "json")
    assert kept.code == 3
    assert "--allow-network" in json.loads(kept.out)["reason"]
    asked = aigov("check", "model.robustness", ".", "--format", "json", "--allow-network")
    assert asked.code == 3
    assert "cannot be reached" in json.loads(asked.out)["reason"]
    audited = aigov("audit", ".", "--policy", "baseline", "--format", "json", "--allow-network", lang="zh-CN")
    assert audited.code in {1, 3}
    assert "Traceback" not in audited.err
    assert "127.0.0.1:9/v2/models/plant" in audited.out
