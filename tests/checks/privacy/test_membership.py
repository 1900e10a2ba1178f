"""`model.membership`: an over-fitted model is told from a well-regularised one, with intervals that hold."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigov import Dataset, MissingInputError, Model, Role, Subject, UnsupportedInputError, clopper_pearson, say
from aigov.load.arrays import FileReader
from aigov.testing import assert_check
from aigov_checks.model.membership import membership
from aigov_checks.model.membership.params import MembershipParams
from aigov_checks.model.membership.roc import Ranked, advantage, area, true_positives_at
from aigov_checks.model.membership.run import run

QUICK = {"shadows": 8, "second_opinion": "none"}


def subject_of(model, clouds, **declared):
    (x, y), (x_test, y_test) = clouds
    return Subject.from_objects("plant", model=model, train=(x, y), test=(x_test, y_test), **declared)


def measure(model, clouds, declared=None, **params):
    return membership.function(subject_of(model, clouds, **(declared or {})), MembershipParams(**{**QUICK, **params}))


def settled(measured):
    """Return the measurements that have a value."""
    return {name: value for name, value in measured.measurements.items() if value.finite}


def notes_of(measured):
    return {note.id for note in measured.notes}


@pytest.mark.parametrize("method", ["auto", "lira", "rmia", "loss"])
def test_an_over_fitted_forest_tells_its_training_data_and_a_regularised_model_does_not(
    clouds, over_fitted, regularised, method
):
    leaking, tight = (measure(model, clouds, method=method) for model in (over_fitted, regularised))
    assert leaking.measurements["membership_auc"].low > 0.75
    assert leaking.measurements["membership_tpr[fpr=0.01]"].low > (0.05 if method in {"auto", "rmia"} else -1)
    assert leaking.measurements["membership_advantage"].low > 0.3
    assert leaking.measurements["generalisation_gap"].value > 0.2
    assert tight.measurements["membership_auc"].high < 0.65
    assert tight.measurements["membership_tpr[fpr=0.01]"].value < 0.05
    assert leaking.facts["method"] == {"auto": "rmia"}.get(method, method)
    assert ("membership.note.weak" in notes_of(leaking)) == (method == "loss")
    assert leaking.measurements["shadow_models"].value == (0 if method == "loss" else 8)


def test_too_few_non_members_leave_a_small_rate_open(clouds, over_fitted):
    found = measure(over_fitted, clouds, method="loss").measurements["membership_tpr[fpr=0.001]"]
    assert found.low == 0
    assert "4,380" in say(found.limits)


def test_the_second_opinion_is_given_beside_and_decides_nothing(clouds, over_fitted):
    pytest.importorskip("art")
    plain = settled(measure(over_fitted, clouds, method="loss"))
    both = settled(measure(over_fitted, clouds, method="loss", second_opinion="art"))
    assert both["second_opinion_auc"].low > 0.8
    assert {name: value for name, value in both.items() if name != "second_opinion_auc"} == plain


def test_the_same_seed_gives_the_same_figures_and_a_forest_without_seed_does_not_matter(clouds, over_fitted):
    from sklearn.base import clone

    unseeded = clone(over_fitted).set_params(random_state=None).fit(*clouds[0])
    assert measure(unseeded, clouds) == measure(unseeded, clouds)


def test_what_stands_in_both_sets_is_no_non_member(clouds, over_fitted):
    (x, y), (x_test, y_test) = clouds
    mixed = ((x, y), (np.concatenate([x_test, x[:100]]), np.concatenate([y_test, y[:100]])))
    found = measure(over_fitted, mixed)
    assert found.measurements["non_members"].value == 500
    assert "100" in say(next(note for note in found.notes if note.id == "membership.note.shared"))
    with pytest.raises(UnsupportedInputError) as error:
        measure(over_fitted, (clouds[0], clouds[0]))
    assert "test" in say(error.value.message)


def test_a_function_that_trains_makes_shadow_models_of_any_model(clouds):
    def remember(x, y):
        table = {row.tobytes(): label for row, label in zip(x, y, strict=True)}

        def model(asked):
            known = np.array([table.get(row.tobytes(), -1) for row in asked])
            return np.stack([np.where(known == label, 3.0, np.where(known < 0, 0.0, -3.0)) for label in (0, 1)], axis=1)

        return model

    x, y = clouds[0]
    found = measure(remember(x, y), clouds, {"retrain": remember})
    assert found.facts["method"] == "rmia"
    assert found.measurements["membership_auc"].value == 1
    assert measure(remember(x, y), clouds).facts["method"] == "loss"


def test_a_training_that_cannot_be_repeated_is_said_and_a_method_that_needs_it_refused(clouds, over_fitted):
    def broken(x, y):
        raise ValueError

    found = measure(over_fitted, clouds, {"retrain": broken})
    assert found.facts["method"] == "loss"
    assert "membership.note.not-repeated" in notes_of(found)
    with pytest.raises(UnsupportedInputError) as error:
        measure(over_fitted.predict_proba, clouds, method="lira")
    assert "lira" in say(error.value.message)


def test_a_slow_training_is_not_repeated(clouds, over_fitted):
    import time

    def slow(x, y):
        time.sleep(0.2)
        return over_fitted

    found = measure(over_fitted, clouds, {"retrain": slow}, seconds=1.0)
    assert "membership.note.training-too-slow" in notes_of(found)


def test_a_model_that_answers_labels_or_at_random_is_measured_and_said(clouds, over_fitted):
    found = measure(over_fitted.predict, clouds).measurements
    assert found["membership_auc"].value == pytest.approx(0.5 + found["generalisation_gap"].value / 2)
    rng = np.random.default_rng(0)
    randomised = measure(lambda rows: rng.normal(size=(len(rows), 2)), clouds)
    assert "robustness.note.randomised" in notes_of(randomised)
    assert randomised.measurements["membership_auc"].low < 0.5 < randomised.measurements["membership_auc"].high


def test_outputs_that_are_not_finite_are_no_crash(clouds):
    found = measure(lambda x: np.where(x[:, :2] > 1, np.nan, x[:, :2]), clouds)
    assert found.measurements["membership_auc"].finite


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"method": "magic"}, "method"),
        ({"samples": 0}, "samples"),
        ({"confidence": 1.0}, "confidence"),
        ({"second_opinion": "mine"}, "second_opinion"),
        ({"seconds": 0.0}, "seconds"),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(clouds, over_fitted, params, text):
    with pytest.raises(UnsupportedInputError) as error:
        measure(over_fitted, clouds, **params)
    assert text in say(error.value.message)


def test_one_class_other_shapes_strange_labels_and_a_slow_model_are_refused(clouds, over_fitted):
    (x, y), (x_test, y_test) = clouds
    cases = {
        "train": ((x, 0 * y), (x_test, 0 * y_test)),
        "10": ((x, y), (x_test[:, :3], y_test)),
        "8 classes": ((x, np.where(y, 7, 0)), (x_test, y_test)),
    }
    for text, data in cases.items():
        with pytest.raises(UnsupportedInputError) as error:
            measure(over_fitted, data)
        assert text in say(error.value.message)
    three = ((x, y), (x_test, np.where(x_test[:, 0] > 2, 2, y_test)))
    with pytest.raises(UnsupportedInputError) as error:
        measure(lambda rows: rows[:, :3], three)
    assert "no training sample has" in say(error.value.message)
    with pytest.raises(MissingInputError):
        measure(over_fitted, ((x, None), (x_test, y_test)))
    only = Subject.from_objects("plant", model=over_fitted, test=(x_test, y_test))
    with pytest.raises(MissingInputError) as missing:
        membership.function(only, MembershipParams())
    assert "train" in say(missing.value.message)


def test_the_check_keeps_its_contract(clouds, over_fitted, regularised):
    clean, faulty = subject_of(regularised, clouds), subject_of(over_fitted, clouds)
    assert_check(
        membership,
        clean=clean,
        faulty=faulty,
        missing=replace(clean, datasets=clean.datasets[1:]),
        params=MembershipParams(**QUICK),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_a_forest_in_a_file_is_trained_anew_in_the_sandbox_with_the_same_figures(
    clouds, over_fitted, tmp_path, file_at
):
    import skops.io

    skops.io.dump(over_fitted, tmp_path / "forest.skops")
    subject = subject_of(over_fitted, clouds)
    model = replace(subject.models[0], value=None, found=(file_at(tmp_path / "forest.skops"),))
    subject, params = replace(subject, models=(model,)), MembershipParams(**QUICK)
    found = membership.function(subject, params)
    assert "landlock" in found.facts["sandbox"]
    assert found.facts["method"] == "rmia"
    assert settled(found) == settled(run(subject, params))
    assert not found.measurements["second_opinion_auc"].finite


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_a_network_in_a_file_is_attacked_by_its_loss(clouds, linear_onnx):
    weights = np.tile([-1.0, 1.0], (10, 1))
    data = [
        Dataset(name, Role.DATASET, value=(x.astype(np.float32), y), purpose=name, reader=FileReader())
        for name, (x, y) in zip(("train", "test"), clouds, strict=True)
    ]
    subject = Subject("plant", models=(Model("m", Role.MODEL, found=(linear_onnx(weights),)),), datasets=tuple(data))
    found = membership.function(subject, MembershipParams(**QUICK))
    assert found.facts["method"] == "loss"
    assert "membership.note.no-training" in notes_of(found)
    assert found.measurements["membership_auc"].low < 0.5 < found.measurements["membership_auc"].high


@settings(max_examples=25)
@given(
    members=st.lists(st.integers(0, 8), min_size=1, max_size=30),
    others=st.lists(st.integers(0, 8), min_size=1, max_size=30),
)
def test_the_area_is_the_chance_that_a_member_ranks_higher(members, others):
    found = area(Ranked(np.array(members), np.array(others)), 0.95)
    pairs = [(a > b) + (a == b) / 2 for a in members for b in others]
    assert found.value == pytest.approx(sum(pairs) / len(pairs))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0


def test_the_interval_of_a_rate_holds_for_the_true_rate():
    rng, misses, true = np.random.default_rng(0), 0, 0.5 * math.erfc((2.3263 - 1.0) / math.sqrt(2))
    for _ in range(200):
        ranked = Ranked(rng.normal(1.0, 1, 200), rng.normal(0, 1, 1000))
        found = true_positives_at(ranked, 0.01, 0.95)
        misses += not found.low <= true <= found.high
        assert found.high - found.low >= np.ptp(clopper_pearson(int(found.value * 200), 200, 0.95))
    assert misses <= 10


def test_guessing_has_no_advantage():
    rng = np.random.default_rng(0)
    found = advantage(Ranked(rng.normal(size=400), rng.normal(size=400)), 0, 0.95)
    assert found.low < 0 < found.high
