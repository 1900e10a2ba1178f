"""Randomised smoothing: its radius is that of the closed form, its figure is never passed off as the model's own."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from aigov import FrozenMap, UnsupportedInputError, say
from aigov.units import kept_promise
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.budget import Budget
from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.object_predictor import FunctionPredictor
from aigov_checks.model.robustness.params import RobustnessParams, validated
from aigov_checks.model.robustness.predictor import Answer, Counted
from aigov_checks.model.robustness.smoothing import ABSTAINED, voted

NAME = "smoothed_certified_accuracy"
W = np.array([2.0, -1.0, 0.5])
EPS = np.array([0.1, 0.2, 0.05])


def linear(x):
    score = x @ W
    return np.stack([-score, score], axis=1)


def attacked(function, x, *, reach=EPS, edge=np.inf, seed=0):
    """Return samples under attack whose labels are what the model says of them."""
    predictor = FunctionPredictor(function, Answer.SCORES, 2, "callable", np.float64)
    low, high = np.full(x.shape[1:], -edge), np.full(x.shape[1:], edge)
    y = function(x).argmax(axis=1)
    return Attacked(Counted(predictor), x, y, Budget("l2", reach, low, high), seed, 512)


def vote_of(function, x, **how):
    params = RobustnessParams(**{"smoothing": 1.0, **{k: v for k, v in how.items() if k in RobustnessParams.__slots__}})
    rest = {k: v for k, v in how.items() if k not in RobustnessParams.__slots__}
    return voted(attacked(function, x, **rest), np.arange(len(x)), params)


@pytest.fixture(scope="module")
def samples():
    return np.random.default_rng(0).normal(0, 0.12, (150, 3))


def distances(x):
    """Return how far a linear model's edge is from each sample, in units of the budget: its smoothed edge, too."""
    return np.abs(x @ W) / np.linalg.norm(W * EPS)


def test_the_radius_of_a_linear_model_is_close_below_its_distance_from_the_edge(samples):
    found, exact = (
        vote_of(linear, samples, smoothing_alpha=1e-6, smoothing_samples=4000, smoothing_first=1000),
        distances(samples),
    )
    certified = found.classes != ABSTAINED
    assert (found.radius <= exact).all()
    clear = (exact > 0.5) & (exact < 2)
    assert clear.sum() > 20
    assert (found.radius[clear] > 0.75 * exact[clear]).all()
    assert (found.classes[certified] == linear(samples)[certified].argmax(axis=1)).all()
    assert found.radius.max() <= NormalDist().inv_cdf(1e-6 ** (1 / 4000)) + 1e-9
    assert (exact[~certified] < 0.2).all()


def test_a_certificate_fails_no_more_often_than_alpha_and_does_fail_when_alpha_is_large(samples):
    exact, wrong = distances(samples), []
    for seed in range(4):
        found = vote_of(linear, samples, smoothing_alpha=0.2, smoothing_samples=200, seed=seed)
        wrong.append((found.radius > exact)[(exact > 0.2) & (exact < 2)])
    share = np.concatenate(wrong).mean()
    assert 0.1 < share < 0.25
    strict = vote_of(linear, samples, smoothing_alpha=0.001, smoothing_samples=200)
    assert (strict.radius > exact).mean() < 0.02


def test_noise_is_in_units_of_each_budget_spares_what_cannot_be_touched_and_saturates_in_one_fixed_range():
    seen = []

    def model(x):
        seen.append(x.copy())
        return linear(x)

    x = np.full((1, 3), 2.0)
    vote_of(model, x, reach=np.array([0.1, 0.4, 0.0]), smoothing=0.5, smoothing_samples=4000)
    noisy = np.concatenate(seen[1:])
    assert noisy[:, :2].std(axis=0) == pytest.approx([0.05, 0.2], rel=0.05)
    assert (noisy[:, 2] == 2.0).all()
    assert noisy[:, :2].mean(axis=0) == pytest.approx([2, 2], abs=0.02)
    seen.clear()
    vote_of(model, x, reach=np.array([0.1, 0.4, 0.0]), edge=1.5)
    saturated = np.concatenate(seen[1:])
    assert saturated[:, :2].max() == 1.5
    assert (saturated[:, 2] == 2.0).all()


def test_a_coin_has_no_winner_and_an_undefined_answer_is_never_right(measure):
    rng, x = np.random.default_rng(0), np.random.default_rng(1).uniform(0, 1, (40, 3))
    coin = vote_of(lambda rows: rng.uniform(0, 1, (len(rows), 2)), x)
    assert (coin.classes == ABSTAINED).all()
    assert (coin.radius == 0).all()

    def undefined(rows):
        scores = linear(rows - 0.5)
        scores[(np.round(rows, 6) != rows).any(axis=1)] = np.nan
        return scores

    x = np.round(x, 6)
    found = measure(undefined, x, linear(x - 0.5).argmax(axis=1), smoothing=0.5, eps=0.01, queries=2)
    assert found.measurements["clean_accuracy"].value == 1
    assert found.measurements[NAME].value == 0


@pytest.fixture
def spread():
    x = np.random.default_rng(3).uniform(0, 1, (120, 3))
    return x, linear(x - 0.5).argmax(axis=1)


