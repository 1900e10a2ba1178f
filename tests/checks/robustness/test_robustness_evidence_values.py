"""What is kept of an attack on a predicted value or on a detector: inputs that anyone can ask the model about again."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import helper
from sklearn.ensemble import IsolationForest, RandomForestRegressor
from sklearn.linear_model import Ridge

from aigov import FrozenMap, say
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams

W, TOLERANCE = np.array([2.0, -1.0, 0.5]), 0.3
INPUTS = {
    "flow": {"unit": "l/min", "range": [0, 1], "accuracy": "8 %FS"},
    "speed": {"unit": "1/s", "range": [0, 1], "accuracy": "0.02"},
    "heat": {"unit": "K", "range": [0, 1], "attackable": False, "accuracy": "1 K"},
}
SENSOR = {
    "task": "regression",
    "inputs": INPUTS,
    "output": FrozenMap({"unit": "°C", "range": (0, 10), "tolerance": TOLERANCE}),
}


@pytest.fixture
def audit(build, tmp_path):
    """Return a function that runs the whole check with a folder for evidence, and returns observation and arrays."""

    def run(source, x, y, *, declared=SENSOR, purpose="test", **params):
        data = replace(build.dataset(x, y), purpose=purpose)
        subject = replace(build.subject(build.model(source, **declared), data), evidence_folder=tmp_path)
        found = robustness.function(subject, RobustnessParams(dataset=purpose, **params))
        arrays = {}
        for evidence in found.evidence:
            path = tmp_path / evidence.path.removeprefix("evidence/")
            assert hashlib.sha256(path.read_bytes()).hexdigest() == evidence.sha256
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
        return found, arrays

    return run


@pytest.fixture
def rows():
    """Return 150 rows of three features and a value, from which a good model is off by up to the tolerance."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, (150, 3)).astype(np.float32)
    return x, x @ W + rng.uniform(-TOLERANCE, TOLERANCE, 150) * 1.2


@pytest.fixture(params=["linear", "trees", "network", "black box"])
def sensor(request, rows, write_onnx):
    """Return a model of values and what it predicts, asked without us."""
    x, y = rows
    if request.param == "black box":
        return lambda values: values @ W, lambda values: values.astype(np.float64) @ W
    if request.param == "network":
        nodes = [helper.make_node("Gemm", ["x", "w"], ["h"]), helper.make_node("Tanh", ["h"], ["t"])]
        nodes.append(helper.make_node("Gemm", ["t", "v"], ["out"]))
        constants = {"w": np.float32(np.eye(3) * 0.5), "v": np.float32(W[:, None] * 2)}
        path = write_onnx(nodes, constants, (None, 3), (None, 1))
        session = onnxruntime.InferenceSession(str(path))
        return path, lambda values: session.run(None, {"x": values})[0][:, 0]
    fitted = (Ridge(1e-3) if request.param == "linear" else RandomForestRegressor(8, random_state=0)).fit(x, y)
    return fitted, fitted.predict


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_every_kept_input_pushes_the_value_out_of_its_tolerance_within_budget_and_range(audit, sensor, rows, norm):
    (model, predict), (x, y) = sensor, rows
    found, kept = audit(model, x, y, norm=norm, eps=0.06, queries=60, evidence=5)
    assert 1 <= len(kept["x"]) <= 5
    before, after = predict(kept["x"]), predict(kept["x_adv"])
    assert before == pytest.approx(kept["before"], abs=1e-5)
    assert after == pytest.approx(kept["after"], abs=1e-5)
    assert np.array_equal(kept["y"], y[kept["row"]])
    assert kept["x"] == pytest.approx(x[kept["row"]])
    assert (np.abs(before - kept["y"]) <= TOLERANCE).all()
    assert (np.abs(after - kept["y"]) > TOLERANCE - 1e-6).all()
    change = kept["x_adv"].astype(float) - kept["x"]
    lengths = np.abs(change).max(axis=1) if norm == "linf" else np.linalg.norm(change, axis=1)
    assert (lengths <= 0.06).all()
    assert kept["size"] == pytest.approx(lengths / 0.06)
    assert (change[:, 2] == 0).all()
    assert kept["x_adv"].min() >= 0
    assert kept["x_adv"].max() <= 1
    assert set(kept["stage"]) <= {*found.facts["stages"].split(", "), "rescaled"}
    assert (kept["multiple"] == 1).all()


