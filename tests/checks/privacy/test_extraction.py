"""`model.extraction`: a copy agrees with its model as far as the queries reach, and never better than it was compared."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from aigov import MissingInputError, Subject, UnsupportedInputError, say
from aigov.testing import assert_check
from aigov_checks.model.extraction import extraction
from aigov_checks.model.extraction.features import flat
from aigov_checks.model.extraction.params import ExtractionParams
from aigov_checks.model.extraction.queries import choosing, queries_of
from aigov_checks.model.extraction.run import run

WEIGHTS = np.random.default_rng(3).normal(size=(10, 3))


def linear(x):
    return x @ WEIGHTS


@pytest.fixture(scope="module")
def rows():
    x = np.random.default_rng(0).normal(size=(400, 10))
    return x, linear(x).argmax(axis=1)


def subject_of(model, x, y, **declared):
    return Subject.from_objects("plant", model=model, test=(x, y), **declared)


def measure(model, x, y, **params):
    return extraction.function(subject_of(model, x, y), ExtractionParams(**{"budgets": (50, 200), **params}))


def notes_of(measured):
    return {note.id for note in measured.notes}


def test_the_scores_of_a_linear_model_give_the_model_away(rows):
    found = measure(linear, *rows)
    assert found.measurements["copy_fidelity"].value > 0.98
    assert found.measurements["copy_fidelity"] == found.measurements["copy_fidelity[queries=200]"]
    assert found.measurements["clean_accuracy"].value == 1
    assert found.facts["copy.200"] == "linear"
    assert found.measurements["samples"].value == 200


def test_labels_give_less_away_than_scores_and_more_with_more_queries(rows):
    found = measure(linear, *rows, answers="labels", budgets=(20, 400)).measurements
    assert found["copy_fidelity[queries=20]"].value < found["copy_fidelity[queries=400]"].value
    assert found["copy_fidelity[queries=20]"].value < measure(linear, *rows).measurements["copy_fidelity"].value


def test_a_model_of_chance_is_not_copied_and_a_constant_one_called_so(rows):
    x, y = rows
    noise = np.random.default_rng(5).normal(size=(10, 3)) * 1e6
    chance = measure(lambda asked: np.sin(asked @ noise), x, y)
    assert chance.measurements["copy_fidelity"].high < 0.6
    assert "extraction.note.no-better" in notes_of(chance)
    constant = measure(lambda asked: np.tile([2.0, 1.0, 0.0], (len(asked), 1)), x, y)
    assert constant.measurements["copy_fidelity"].value == constant.measurements["majority_share"].value == 1
    assert "robustness.note.constant" in notes_of(constant)
    assert constant.facts["copy.200"] == "constant"


def test_a_tree_is_copied_by_trees_and_the_same_seed_gives_the_same_bytes(rows):
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(*rows)
    first = measure(tree, *rows, seed=4)
    assert first == measure(tree, *rows, seed=4)
    assert first != measure(tree, *rows, seed=5)
    assert first.measurements["copy_fidelity"].low > first.measurements["majority_share"].value


def test_a_network_of_the_toolbox_copies_a_model_of_signals():
    pytest.importorskip("torch")
    pytest.importorskip("art")
    rng = np.random.default_rng(0)
    y = np.arange(240) % 2
    x = rng.normal(size=(240, 1, 64)) + np.where(y, 1.0, -1.0)[:, None, None]

    def level(asked):
        mean = asked.mean(axis=(1, 2))
        return np.stack([-mean, mean], axis=1)

    for answers in ("scores", "labels"):
        found = measure(level, x, y, copy="art", answers=answers, budgets=(100,))
        assert found.facts["copy.100"] == "art"
        assert found.measurements["copy_fidelity"].low > 0.8
        assert found == measure(level, x, y, copy="art", answers=answers, budgets=(100,))


def test_a_model_of_large_pictures_is_copied_from_their_blocks():
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    x = rng.normal(size=(120, 70, 90, 3)).astype(np.float32)
    x[:, 10:20] += np.where(y, 1.0, -1.0)[:, None, None, None]
    assert flat(x).shape == (120, 23 * 30 * 3)
    assert flat(x)[0, 0] == pytest.approx(x[0, :3, :3, 0].mean())

    def band(asked):
        level = asked[:, 10:20].mean(axis=(1, 2, 3))
        return np.stack([-level, level], axis=1)

    found = measure(band, x, y, copy="scikit-learn", budgets=(100,))
    assert found.measurements["copy_fidelity"].low > 0.8


def test_a_slow_model_gets_fewer_queries_and_an_open_upper_end(rows):
    def slow(asked):
        time.sleep(0.0004 * len(asked))
        return linear(asked)

    found = measure(slow, *rows, budgets=(20, 100_000), seconds=3.0)
    assert found.measurements["queries"].value == 20
    assert found.measurements["copy_fidelity"].high == 1
    assert "100000" in say(next(note for note in found.notes if note.id == "extraction.note.left-out"))
    with pytest.raises(UnsupportedInputError) as error:
        measure(slow, *rows, budgets=(100_000,), seconds=1.0)
    assert "100,000" in say(error.value.message)


def test_what_is_not_finite_or_random_is_no_crash(rows):
    x, y = rows
    holes = measure(lambda asked: np.where(asked[:, :1] > 0.5, np.nan, linear(asked)), x, y)
    assert holes.measurements["copy_fidelity"].high < 0.8
    rng = np.random.default_rng(0)
    assert "robustness.note.randomised" in notes_of(measure(lambda asked: rng.normal(size=(len(asked), 3)), x, y))
    with pytest.raises(UnsupportedInputError):
        measure(lambda asked: np.full((len(asked), 3), np.nan), x, y)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"answers": "all"}, "answers"),
        ({"copy": "mine"}, "copy"),
        ({"budgets": (3,)}, "budgets"),
        ({"samples": 5}, "samples"),
        ({"copy": "art"}, "auto"),
    ],
)
def test_what_cannot_be_done_is_said(rows, params, text):
    with pytest.raises(UnsupportedInputError) as error:
        measure(linear, *rows, **params)
    assert text in say(error.value.message)


def test_labels_that_are_missing_strange_or_too_few_and_silent_models_are_refused(rows):
    x, y = rows
    with pytest.raises(MissingInputError):
        measure(linear, x, None)
    for labels in (y + 5, np.where(y == 0, -1, y)):
        with pytest.raises(UnsupportedInputError):
            measure(linear, x, labels)
    with pytest.raises(UnsupportedInputError):
        measure(linear, x[:12], y[:12])
    with pytest.raises(UnsupportedInputError) as error:
        measure(lambda asked: linear(asked).argmax(axis=1), x, y, answers="scores")
    assert "answers=labels" in say(error.value.message)


def test_more_queries_begin_with_the_fewer_and_mix_nothing_that_chooses(rows):
    own = np.eye(30)
    few, many = queries_of(own, 60, 1), queries_of(own, 200, 1)
    assert np.array_equal(few, many[:60])
    assert np.array_equal(queries_of(own, 20, 1), own[:20])
    assert not many[30:, choosing(30)].any()
    assert np.allclose(many.sum(axis=1), 1)


def test_the_check_keeps_its_contract(rows):
    x, y = rows
    clean, faulty = subject_of(lambda asked: np.sin(9e6 * linear(asked)), x, y), subject_of(linear, x, y)
    params = ExtractionParams(budgets=(50,))
    assert_check(extraction, clean=clean, faulty=faulty, missing=replace(clean, datasets=()), params=params)


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_a_model_in_a_file_is_asked_in_the_sandbox_with_the_same_figures(rows, linear_onnx):
    x, y = rows
    subject = subject_of(None, x.astype(np.float32), y)
    from aigov import Model, Role

    subject = replace(subject, models=(Model("m", Role.MODEL, found=(linear_onnx(WEIGHTS),)),))
    params = ExtractionParams(budgets=(50,))
    found, outside = extraction.function(subject, params), run(subject, params)
    assert "landlock" in found.facts["sandbox"]
    assert found.measurements == outside.measurements
    assert found.measurements["copy_fidelity"].low > 0.9
