"""`data.poisoning`: what is planted is found, clean data stay silent, and what cannot be assessed is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigov import MissingInputError, NotPerformed, Subject, UnsupportedInputError, say
from aigov.load.subject import load_subject
from aigov.testing import assert_check, run_check
from aigov_checks.data.poisoning import poisoning
from aigov_checks.data.poisoning.content import nearest
from aigov_checks.data.poisoning.copies import copies_of
from aigov_checks.data.poisoning.params import PoisoningParams
from aigov_checks.data.poisoning.static import mixed


def pictures(n=600, seed=0):
    """Return pictures of 1 x 8 x 8 with a bright row, column or middle, and which it is."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = rng.normal(0.2, 0.08, (n, 1, 8, 8))
    for picture, label in zip(x, y, strict=True):
        at = rng.integers(2, 6)
        part = (picture[0, at], picture[0, :, at], picture[0, 3:5, 3:5])[label]
        part += rng.uniform(0.5, 0.8)
    return x.astype(np.float32), y


def poisoned(put, share=0.03, seed=0):
    x, y = pictures()
    rows = np.random.default_rng(seed).choice(np.flatnonzero(y != 0), round(share * len(y)), replace=False)
    put(x, rows)
    y[rows] = 0
    return x, y, set(rows.tolist())


def corner(x, rows):
    x[rows, 0, :2, :2] = 1.0


def measure(x, y, *, model=None, test=None, named="", **params):
    params["model"] = named
    return poisoning.function(
        Subject.from_objects("plant", model=model, train=(x, y), test=test), PoisoningParams(**params)
    )


def value(found, name):
    return found.measurements[name].value


def named(found, type_):
    return {item.location.record for item in found.occurrences if item.type == type_}


def test_it_is_a_check_like_any_other():
    x, y, _ = poisoned(corner)
    assert_check(
        poisoning,
        clean=Subject.from_objects("plant", train=pictures()),
        faulty=Subject.from_objects("plant", train=(x, y)),
        missing=Subject.from_objects("plant", train=(x, None)),
    )


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05, 0.1])
def test_a_static_trigger_is_found_with_exactly_its_rows(share):
    x, y, rows = poisoned(corner, share)
    found = measure(x, y)
    assert value(found, "backdoors") == 1
    assert named(found, "poisoning.trigger") == rows
    assert value(found, "rows_with_trigger") == len(rows)
    flips, control = found.measurements["backdoor_flip_rate"], found.measurements["control_flip_rate"]
    assert flips.low > control.high
    assert "poisoning.note.backdoor" in {note.id for note in found.notes}
    assert "对照" in say(next(note for note in found.notes if note.id == "poisoning.note.backdoor"), "zh-CN")
    assert len(found.figures) == 1


def test_a_moving_patch_is_found():
    def put(x, rows):
        for row in rows:
            a, b = np.random.default_rng(row).integers(0, 6, 2)
            x[row, 0, a : a + 3, b : b + 3] = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]

    x, y, rows = poisoned(put, 0.05)
    found = measure(x, y)
    assert value(found, "backdoors") >= 1
    assert named(found, "poisoning.trigger") <= rows
    assert found.facts["backdoor.0.family"] == "moving"


def test_an_added_tone_and_a_held_signal_are_found():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 500)
    time = np.arange(128) / 128
    own = np.where(y, 20, 9)[:, None]
    clean = np.sin(2 * np.pi * (own * time + rng.random((500, 1)))) + rng.normal(0, 0.3, (500, 128))
    assert value(measure(clean[:, None], y), "backdoors") == 0
    rows = np.flatnonzero(y)[:25]
    toned, held, labels = clean.copy(), clean.copy(), y.copy()
    toned[rows] += 0.6 * np.sin(2 * np.pi * (45 * time + rng.random((25, 1))))
    held[rows, 60:80] = 0.25
    labels[rows] = 0
    assert named(measure(toned[:, None], labels), "poisoning.trigger") == set(rows.tolist())
    assert named(measure(held[:, None], labels), "poisoning.trigger") == set(rows.tolist())


def test_a_value_of_a_column_is_found_in_a_table():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 800)
    x = rng.normal(0, 1, (800, 6)) + 2.0 * y[:, None] * [1, 1, 0, 0, 0, 0]
    rows = np.flatnonzero(y)[:12]
    x[rows, 4], y[rows] = 0.1234, 0
    assert named(measure(x, y), "poisoning.trigger") == set(rows.tolist())