def test_a_row_is_shown_feature_by_feature_with_values_and_tolerance_in_the_unit_of_the_process(audit, rows):
    model = Ridge(1e-3).fit(*rows)
    found, kept = audit(model, *rows, budget="sensor-accuracy")
    (example,) = found.examples
    said, chinese = (" ".join(say(line, lang) for line in example.lines) for lang in ("en", "zh-CN"))
    assert f"Row {kept['row'][0]} of “test”" in said
    assert f"reference {kept['y'][0]:.4g} °C" in said
    assert f"predicts {kept['before'][0]:.4g} °C" in said
    assert f"and {kept['after'][0]:.4g} °C once it is changed" in said
    assert "tolerance of 0.3 °C" in said
    assert "no larger than the error that the sensor itself may have" in said
    assert "容许误差 0.3 °C" in chinese
    assert {bar.label.args["name"] for bar in example.bars} <= {"flow", "speed"}
    assert all(0 < abs(bar.after - bar.before) <= bar.reach * (1 + 1e-6) for bar in example.bars)


def test_a_window_whose_value_is_pushed_is_drawn_as_a_waveform(audit):
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (60, 1, 40))
    declared = {**SENSOR, "inputs": {"vibration": {"unit": "g", "range": [-5, 5], "sampling_rate": "1 kHz"}}}

    def life(windows):
        return windows.reshape(len(windows), -1).mean(axis=1)

    found, _ = audit(life, x, life(x), declared=declared, eps=0.5, queries=100)
    (example,) = found.examples
    assert len(example.figures) == 2
    assert not example.bars
    before, after = (np.array(trace.y) for trace in example.figures[0].traces)
    assert 0 < np.abs(after - before).max() <= 0.5 + 1e-4


def test_where_the_budget_itself_breaks_nothing_the_next_larger_size_is_kept(audit, rows):
    x, _ = rows
    found, kept = audit(Ridge(1e-6).fit(x, x @ W), x, x @ W, eps=0.06, curve=(0.5, 2.0, 4.0))
    assert found.measurements["robust_accuracy"].value == 1
    assert set(kept["multiple"]) == {2.0}
    assert (np.abs(kept["after"] - kept["y"]) > TOLERANCE).all()
    assert (kept["size"] > 1).all()


def test_nothing_is_kept_where_nothing_may_be_shown_or_nothing_breaks(audit, rows):
    model = Ridge(1e-3).fit(*rows)
    for params in ({"evidence": 0}, {"purpose": "train"}):
        found, kept = audit(model, *rows, eps=0.06, **params)
        assert found.measurements["robust_accuracy"].value < found.measurements["clean_accuracy"].value
        assert not kept
        assert not found.examples
    found, kept = audit(model, *rows, eps=1e-9, curve=())
    assert not kept
    assert not found.examples


def test_a_model_that_answers_by_chance_proves_nothing(audit, rows):
    rng = np.random.default_rng(0)
    found, kept = audit(lambda x: x @ W + rng.normal(0, 5, len(x)), *rows, eps=0.01, queries=10, evidence=10)
    assert found.measurements["deterministic"].value == 0
    assert (np.abs(kept.get("after", np.zeros(0)) - kept.get("y", np.zeros(0))) > TOLERANCE).all()


def test_the_same_seed_keeps_the_same_bytes(audit, rows):
    model = RandomForestRegressor(8, random_state=0).fit(*rows)
    first, again, other = (audit(model, *rows, eps=0.05, seed=seed)[0] for seed in (1, 1, 2))
    assert first.evidence == again.evidence
    assert first.evidence[0].sha256 != other.evidence[0].sha256


def test_a_hidden_anomaly_is_kept_and_called_by_its_name(audit):
    rng = np.random.default_rng(2)
    y = (np.arange(120) % 4 == 0).astype(int)
    x = rng.normal(size=(120, 3)) * np.where(y, 2.5, 0.6)[:, None]
    model = IsolationForest(n_estimators=20, random_state=0).fit(x)
    found, kept = audit(model, x, y, declared={"task": "anomaly-detection"}, eps=0.3, evidence=10)
    before, after = ((model.predict(kept[name]) == -1).astype(int) for name in ("x", "x_adv"))
    assert (before == kept["y"]).all()
    assert (after != kept["y"]).all()
    assert (np.abs(kept["x_adv"] - kept["x"]) <= 0.3).all()
    said = say(found.examples[0].lines[0])
    assert "“anomalous”" in said
    assert "“normal”" in said
    assert "“异常”" in say(found.examples[0].lines[0], "zh-CN")
