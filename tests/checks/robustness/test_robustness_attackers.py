"""Attackers of another library that a policy demands by name."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from aigov import FrozenMap, UnsupportedInputError
from aigov_checks.model.robustness.art_attacks import Decisions, boundary, zoo
from aigov_checks.model.robustness.ball import balls_around
from aigov_checks.model.robustness.budget import Budget


def _attacked(blobs, norm):
    """Return a linear model, samples, their allowed sets, and which of them can be broken at all."""
    x, y = blobs[0].astype(np.float64)[:12], blobs[1][:12]
    model = LogisticRegression(C=100).fit(*blobs)
    budget = Budget(norm, np.full(4, 0.15), np.full(4, -1.0), np.full(4, 2.0))
    slope = model.coef_[0] * np.where(y == 1, -1, 1)[:, None]
    step = np.sign(slope) if norm == "linf" else slope / np.linalg.norm(slope, axis=1)[:, None]
    return model, balls_around(x, budget, 1.0, np.float64), y, model.predict(x + 0.15 * step) != y


def test_the_boundary_attack_walks_to_the_nearest_other_class(blobs):
    model, balls, y, breakable = _attacked(blobs, "l2")
    first, second = (boundary(Decisions(model.predict, 2, 2000), balls, y, 1) for _ in range(2))
    broken = model.predict(balls.project(first)) != y
    assert broken.sum() >= 0.7 * breakable.sum() > 0
    assert not (broken & ~breakable).any()
    assert np.array_equal(first, second)


def test_zoo_follows_differences_of_scores_within_the_budget(blobs):
    model, balls, y, breakable = _attacked(blobs, "linf")
    first, second = (zoo(model.predict_proba, 1000, balls, y, 1) for _ in range(2))
    broken = model.predict(balls.project(first)) != y
    assert np.abs(first - balls.x).max() <= 0.15 + 1e-9
    assert broken.sum() >= 0.9 * breakable.sum() > 0
    assert not (broken & ~breakable).any()
    assert np.array_equal(first, second)


def _through_a_function(blobs):
    model = LogisticRegression(C=100).fit(*blobs)
    return model.predict_proba, blobs[0][:10], blobs[1][:10]


def test_what_is_demanded_runs_last_and_is_named(measure, blobs):
    result = measure(*_through_a_function(blobs), eps=0.02, queries=60, attackers=("zoo", "boundary", "hop-skip-jump"))
    assert result.facts["stages"].split(", ")[-3:] == ["art-zoo", "art-boundary", "art-hop-skip-jump"]
    assert "art" in result.facts
    assert "art-zoo" not in measure(*_through_a_function(blobs), eps=0.02, queries=60).facts["stages"]


@pytest.mark.parametrize(
    ("given", "id_"),
    [
        ({"attackers": ("carlini",)}, "robustness.bad-parameter"),
        ({"attackers": ("zoo",), "norm": "l0", "eps": 1.0}, "robustness.attacker-l0"),
    ],
)
def test_what_cannot_be_demanded_is_said(measure, blobs, given, id_):
    with pytest.raises(UnsupportedInputError) as error:
        measure(*_through_a_function(blobs), **{"eps": 0.02, **given})
    assert error.value.message.id == id_


def test_scores_that_are_not_there_cannot_be_demanded(measure, blobs):
    model = LogisticRegression().fit(*blobs)
    with pytest.raises(UnsupportedInputError) as error:
        measure(model.predict, *blobs, eps=0.02, attackers=("zoo",))
    assert error.value.message.id == "robustness.attacker-scores"


def test_predicted_values_have_no_such_attackers(measure, blobs):
    model = LinearRegression().fit(blobs[0], blobs[0].sum(axis=1))
    declared = {"task": "regression", "output": FrozenMap({"unit": "bar", "tolerance": 1.0})}
    with pytest.raises(UnsupportedInputError) as error:
        measure(model, blobs[0], blobs[0].sum(axis=1), declared=declared, eps=0.02, attackers=("zoo",))
    assert error.value.message.id == "robustness.attacker-values"