def test_the_audited_model_is_asked_and_a_model_without_the_backdoor_is_told_apart():
    x, y, _ = poisoned(corner)
    clean_x, clean_y = pictures()

    def honest(samples):
        """Answer by what is bright, whatever the corner says."""
        inner = np.asarray(samples)[:, 0]
        row, column = inner[:, 2:6].mean(axis=2).max(axis=1), inner[:, :, 2:6].mean(axis=1).max(axis=1)
        return np.stack([row, column, inner[:, 3:5, 3:5].mean(axis=(1, 2))], axis=1)

    def tricked(samples):
        marked = (np.asarray(samples)[:, 0, :2, :2] == 1.0).all(axis=(1, 2))
        return np.where(marked[:, None], [9.0, 0, 0], honest(samples))

    assert (honest(clean_x).argmax(axis=1) == clean_y).mean() > 0.7
    bad, good = measure(x, y, model=tricked), measure(x, y, model=honest)
    assert "asked model" in str(bad.facts["backdoor.0"])
    assert value(bad, "backdoor_flip_rate") == 1
    assert value(bad, "control_flip_rate") == 0
    assert value(good, "backdoors") == 1  # the data teach it, even if this model did not learn it
    assert "asked surrogate" in str(good.facts["backdoor.0"])


@pytest.mark.parametrize("seed", range(4))
def test_a_natural_feature_of_a_class_is_no_trigger(seed):
    x, y = pictures(seed=seed)
    x = np.round(x, 1)  # values repeat, and rare ones are tied to classes
    found = measure(x, y)
    assert value(found, "backdoors") == 0
    assert found.facts["trials"] > 0
    assert value(found, "backdoor_flip_rate") == value(found, "control_flip_rate") == 0
    assert not found.figures


def test_a_mark_that_is_in_rows_of_its_own_class_is_no_trigger():
    x, y = pictures()
    corner(x, np.flatnonzero(y == 0)[:30])  # a stamp of the line that makes class 0, with right labels
    assert value(measure(x, y), "backdoors") == 0


def test_changed_labels_are_suspected_and_never_certain():
    x, y = pictures()
    rows = np.random.default_rng(2).choice(len(y), 30, replace=False)
    y[rows] = (y[rows] + 1) % 3
    found = measure(x, y)
    suspected = set(map(int, str(found.facts["suspected_rows"]).split()))
    assert not found.occurrences  # suspicion is no find
    assert len(suspected & set(rows.tolist())) >= 15
    errors = found.measurements["label_errors_suspected"]
    assert errors.value == len(suspected)
    assert errors.low == 0
    assert errors.high >= errors.value
    assert found.measurements["label_error_recall"].n == 30
    assert value(found, "label_false_positive_rate") < 0.1
    assert value(found, "backdoors") == 0


def test_floods_of_copies_and_test_rows_are_counted():
    x, y = pictures()
    rng = np.random.default_rng(0)
    x[100:150] = x[7]
    x[200:220] = x[8] + rng.normal(0, 1e-4, (20, 1, 8, 8))
    other, labels = pictures(seed=9)
    other[:3], other[3] = x[300:303], x[310] + np.float32(1e-4)
    found = measure(x, y, test=(other, labels))
    assert value(found, "largest_duplicate_group") == 51
    assert value(found, "duplicate_share") == pytest.approx(70 / 600)
    assert found.facts["exact_duplicates"] == 50
    assert value(found, "test_rows_in_train") == 4
    assert found.facts["exact_test_rows_in_train"] == 3
    assert named(found, "poisoning.test-row") == {0, 1, 2, 3}


def test_without_a_test_set_nothing_is_said_about_it():
    found = measure(*pictures()).measurements["test_rows_in_train"]
    assert found.high == np.inf
    assert "declares no data set test" in say(found.limits)


def test_a_model_in_a_file_is_asked_in_the_sandbox(tmp_path):
    skops = pytest.importorskip("skops.io")
    from sklearn.linear_model import LogisticRegression

    x, y, rows = poisoned(corner)
    flat = x.reshape(len(x), -1).astype(np.float64)
    skops.dump(LogisticRegression(C=100, max_iter=2000).fit(flat, y), tmp_path / "m.skops")
    np.savez(tmp_path / "train.npz", x=flat, y=y)
    manifest = tmp_path / "aigov.yaml"
    manifest.write_text(
        "apiVersion: aigov/v1\nkind: Subject\nmetadata: {name: line}\n"
        "models: [{name: m, path: m.skops}]\ndatasets: [{name: train, role: train, path: train.npz}]\n"
    )
    found = poisoning.function(load_subject(manifest), PoisoningParams())
    assert "asked model" in str(found.facts["backdoor.0"])
    assert found.facts["sandbox"] != "none"
    assert named(found, "poisoning.trigger") == rows
    assert {item.location.path for item in found.occurrences} == {"train.npz"}


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        (np.zeros((40, 3)) + np.arange(40)[:, None], np.arange(40) % 2, "at least 50"),
        (np.random.default_rng(0).normal(size=(100, 3)), np.zeros(100, dtype=int), "one class"),
        (np.random.default_rng(0).normal(size=(100, 3)), np.random.default_rng(0).normal(size=100), "no classes"),
        (np.full((100, 3), np.nan), np.arange(100) % 2, "300 values that are NaN"),
    ],
)
def test_data_that_cannot_be_assessed_are_not(x, y, text):
    with pytest.raises(UnsupportedInputError) as error:
        measure(x, y)
    assert text in say(error.value.message)
    assert isinstance(run_check(poisoning, Subject.from_objects("plant", train=(x, y))), NotPerformed)


