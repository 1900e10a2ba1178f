"""`model.robustness` on scikit-learn models: exact where they are linear, by decision where only labels are seen."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from aigov import UnsupportedInputError


def skops_file(path, model):
    import skops.io

    skops.io.dump(model, path)
    return path


def corners_stand(model, x, y, eps):
    low, high = x.min(axis=0), x.max(axis=0)
    stands = model.predict(x) == y
    for signs in itertools.product((-1, 1), repeat=x.shape[1]):
        stands &= model.predict(np.clip(x + eps * np.array(signs), low, high)) == y
    return stands.mean()


@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_model_is_measured_exactly(measure, tmp_path, classes):
    rng = np.random.default_rng(classes)
    y = np.arange(150) % classes
    x = rng.normal(0, 1, (150, 5)) + y[:, None] * [1.2, -0.8, 0.5, 0, 0]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    result = measure(skops_file(tmp_path / "m.skops", model), x, y, eps=0.3)
    assert result.facts["exact"] is True
    assert result.measurements["robust_accuracy"].value == corners_stand(model, x, y, 0.3)
    assert result.measurements["robust_accuracy[eps=0.6]"].value == corners_stand(model, x, y, 0.6)
    assert result.measurements["zero_gradient_share"].high < 0.05


def test_the_closed_form_in_l2_is_the_distance_to_the_plane(measure):
    rng = np.random.default_rng(5)
    x = np.vstack([rng.normal(0, 1, (100, 3)), [[-50.0] * 3, [50.0] * 3]])
    y = (x @ [1.0, 2.0, -1.0] > 0).astype(int)
    model = LogisticRegression(C=100).fit(x, y)
    distance = np.abs(model.decision_function(x)) / np.linalg.norm(model.coef_)
    expected = ((distance > 0.4) & (model.predict(x) == y)).mean()
    result = measure(model, x, y, eps=0.4, norm="l2")
    assert result.measurements["robust_accuracy"].value == pytest.approx(expected, abs=1e-9)


def test_text_labels_are_matched_with_the_classes_of_the_model(measure, blobs):
    x, y = blobs
    names = np.array(["fault", "healthy"])[y]
    result = measure(LogisticRegression().fit(x, names), x, names, eps=0.05)
    assert result.measurements["clean_accuracy"].value > 0.8


def test_a_tree_behind_a_function_is_attacked_by_its_decisions(measure, blobs):
    x, y = blobs[0].astype(np.float64)[:30], blobs[1][:30]
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(*blobs)
    result = measure(tree.predict, x, y, eps=0.1, queries=200)
    assert "art-hop-skip-jump" in result.facts["stages"]
    assert result.measurements["robust_accuracy"].value < result.measurements["clean_accuracy"].value
    assert result.measurements["zero_gradient_share"].limits is not None


def test_hop_skip_jump_alone_breaks_a_model_that_answers_labels(blobs):
    from aigov_checks.model.robustness.art_attacks import Decisions, hop_skip_jump
    from aigov_checks.model.robustness.ball import balls_around
    from aigov_checks.model.robustness.budget import Budget

    x, y = blobs[0].astype(np.float64)[:12], blobs[1][:12]
    model = LogisticRegression(C=100).fit(*blobs)
    budget = Budget("linf", np.full(4, 0.15), np.zeros(4), np.ones(4))
    balls = balls_around(x, budget, 1.0, np.float64)
    first, second = (hop_skip_jump(Decisions(model.predict, 2, 400), balls, y, 1) for _ in range(2))
    broken = model.predict(balls.project(first)) != y
    signs = np.sign(model.coef_[0]) * np.where(y == 1, -1, 1)[:, None]
    exact = model.predict(balls.project(x + 0.15 * signs)) != y
    assert broken.sum() >= 0.75 * exact.sum() > 0
    assert not (broken & ~exact).any()
    assert np.array_equal(first, second)


def test_a_skops_file_that_needs_trust_is_not_loaded(measure, tmp_path, blobs):
    model = make_pipeline(FunctionTransformer(np.linalg.norm), LogisticRegression())
    model.steps[1][1].fit(*blobs)
    with pytest.raises(UnsupportedInputError) as error:
        measure(skops_file(tmp_path / "m.skops", model), *blobs)
    assert error.value.message.id == "robustness.untrusted-types"


def test_an_estimator_of_art_is_measured(measure, blobs):
    from art.estimators.classification import SklearnClassifier

    wrapped = SklearnClassifier(LogisticRegression(C=10).fit(*blobs))
    result = measure(wrapped, *blobs, eps=0.08, queries=100)
    assert result.measurements["robust_accuracy"].value < result.measurements["clean_accuracy"].value


@pytest.mark.parametrize("make", [LogisticRegression, lambda: make_pipeline(StandardScaler(), LogisticRegression())])
def test_a_linear_model_that_was_fitted_in_single_precision_is_answered_exactly(measure, blobs, make):
    x, y = blobs
    assert x.dtype == np.float32
    assert measure(make().fit(x, y), x, y, eps=0.05, curve=()).facts["exact"] is True


def test_a_task_that_is_not_measured_is_refused_as_such(measure, blobs):
    with pytest.raises(UnsupportedInputError) as error:
        measure(LinearRegression().fit(*blobs), *blobs, declared={"task": "segmentation"})
    assert error.value.message.id == "robustness.task"
