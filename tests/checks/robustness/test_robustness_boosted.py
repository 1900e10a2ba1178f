"""XGBoost and LightGBM files are read without these libraries, answer as they do, and are answered exactly."""

from __future__ import annotations

import itertools
import json

import lightgbm
import numpy as np
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigov import Measured, UnsupportedInputError
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.boosted.lightgbm_text import read_lightgbm
from aigov_checks.model.robustness.boosted.model import ensemble_of
from aigov_checks.model.robustness.boosted.predictor import BoostedPredictor
from aigov_checks.model.robustness.boosted.xgboost_document import read_xgboost
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Wanted

RNG = np.random.default_rng(3)
X = RNG.normal(size=(300, 4)).astype(np.float32)
X[RNG.random(X.shape) < 0.05] = np.nan
KNOWN = np.nan_to_num(X)
VALUE = 2 * KNOWN[:, 0] + KNOWN[:, 1] ** 2 + RNG.normal(0, 0.1, 300)
POSITIVE, PAIR, THREE = np.abs(VALUE) + 0.1, (VALUE > 1).astype(int), np.digitize(VALUE, [0, 1.5])
SEEN = RNG.normal(size=(400, 4)).astype(np.float32)
SEEN[RNG.random(SEEN.shape) < 0.1] = np.nan


def predictor_of(model):
    return BoostedPredictor(model, ensemble_of(model))