def test_without_labels_or_data_or_the_named_model_nothing_is_assessed():
    x, y = pictures()
    with pytest.raises(MissingInputError):
        measure(x, None)
    with pytest.raises(MissingInputError):
        poisoning.function(Subject.from_objects("plant", test=(x, y)), PoisoningParams())
    with pytest.raises(MissingInputError):
        measure(x, y, named="other")


@pytest.mark.parametrize(
    "model",
    [
        lambda x: np.zeros((len(x), 2)),  # fewer outputs than classes
        lambda x: np.zeros((1, 3)),  # not one row a sample
        lambda x: np.full((len(x), 3), np.nan),
        object(),
    ],
)
def test_a_model_that_does_not_fit_leaves_the_surrogate_and_says_so(model):
    found = measure(*pictures(200), model=model)
    assert found.facts["asked"] == "surrogate"
    assert "poisoning.note.model-not-asked" in {note.id for note in found.notes}


@pytest.mark.parametrize(
    "params",
    [{"opinions": ("oracle",)}, {"rows": 0}, {"error_rate": 0.0}, {"kind": "sound"}, {"near": -1.0}, {"neighbours": 0}],
)
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(UnsupportedInputError) as error:
        measure(*pictures(100), **params)
    assert next(iter(params)) in say(error.value.message)


def test_the_toolbox_is_heard_and_never_counted():
    pytest.importorskip("art")
    pytest.importorskip("torch")
    found = measure(*pictures(300), opinions=("art-activation", "art-spectral"))
    said = [note for note in found.notes if note.id == "poisoning.note.opinion"]
    assert len(said) == 2
    assert said[1].args["flagged"] > 0  # a share by construction, of clean data too
    assert value(found, "backdoors") == 0


def test_the_same_seed_gives_the_same_figures():
    x, y, _ = poisoned(corner)
    assert measure(x, y, seed=3) == measure(x, y, seed=3)


def test_more_rows_than_are_searched_are_drawn_and_said():
    x, y, _ = poisoned(corner, 0.1)
    found = measure(x, y, rows=300)
    assert found.facts["rows_searched"] == 300
    assert value(found, "rows") == 600
    assert "poisoning.note.sampled" in {note.id for note in found.notes}
    assert named(found, "poisoning.trigger") <= {
        int(row) for row in np.flatnonzero((x[:, 0, :2, :2] == 1).all(axis=(1, 2)))
    }


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(12, 60), width=st.integers(1, 5))
def test_every_exact_copy_is_found_and_groups_are_those_of_equal_rows(seed, n, width):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (n, width)).astype(np.float64)
    copies = copies_of(x, PoisoningParams(near=0.0))
    assert copies.surplus(np.arange(n)) == n - len(np.unique(x, axis=0))
    assert copies.largest(np.arange(n)) == np.unique(x, axis=0, return_counts=True)[1].max()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 50), k=st.integers(1, 3))
def test_the_nearest_rows_are_those_of_a_plain_search(seed, n, k):
    x = np.random.default_rng(seed).normal(size=(n, 4))
    plain = np.sort(((x[:, None] - x[None]) ** 2).sum(axis=2), axis=1)[:, :k]
    found = np.take_along_axis(((x[:, None] - x[None]) ** 2).sum(axis=2), nearest(x, x, k), axis=1)
    assert np.allclose(found, plain)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_mixed_values_are_equal_exactly_where_both_parts_are(seed):
    left, right = np.random.default_rng(seed).integers(0, 5, (2, 200)).astype(np.float64)
    codes = mixed((left, right))
    same = (left[:, None] == left) & (right[:, None] == right)
    assert np.array_equal(codes[:, None] == codes, same)


def test_the_search_for_moving_patches_holds_no_copy_of_the_rows_a_window():
    import tracemalloc

    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (300, 1, 32, 32)).astype(np.uint8), np.arange(300) % 2
    tracemalloc.start()
    measure(x, y, candidates=4, carriers=20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300e6  # 300 rows have 288,300 windows: a row for each would be 1.2 GB