@pytest.mark.parametrize("kind", ["scores", "labels", "trees"])
def test_any_classifier_is_smoothed_and_the_curve_falls(measure, spread, kind):
    model = {
        "scores": lambda x: linear(x - 0.5),
        "labels": lambda x: linear(x - 0.5).argmax(axis=1),
        "trees": RandomForestClassifier(5, max_depth=4, random_state=0).fit(*spread),
    }[kind]
    few = {"queries": 5, "smoothing_samples": 200, "smoothing_first": 20}
    found = measure(model, *spread, norm="l2", eps=0.05, smoothing=1.0, **few)
    values = found.measurements
    curve = [values[f"{NAME}[l2-eps={eps}]"] for eps in (0, 0.025, 0.05, 0.1)]
    assert [point.value for point in curve] == sorted((point.value for point in curve), reverse=True)
    assert curve[0].value > curve[-1].value
    assert curve[2] == values[NAME]
    assert values[NAME].n == 120
    assert values["smoothed_abstained"].value <= 120 - 120 * curve[0].value
    assert found.facts["smoothing.queries"] == 120 * 220
    assert kept_promise(robustness, found) == found
    again = measure(model, *spread, norm="l2", eps=0.05, smoothing=1.0, **few)
    assert found == again


def test_it_is_said_that_another_model_is_certified_and_in_which_norm(measure, spread):
    found = measure(lambda x: linear(x - 0.5), *spread, eps=0.05, smoothing=1.0, queries=5, smoothing_samples=50)
    said = [say(note) for note in found.notes]
    assert any("certifies another model" in note and "nothing about the model itself" in note for note in said)
    assert any("L2 distance, not within the norm" in note and "0.5774 times" in note for note in said)
    assert any("另一个模型" in say(note, "zh-CN") for note in found.notes)
    assert "not the model itself" in say(aigov_name(NAME))
    assert found.measurements["certified_accuracy"].value == 0
    plain = measure(lambda x: linear(x - 0.5), *spread, eps=0.05, queries=5)
    assert not [name for name in plain.measurements if name.startswith("smoothed")]
    for name in ("clean_accuracy", "robust_accuracy", "certified_accuracy", "queries"):
        assert plain.measurements[name] == found.measurements[name]


def aigov_name(name):
    from aigov import msg

    return msg(f"measurement.{name}", name=name)


def test_the_interval_allows_for_certificates_that_do_not_hold(measure, spread):
    model, same = (lambda x: linear(x - 0.5)), {"norm": "l2", "eps": 0.01, "smoothing": 1.0, "queries": 5}
    found = measure(model, *spread, **same, smoothing_alpha=0.1, curve=()).measurements[NAME]
    clean = measure(model, *spread, **same).measurements["clean_accuracy"]
    assert found.value > 0.9
    assert found.low < clean.low - 0.1 + 0.05


def test_in_sequential_mode_the_vote_is_over_the_samples_used(measure, spread):
    model, few = (lambda x: linear(x - 0.5)), {"smoothing_samples": 50, "queries": 5}
    values = measure(model, *spread, norm="l2", eps=0.01, smoothing=1.0, bound=0.5, **few).measurements
    assert values[NAME].n == values["samples_used"].value < 120


def test_a_slow_model_is_smoothed_on_fewer_samples_or_says_why_not(spread):
    x = spread[0]
    subject = attacked(linear, x)
    from aigov_checks.model.robustness.smoothing import smoothed

    params = RobustnessParams(smoothing=1.0, smoothing_samples=50, smoothing_first=50, seconds=10)
    assert len(smoothed(subject, params, 10 / (100 * 30.5)).right) == 30
    reason = smoothed(subject, params, 10 / (100 * 5.5))
    assert "too slow for 100 calls" in say(reason)


def test_a_predicted_value_has_no_vote(measure):
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (60, 3))
    declared = {"task": "regression", "output": FrozenMap({"unit": "K", "tolerance": 0.1})}
    found = measure(lambda rows: rows @ W, x, x @ W, declared=declared, smoothing=1.0, queries=5)
    assert NAME not in found.measurements
    assert any("predicts a value" in say(note) for note in found.notes)


@pytest.mark.parametrize(
    "bad", [{"smoothing": -1.0}, {"smoothing_alpha": 0.0}, {"smoothing_alpha": 0.5}, {"smoothing_samples": 0}]
)
def test_what_makes_no_sense_is_refused(bad):
    with pytest.raises(UnsupportedInputError, match=next(iter(bad))):
        validated(RobustnessParams(**bad))


def test_whole_numbers_stay_whole_under_noise_categories_get_none_and_few_features_have_no_distance(measure, spread):
    seen, (x, y) = [], spread
    rows = np.column_stack([x[:, :1], np.round(x[:, 1:2] * 9), np.arange(len(x)) % 3])

    def model(values):
        seen.append(values.copy())
        return linear(np.column_stack([values[:, 0] - 0.5, values[:, 1] / 9 - 0.5, values[:, 2] - 1]))

    inputs = {
        "flow": {"range": [0, 1]},
        "strokes": {"type": "integer", "range": [0, 9]},
        "grade": {"type": "categorical", "categories": [0, 1, 2]},
    }
    declared, few = {"inputs": inputs}, {"queries": 5, "smoothing_samples": 50, "smoothing_first": 20}
    found = measure(model, rows, y, declared=declared, eps=2.0, norm="l2", smoothing=0.5, **few)
    noisy = np.concatenate(seen)
    assert NAME in found.measurements
    assert (noisy[:, 1] == np.round(noisy[:, 1])).all()
    assert set(noisy[:, 2]) == {0, 1, 2}
    sparse = measure(model, rows, y, declared=declared, eps=1.0, norm="l0", smoothing=0.5, **few)
    assert "within l0" in say(sparse.measurements[NAME].limits)
