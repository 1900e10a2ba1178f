"""Detectors of anomalies: what they find, what is hidden from them, and exact answers for isolation forests."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aigov import FrozenMap, Measured, UnsupportedInputError
from aigov.units import kept_promise
from aigov_checks.model.robustness import robustness

DETECTOR = {"task": "anomaly-detection"}


def declared(**output):
    return {**DETECTOR, "output": FrozenMap(output)}


@pytest.fixture
def plant():
    """Return 90 normal rows and 30 anomalies of three features, further out."""
    rng = np.random.default_rng(2)
    y = (np.arange(120) % 4 == 0).astype(int)
    return rng.normal(size=(120, 3)) * np.where(y, 2.5, 0.6)[:, None], y


def test_what_a_linear_detector_finds_and_what_can_be_hidden_are_counted(measure, plant):
    x, y = plant
    score = x[:, 0]
    found = measure(lambda rows: rows[:, 0], x, y, declared=declared(threshold=1.0), eps=0.5, queries=200, curve=(2.0,))
    assert isinstance(kept_promise(robustness, found), Measured)
    values = {name: measurement.value for name, measurement in found.measurements.items()}
    detected = (y == 1) & (score > 1)
    assert values["anomaly_recall"] == pytest.approx(detected.sum() / y.sum())
    assert values["false_alarm_rate"] == pytest.approx((score[y == 0] > 1).mean())
    reach = {0.5: "hidden_share", 1.0: "hidden_share[eps=1]"}
    for eps, name in reach.items():
        low = np.maximum(score - eps, score.min())
        assert values[name] == pytest.approx((low[detected] <= 1).mean())
    assert 0 < values["hidden_share"] < values["hidden_share[eps=1]"]
    assert found.measurements["hidden_share"].n == detected.sum()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), eps=st.sampled_from([0.1, 0.4]), share=st.sampled_from([0.7, 1.0]))
def test_an_isolation_forest_is_answered_as_an_enumeration_does(measure, plant, seed, eps, share):
    x, y = plant
    model = IsolationForest(n_estimators=5, max_samples=16, max_features=share, random_state=seed).fit(x)
    rows = np.arange(16)
    box = x[rows].min(axis=0), x[rows].max(axis=0)
    cuts = [[], [], []]
    for member, chosen in zip(model.estimators_, model.estimators_features_, strict=True):
        for feature, cut in zip(member.tree_.feature, member.tree_.threshold, strict=True):
            if feature >= 0:
                cuts[chosen[feature]].append(cut)
    standing = []
    for row in rows:
        axes = []
        for place, value in enumerate(x[row]):
            low, high = max(value - eps, box[0][place]), min(value + eps, box[1][place])
            near = np.concatenate([np.array(cuts[place]) * (1 + part) for part in (-3e-7, 0, 3e-7)])
            inside = np.unique(np.concatenate([[low, high, value], near[(near >= low) & (near <= high)]]))
            axes.append(np.unique(np.concatenate([inside, (inside[1:] + inside[:-1]) / 2])))
        found = model.predict(np.array(list(itertools.product(*axes))))
        standing.append(bool(((found == -1) == y[row]).all()))
    result = measure(model, x[rows], np.where(y[rows] == 1, -1, 1), declared=DETECTOR, eps=eps, curve=())
    assert result.facts["exact"] == "milp"
    robust, open_ = result.measurements["robust_accuracy"].value * len(rows), result.measurements["undecided"].value
    assert round(robust - open_) <= sum(standing) <= round(robust)


def test_an_isolation_forest_in_a_file_is_the_live_one(measure, plant, tmp_path):
    import skops.io

    x, y = plant
    model = make_pipeline(StandardScaler(), IsolationForest(n_estimators=20, max_samples=32, random_state=0)).fit(x)
    skops.io.dump(model, tmp_path / "m.skops")
    filed, live = (
        measure(source, x, y, declared=DETECTOR, eps=0.1, curve=()) for source in (tmp_path / "m.skops", model)
    )
    assert filed.facts["exact"] == live.facts["exact"] == "milp"
    assert filed.measurements == live.measurements
    strict = measure(model, x, y, declared=declared(threshold=0.1), eps=0.1, curve=())
    assert strict.facts["exact"] == "milp"
    assert strict.measurements["anomaly_recall"].value < live.measurements["anomaly_recall"].value


def test_any_detector_of_scikit_learn_has_its_own_threshold(measure, plant):
    x, y = plant
    model = EllipticEnvelope(contamination=0.25, random_state=0).fit(x)
    result = measure(model, x, y, declared=DETECTOR, eps=0.2, queries=100, curve=())
    found = (model.predict(x) == -1)[y == 1].mean()
    assert result.measurements["anomaly_recall"].value == pytest.approx(found)
    assert result.measurements["hidden_share"].value > 0


def test_boosted_scores_are_answered_exactly_behind_their_link(measure, plant, tmp_path):
    x, y = plant
    model = xgboost.XGBRegressor(n_estimators=10, max_depth=3, objective="reg:logistic", n_jobs=1).fit(x, y)
    model.save_model(tmp_path / "m.json")
    result = measure(tmp_path / "m.json", x, y, declared=declared(threshold=0.4), eps=0.2, curve=())
    assert result.facts["exact"] == "milp"
    assert result.measurements["anomaly_recall"].value == pytest.approx((model.predict(x)[y == 1] > 0.4).mean())
    rng = np.random.default_rng(0)
    low, high = x.min(axis=0), x.max(axis=0)
    tried = [np.clip(x + rng.uniform(-0.2, 0.2, x.shape), low, high) for _ in range(200)]
    hidden = np.array([model.predict(points)[y == 1] <= 0.4 for points in tried]).any(axis=0)
    detected = model.predict(x)[y == 1] > 0.4
    assert result.measurements["hidden_share"].value >= hidden[detected].mean()


@pytest.mark.parametrize("last", [None, "Sigmoid"])
def test_a_network_of_scores_is_attacked_by_its_gradient(measure, write_onnx, plant, last):
    x, y = plant
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["s"]),
        helper.make_node("MatMul", ["s", "w"], ["o" if last else "out"]),
    ]
    nodes += [helper.make_node(last, ["o"], ["out"])] if last else []
    path = write_onnx(nodes, {"w": np.full((3, 1), 0.2, dtype=np.float32)}, (None, 3), (None, 1))
    raw = 0.2 * (x**2).sum(axis=1)
    score, threshold = (1 / (1 + np.exp(-raw)), 0.7) if last else (raw, 0.8473)
    result = measure(
        path, x.astype(np.float32), y, declared=declared(threshold=threshold), eps=0.3, curve=(), queries=50
    )
    found = result.measurements
    assert found["anomaly_recall"].value == pytest.approx((score[y == 1] > threshold).mean())
    nearest = 0.2 * (np.maximum(np.abs(x) - 0.3, 0) ** 2).sum(axis=1)
    edge = 0.8473
    detected = (y == 1) & (raw > edge)
    assert found["hidden_share"].value == pytest.approx((nearest[detected] <= edge).mean(), abs=0.05)
    assert result.facts["gradient_evaluations"] > 0


def reason(run):
    with pytest.raises(UnsupportedInputError) as error:
        run()
    for lang in ("en", "zh-CN"):
        assert error.value.message.id not in error.value.sentence(lang)
    return error.value.message.id


def test_what_a_detector_lacks_is_named(measure, plant):
    x, y = plant
    score = lambda rows: rows[:, 0]  # noqa: E731  # a model
    assert reason(lambda: measure(score, x, y, declared=DETECTOR)) == "robustness.no-threshold"
    assert reason(lambda: measure(score, x, y, declared=declared(threshold="high"))) == "robustness.bad-threshold"
    assert reason(lambda: measure(score, x, y + 1, declared=declared(threshold=1))) == "robustness.label-out-of-range"
    two = lambda rows: rows[:, :2]  # noqa: E731  # a model
    assert reason(lambda: measure(two, x, y, declared=declared(threshold=1))) == "robustness.several-values"


def test_without_anomalies_nothing_is_known_of_their_detection(measure, plant):
    x, y = plant
    normal = x[y == 0]
    result = measure(
        lambda rows: rows[:, 0], normal, np.zeros(90, dtype=int), declared=declared(threshold=1.0), queries=20
    )
    assert result.measurements["anomaly_recall"].interval.high == 1
    assert result.measurements["anomaly_recall"].interval.low == 0
    assert result.measurements["hidden_share"].n == 0
