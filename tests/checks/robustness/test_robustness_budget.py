"""How far inputs may be moved, and that no adversarial input leaves that set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aigov import Model, Role, UnsupportedInputError
from aigov.i18n import FrozenMap
from aigov_checks.model.robustness.ball import balls_around
from aigov_checks.model.robustness.budget import Budget, budget_of
from aigov_checks.model.robustness.params import RobustnessParams

SENSOR = RobustnessParams(budget="sensor-accuracy")
X = np.random.default_rng(0).uniform(-1, 1, (20, 2, 16))


def declared(**inputs):
    return Model("m", Role.MODEL, inputs=FrozenMap({name: FrozenMap(facts) for name, facts in inputs.items()}))


@pytest.mark.parametrize(
    ("accuracy", "eps"),
    [("0.5 %FS", 0.04), ("0.5%fs", 0.04), ("±0.5 %", 0.04), ("0.02 g", 0.02), ("0.02", 0.02), (0.02, 0.02)],
)
def test_the_accuracy_class_of_a_sensor_is_its_budget(accuracy, eps):
    model = declared(vibration={"unit": "g", "range": (-4, 4), "accuracy": accuracy, "attackable": True})
    budget = budget_of(model, (), X, SENSOR)
    assert budget.size == pytest.approx(eps)
    assert budget.unit == "g"
    assert budget.low.min() == budget.low.max() == -4


def test_each_channel_has_the_accuracy_of_its_sensor():
    model = declared(
        vibration={"range": (-4, 4), "accuracy": "1 %FS"},
        speed={"range": (0, 3000), "accuracy": 2, "attackable": False},
    )
    budget = budget_of(model, (), X, SENSOR)
    assert np.allclose(budget.eps, np.array([[0.08], [0.0]]))
    assert budget.high[1, 0] == 3000


def test_columns_are_matched_by_name():
    model = declared(b={"accuracy": 0.5}, a={"accuracy": 0.25})
    budget = budget_of(model, ("a", "b"), X[:, :, 0], SENSOR)
    assert budget.eps.tolist() == [0.25, 0.5]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "robustness.no-accuracy"),
        ({"v": {"range": (0, 1)}}, "robustness.no-accuracy"),
        ({"v": {"accuracy": "0.5 %FS"}}, "robustness.no-range"),
        ({"v": {"accuracy": "good", "range": (0, 1)}}, "robustness.bad-accuracy"),
        ({"v": {"accuracy": "0.5 kg", "unit": "g"}}, "robustness.bad-accuracy"),
        ({"v": {"accuracy": 0.1, "range": (1, 0)}}, "robustness.bad-range"),
        ({"v": {"accuracy": 0.1, "range": 3}}, "robustness.bad-range"),
        ({"v": {"accuracy": 0.1, "attackable": False}}, "robustness.nothing-attackable"),
        ({"a": {}, "b": {}, "c": {}}, "robustness.inputs-mismatch"),
    ],
)
def test_what_is_not_declared_is_asked_for(inputs, reason):
    with pytest.raises(UnsupportedInputError) as error:
        budget_of(declared(**inputs), (), X, SENSOR)
    assert error.value.message.id == reason


def test_standard_deviations_are_taken_a_channel():
    x = X * np.array([[1.0], [10.0]])
    budget = budget_of(declared(), (), x, RobustnessParams(budget="std", eps=0.5))
    assert np.allclose(budget.eps[:, 0], 0.5 * x.std(axis=(0, 2)))


VALUES = st.floats(-1e3, 1e3, width=32)


@given(
    x=arrays(np.float32, (3, 4), elements=VALUES),
    candidates=arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6)),
    eps=st.floats(1e-6, 100),
    norm=st.sampled_from(["linf", "l2"]),
)
def test_what_is_projected_lies_in_budget_and_box(x, candidates, eps, norm):
    size = np.array([eps, 2 * eps, 0.0, eps])
    budget = Budget(norm, size, np.full(4, -500.0), np.full(4, 500.0))
    balls = balls_around(x, budget, 1.0, np.float32)
    points = balls.project(candidates)
    assert points.dtype == np.float32
    assert balls.contain(balls.x).all()
    assert balls.contain(points).all()
    moved = points.astype(np.float64) - x.astype(np.float64)
    assert (moved[:, 2] == 0).all()
    assert (np.abs(moved) <= size).all()
    if norm == "l2":
        assert (((moved / np.where(size > 0, size, 1)) ** 2).sum(axis=1) <= 1).all()
    assert ((np.abs(points) <= 500) | (np.abs(points) <= np.abs(x))).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_no_adversarial_input_leaves_budget_range_or_immutable_features(measure, blobs, norm):
    x, y = blobs
    seen = []
    inputs = {
        name: {"range": (0.2, 0.8), "attackable": name != "b", "accuracy": 0.1, "unit": "g"}
        for name in ("a", "b", "c", "d")
    }

    def model(points):
        seen.append(points.copy())
        score = points.sum(axis=1) - 2
        return np.stack([-score, score], axis=1)

    result = measure(
        model,
        x,
        y,
        eps=0.1,
        norm=norm,
        queries=60,
        curve=(),
        declared={"inputs": inputs},
        features=("a", "b", "c", "d"),
    )
    assert result.measurements["robust_accuracy"].value < result.measurements["clean_accuracy"].value
    low, high = np.minimum(x, 0.2).min(axis=0), np.maximum(x, 0.8).max(axis=0)
    for points in seen:
        nearest = np.abs(points[:, None, [1]] - x[None, :, [1]]).min(axis=1)
        assert (nearest == 0).all()
        assert (points >= low).all()
        assert (points <= high).all()


def test_the_reader_never_leaves_paths_in_results(measure, linear_onnx, blobs):
    path = linear_onnx(np.eye(4)[:, :2], np.zeros(2))
    result = measure(path, *blobs, queries=10)
    assert str(Path(path).parent) not in repr(result)