@pytest.mark.parametrize("written", ["json", "ubj"])
@pytest.mark.parametrize(
    ("objective", "y"),
    [
        ("reg:squarederror", VALUE),
        ("reg:absoluteerror", VALUE),
        ("reg:pseudohubererror", VALUE),
        ("reg:logistic", PAIR),
        ("count:poisson", POSITIVE),
        ("reg:gamma", POSITIVE),
        ("reg:tweedie", POSITIVE),
    ],
)
def test_a_value_of_xgboost_is_that_of_the_library(objective, y, written):
    model = xgboost.XGBRegressor(n_estimators=20, objective=objective, max_depth=4, n_jobs=1).fit(X, y)
    found = predictor_of(read_xgboost(bytes(model.get_booster().save_raw(written)), "m", Wanted.VALUES))
    answered = found.scores(SEEN)[:, 0]
    assert answered.dtype == np.float32
    if objective in {"reg:squarederror", "reg:absoluteerror"}:
        assert np.array_equal(answered, model.predict(SEEN))
    assert np.allclose(answered, model.predict(SEEN), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
@pytest.mark.parametrize(
    ("objective", "y"), [("binary:logistic", PAIR), ("binary:hinge", PAIR), ("multi:softprob", THREE)]
)
def test_a_class_of_xgboost_is_that_of_the_library(objective, y, booster):
    more = {"rate_drop": 0.3} if booster == "dart" else {"num_parallel_tree": 2}
    model = xgboost.XGBClassifier(n_estimators=10, objective=objective, booster=booster, n_jobs=1, **more).fit(X, y)
    found = predictor_of(read_xgboost(bytes(model.get_booster().save_raw("ubj")), "m", Wanted.CLASSES))
    assert np.array_equal(found.scores(SEEN).argmax(axis=1), model.predict(SEEN))
    expected = model.predict(SEEN, output_margin=True).reshape(len(SEEN), -1)
    assert np.allclose(found.sums(SEEN), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("boosting", ["gbdt", "dart", "rf"])
@pytest.mark.parametrize(
    ("objective", "y"),
    [("regression", VALUE), ("poisson", POSITIVE), ("mape", POSITIVE), ("binary", PAIR), ("multiclass", THREE)],
)
def test_lightgbm_answers_as_the_library(objective, y, boosting):
    settings = {"objective": objective, "boosting": boosting, "verbose": -1, "num_threads": 1}
    settings |= {"num_class": 3} if objective == "multiclass" else {}
    settings |= {"bagging_freq": 1, "bagging_fraction": 0.7} if boosting == "rf" else {}
    settings |= {"use_missing": False} if boosting == "dart" else {}
    model = lightgbm.train(settings, lightgbm.Dataset(X, y), 15)
    values = objective not in {"binary", "multiclass"}
    found = predictor_of(
        read_lightgbm(model.model_to_string().encode(), "m", Wanted.VALUES if values else Wanted.CLASSES)
    )
    if values:
        assert np.allclose(found.scores(SEEN.astype(float))[:, 0], model.predict(SEEN), rtol=1e-12, atol=0)
    else:
        sums = found.sums(SEEN.astype(float)) * found.model.divisor
        assert np.allclose(sums, model.predict(SEEN, raw_score=True).reshape(len(SEEN), -1), rtol=1e-12, atol=1e-12)


def xgboost_thresholds(model, feature):
    found, waiting = [], [json.loads(text) for text in model.get_booster().get_dump(dump_format="json")]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.get("children", ()))
        found += [node["split_condition"]] if node.get("split") == f"f{feature}" else []
    return np.array(found)


def lightgbm_thresholds(model, feature):
    found, waiting = [], [tree["tree_structure"] for tree in model.booster_.dump_model()["tree_info"]]
    while waiting:
        node = waiting.pop()
        waiting.extend(node[side] for side in ("left_child", "right_child") if side in node)
        found += [node["threshold"]] if node.get("split_feature") == feature else []
    return np.array(found)


def cells(row, reach, box, thresholds, dtype):
    """Return one point of every cell of the grid that the thresholds cut into the ball, and both sides of each cut."""
    axes = []
    for feature, value in enumerate(row):
        low, high = max(value - reach, box[0][feature]), min(value + reach, box[1][feature])
        cuts = thresholds(feature).astype(dtype)
        near = np.concatenate([cuts, np.nextafter(cuts, dtype(-np.inf)), np.nextafter(cuts, dtype(np.inf))])
        axes.append(np.unique(np.concatenate([[low, high, value], near[(near >= low) & (near <= high)]])))
    return np.array(list(itertools.product(*axes)), dtype=dtype)


LIBRARIES = {
    "xgboost": (
        lambda seed: xgboost.XGBClassifier(n_estimators=4, max_depth=2, random_state=seed, n_jobs=1),
        xgboost_thresholds,
        lambda model, path: model.save_model(path.with_suffix(".ubj")) or path.with_suffix(".ubj"),
        np.float32,
    ),
    "lightgbm": (
        lambda seed: lightgbm.LGBMClassifier(
            n_estimators=4, num_leaves=4, min_child_samples=3, random_state=seed, verbose=-1, n_jobs=1
        ),
        lightgbm_thresholds,
        lambda model, path: model.booster_.save_model(path.with_suffix(".txt")) and path.with_suffix(".txt"),
        np.float64,
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 3), reach=st.sampled_from([0.05, 0.1, 0.3]))
def test_the_exact_answer_is_that_of_an_enumeration(measure, tmp_path, library, seed, classes, reach):  # noqa: PLR0913, PLR0917  # the cases
    make, thresholds, save, dtype = LIBRARIES[library]
    rng = np.random.default_rng(seed)
    y = np.arange(60) % classes
    x = (rng.uniform(0, 1, (60, 3)) + y[:, None] * [0.4, -0.3, 0.1]).astype(np.float32)
    model = make(seed).fit(x, y)
    rows = np.arange(15)
    box = x[rows].min(axis=0), x[rows].max(axis=0)
    result = measure(save(model, tmp_path / "m"), x[rows], y[rows], eps=reach, curve=())
    assert result.facts["exact"] == "milp"
    inside, inside_least = [], []
    for row in rows:
        points = cells(x[row].astype(np.float64), reach * (1 - 1e-6), box, lambda f: thresholds(model, f), dtype)
        inside_least.append(bool((model.predict(points) == y[row]).all()))
        points = cells(x[row].astype(np.float64), reach * (1 + 1e-6), box, lambda f: thresholds(model, f), dtype)
        inside.append(bool((model.predict(points) == y[row]).all()))
    standing = round(result.measurements["robust_accuracy"].value * len(rows))
    assert sum(inside) <= standing
    assert standing - result.facts["undecided"] <= sum(inside_least)
    assert result.facts["undecided"] == 0


def test_a_file_is_measured_in_the_sandbox_as_it_is_here_and_as_the_live_object(measure, build, tmp_path, blobs):
    x, y = blobs
    model = xgboost.XGBClassifier(n_estimators=10, max_depth=3, n_jobs=1).fit(x, y)
    model.save_model(tmp_path / "m.json")
    asked = {"eps": 0.05, "curve": (0.5, 1.0), "queries": 20}
    filed, live = (measure(source, x, y, **asked) for source in (tmp_path / "m.json", model))
    subject = build.subject(build.model(tmp_path / "m.json"), build.dataset(x, y))
    boxed = robustness.function(subject, RobustnessParams(**asked))
    assert isinstance(boxed, Measured)
    assert filed.facts["exact"] == live.facts["exact"] == "milp"
    assert filed.measurements == live.measurements == boxed.measurements
    assert 0 < filed.measurements["robust_accuracy"].value < filed.measurements["clean_accuracy"].value


def test_a_wrapper_that_stopped_early_is_measured_up_to_its_best_round(measure, tmp_path, blobs):
    x, y = blobs
    flipped = np.where(np.arange(120) % 5 == 0, 1 - y, y)
    model = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=5, learning_rate=0.5, n_jobs=1)
    model.fit(x[:60], y[:60], eval_set=[(x[60:], flipped[60:])], verbose=False)
    model.save_model(tmp_path / "m.json")
    result = measure(tmp_path / "m.json", x, y, eps=0.01, curve=())
    assert int(result.facts["trees"]) == model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    assert "robustness.note.best-iteration" in {note.id for note in result.notes}
    document = json.loads((tmp_path / "m.json").read_text("utf-8"))
    del document["learner"]["gradient_booster"]["model"]["iteration_indptr"]  # as before XGBoost 2.0
    (tmp_path / "old.json").write_text(json.dumps(document), "utf-8")
    assert measure(tmp_path / "old.json", x, y, eps=0.01, curve=()).measurements == result.measurements


