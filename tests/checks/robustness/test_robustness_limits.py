"""Time that an evaluation may take: exact searches end at it, and what runs once more through rounding is counted."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from onnx import helper
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from aigov import say
from aigov_checks.model.robustness import tree_search
from aigov_checks.model.robustness.ball import balls_around
from aigov_checks.model.robustness.budget import Budget
from aigov_checks.model.robustness.object_predictor import open_object
from aigov_checks.model.robustness.onnx_predictor import open_onnx
from aigov_checks.model.robustness.pace import Cost, pace_of, paced
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Wanted
from aigov_checks.model.robustness.tree_stage import ExactTrees


@pytest.fixture(scope="module")
def forest():
    x, y = load_digits(return_X_y=True)
    x = x / 16
    return RandomForestClassifier(60, max_depth=12, random_state=0, n_jobs=1).fit(x[:900], y[:900]), (x[900:], y[900:])


def test_a_forest_whose_exact_answer_takes_too_long_is_bounded_and_attacked_and_says_so(measure, forest, monkeypatch):
    model, data = forest
    few = {"eps": 0.07, "seconds": 600.0, "samples": 60, "curve": (0.5,), "queries": 20}
    whole = measure(model, *data, **few).measurements
    monkeypatch.setattr(tree_search, "perf_counter", lambda: time.perf_counter() + 601)  # a clock that is ahead
    found = measure(model, *data, **few)
    values = found.measurements
    assert values["certified_accuracy"].value < whole["certified_accuracy"].value <= whole["robust_accuracy"].value
    assert whole["robust_accuracy"].value < values["robust_accuracy"].value
    robust, undecided = values["robust_accuracy"], values["undecided"].value
    assert undecided > 0
    assert robust.low < robust.value - undecided / robust.n + 1e-9
    late = next(note for note in found.notes if note.id == "robustness.note.exact-late")
    assert "limit of 600 s" in say(late)
    assert "时限" in say(late, "zh-CN")


def test_after_the_deadline_intervals_alone_prove_less_and_nothing_that_the_search_refutes(forest):
    model, (x, y) = forest
    x, y = x[:40], y[:40]
    ensemble = open_object(model, x, 10).ensemble
    balls = balls_around(x, Budget("linf", np.full(64, 0.07), np.zeros(64), np.ones(64)), 1.0, np.float64)
    searched, late = (
        ExactTrees(ensemble, 1000, deadline).candidates(balls, y, 0) for deadline in (float("inf"), time.perf_counter())
    )
    assert 0 < late.proven.sum() < searched.proven.sum()
    assert not (late.proven & ~searched.proven).any()
    assert np.array_equal(late.points, balls.x)


def test_stages_through_rounding_are_counted_in_the_time_that_a_model_needs(build, linear_onnx):
    x = np.random.default_rng(0).uniform(0, 1, (32, 2)).astype(np.float32)
    scaled = helper.make_node("Mul", ["x", "levels"], ["scaled"])
    rounding = [scaled, helper.make_node("Round", ["scaled"], ["whole"])]
    params, slow = RobustnessParams(steps=100, curve=()), Cost(0.01, 0.5, 32, gradients=True, decisions=False)
    costs = {}
    for name, before in (("plain", []), ("rounded", rounding)):
        path = linear_onnx(np.eye(2), [0, 0], before=before, extra={"levels": np.float32(9)} if before else None)
        opened = open_onnx(build.model(path).file, 2, Wanted.CLASSES, 0.0)
        twin, reason = opened.differentiable(x)
        assert reason is None
        costs[name] = slow.with_twin(twin)
    assert costs["plain"] == slow
    assert costs["rounded"].straight
    needed = {name: cost.seconds(params) for name, cost in costs.items()}
    gradients = needed["plain"] - replace(slow, every=1.0).seconds(replace(params, steps=1)) * 0.5
    assert needed["rounded"] - needed["plain"] == pytest.approx(gradients, rel=0.02)
    enough = replace(params, seconds=needed["plain"])
    assert paced(enough, costs["plain"], 32) == (enough, None)
    cut, note = paced(enough, costs["rounded"], 32)
    assert cut.steps < params.steps
    assert note is not None


def test_without_a_twin_the_search_alone_is_counted():
    given = Cost(0.01, 0.5, 32, gradients=True, decisions=False)
    alone = given.with_twin(None)
    assert not alone.gradients
    assert alone.seconds(RobustnessParams(queries=1000, curve=())) == pytest.approx(500)
    assert alone.hopeless(19)
    assert not alone.hopeless(21)


def test_a_slow_model_is_attacked_on_fewer_samples_and_no_less_where_a_bound_is_to_be_decided(measure, blobs):
    def slow(x):
        time.sleep(5e-4 * len(x))
        return np.stack([0.5 - x[:, 0], x[:, 0] - 0.5], axis=1)

    few = {"eps": 1e-4, "queries": 100, "curve": (), "seconds": 2.0}
    weak = measure(slow, *blobs, **few).measurements["robust_accuracy"]
    assert weak.value > 0.7
    assert weak.low == 0
    found = measure(slow, *blobs, **few, bound=0.4)
    robust, used = found.measurements["robust_accuracy"], found.measurements["samples_used"].value
    assert found.facts["sequential.decision"] == "above"
    assert robust.low >= 0.4
    assert used < 60
    note = next(note for note in found.notes if note.id == "robustness.note.slow-parts")
    assert note.args["samples"] >= used
    assert "每个样本均经全部阶段攻击" in say(note, "zh-CN")
    unsure = measure(slow, *blobs, **few, bound=0.8)
    assert unsure.facts["sequential.decision"] == "open"
    assert unsure.measurements["samples_used"].value < 120
    assert unsure.measurements["samples_saved"].value == 0
    assert unsure.measurements["robust_accuracy"].low > 0


def test_where_not_even_one_part_can_be_attacked_in_time_the_attack_is_weaker_as_ever():
    params = RobustnessParams(bound=0.5, seconds=10, curve=(), queries=1000)
    price = Cost(few=0.1, every=0.2, samples=100, gradients=False, decisions=False)
    pace = pace_of(params, price, 100)
    assert pace.slow is not None
    assert pace.params.queries == 50
    assert pace.most == 100
    more = pace_of(replace(params, seconds=150), price, 100)
    assert (more.slow, more.params.queries, more.most) == (None, 1000, 16)
    assert pace_of(replace(params, seconds=150, bound=0.0), price, 100).slow is not None