def reason(run):
    with pytest.raises(UnsupportedInputError) as error:
        run()
    for lang in ("en", "zh-CN"):
        assert "{" not in error.value.sentence(lang)
    return error.value.message.id


@pytest.fixture
def document(blobs, tmp_path):
    """Return the document of a small model and a function that writes it back and returns the path."""
    model = xgboost.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(*blobs)
    found = json.loads(bytes(model.get_booster().save_raw("json")))

    def write():
        path = tmp_path / "m.json"
        path.write_text(json.dumps(found), "utf-8")
        return path

    return found, write


def tree_of(document):
    return document["learner"]["gradient_booster"]["model"]["trees"][0]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("left_children", 10**6),
        ("left_children", 0),
        ("right_children", -1),
        ("right_children", 1),
        ("split_indices", 4),
        ("split_indices", -1),
        ("split_conditions", float("nan")),
        ("default_left", "yes"),
    ],
)
def test_trees_that_cannot_be_are_named(measure, document, blobs, column, value):
    found, write = document
    tree_of(found)[column][0] = value
    assert reason(lambda: measure(write(), *blobs)) == "robustness.boosted.broken"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda learner: learner.pop("objective"), "robustness.boosted.broken"),
        (lambda learner: learner["objective"].update(name="rank:ndcg"), "robustness.boosted.objective"),
        (lambda learner: learner["objective"].update(name="reg:gamma"), "robustness.boosted.other-task"),
        (lambda learner: learner["gradient_booster"].update(name="gblinear"), "robustness.boosted.part"),
        (lambda learner: learner["learner_model_param"].update(num_feature="-3"), "robustness.boosted.broken"),
        (lambda learner: learner["learner_model_param"].update(base_score="[1,2,3]"), "robustness.boosted.broken"),
        (lambda learner: learner["gradient_booster"]["model"].update(tree_info=[0, 7]), "robustness.boosted.broken"),
        (lambda learner: learner["gradient_booster"]["model"].update(tree_info=[0]), "robustness.boosted.broken"),
    ],
)
def test_what_a_document_must_say_is_asked_for(measure, document, blobs, change, expected):
    found, write = document
    change(found["learner"])
    assert reason(lambda: measure(write(), *blobs)) == expected


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("suffix", [".json", ".ubj", ".txt"])
def test_a_file_that_was_cut_off_is_named(measure, tmp_path, blobs, suffix, keep):
    path = tmp_path / f"m{suffix}"
    if suffix == ".txt":
        settings = {"objective": "binary", "verbose": -1, "num_threads": 1}
        lightgbm.train(settings, lightgbm.Dataset(*blobs), 3).save_model(path)
        path.write_bytes(path.read_bytes().partition(b"\nend of trees")[0])
    else:
        xgboost.XGBClassifier(n_estimators=2, n_jobs=1).fit(*blobs).save_model(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert reason(lambda: measure(path, *blobs)) == "robustness.boosted.broken"


def test_splits_on_categories_and_linear_leaves_are_not_read(measure, tmp_path, blobs):
    x, y = blobs
    coded = np.column_stack([x, RNG.integers(0, 6, 120)])
    data = lightgbm.Dataset(coded, (coded[:, 4] % 2).astype(int), categorical_feature=[4])
    common = {"objective": "binary", "verbose": -1, "num_threads": 1}
    lightgbm.train({**common, "min_data_per_group": 1, "cat_smooth": 1}, data, 3).save_model(tmp_path / "c.txt")
    linear = {"objective": "binary", "linear_tree": True, "verbose": -1, "num_threads": 1}
    lightgbm.train(linear, lightgbm.Dataset(x, y, params={"linear_tree": True}), 3).save_model(tmp_path / "l.txt")
    lightgbm.train({**common, "zero_as_missing": True}, lightgbm.Dataset(x - 0.5, y), 3).save_model(tmp_path / "z.txt")
    assert reason(lambda: measure(tmp_path / "c.txt", coded, y)) == "robustness.boosted.part"
    assert reason(lambda: measure(tmp_path / "l.txt", x, y)) == "robustness.boosted.part"
    assert reason(lambda: measure(tmp_path / "z.txt", x, y)) == "robustness.boosted.part"


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", "tree\nversion=v4\n", "hello", '{"learner": {}}', "{" * 100_000])
@pytest.mark.parametrize("suffix", [".json", ".ubj", ".txt"])
def test_other_texts_are_no_models(measure, tmp_path, blobs, suffix, text):
    path = tmp_path / f"m{suffix}"
    path.write_text(text, "utf-8")
    assert reason(lambda: measure(path, *blobs)) in {"robustness.boosted.broken", "robustness.format"}


def test_features_in_another_order_are_named(measure, tmp_path, blobs):
    x, y = blobs
    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y, feature_names=list("abcd")), 2)
    model.save_model(tmp_path / "m.ubj")
    assert measure(tmp_path / "m.ubj", x, y, features=tuple("abcd"), curve=()).facts["exact"] == "milp"
    shuffled = measure, tmp_path / "m.ubj", x[:, [1, 0, 2, 3]], y
    assert reason(lambda: shuffled[0](*shuffled[1:], features=tuple("bacd"))) == "robustness.feature-order"
