"""Trees and sums of trees are answered exactly, as an independent enumeration of their cells does."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from aigov import UnsupportedInputError

KINDS = {
    "tree": lambda seed: DecisionTreeClassifier(max_depth=4, random_state=seed),
    "forest": lambda seed: RandomForestClassifier(5, max_depth=3, random_state=seed),
    "extra": lambda seed: ExtraTreesClassifier(5, max_depth=3, random_state=seed),
    "boosted": lambda seed: GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=seed),
    "histogram": lambda seed: HistGradientBoostingClassifier(
        max_iter=3, max_depth=2, min_samples_leaf=3, random_state=seed
    ),
    "scaled": lambda seed: make_pipeline(
        StandardScaler(), MinMaxScaler(), RandomForestClassifier(4, max_depth=3, random_state=seed)
    ),
}


def thresholds(model, feature):
    """Return where the model may change along a feature, found by looking at the trees and never at our reading."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if isinstance(last, HistGradientBoostingClassifier):
        nodes = np.concatenate([tree.nodes for row in last._predictors for tree in row])
        return nodes["num_threshold"][(nodes["feature_idx"] == feature) & (nodes["is_leaf"] == 0)]
    members = [last] if isinstance(last, DecisionTreeClassifier) else np.ravel(last.estimators_)
    found = np.concatenate([m.tree_.threshold[m.tree_.feature == feature] for m in members])
    for step in reversed(model.steps[:-1]) if hasattr(model, "steps") else ():
        columns = np.zeros((len(found), step[1].n_features_in_))
        columns[:, feature] = found
        found = step[1].inverse_transform(columns)[:, feature] if len(found) else found
    return found


def stands_everywhere(model, row, label, eps, box):
    """Ask the model about one point of every cell of the grid that its thresholds cut into the ball."""
    axes = []
    for feature, value in enumerate(row):
        low, high = max(value - eps, box[0][feature]), min(value + eps, box[1][feature])
        near = np.concatenate([t * (1 + np.array([-3e-7, 0, 3e-7])) for t in thresholds(model, feature)] or [[]])
        inside = np.unique(np.concatenate([[low, high, value], near[(near >= low) & (near <= high)]]))
        axes.append(np.unique(np.concatenate([inside, (inside[1:] + inside[:-1]) / 2])))
    cells = np.array(list(itertools.product(*axes)))
    return bool((model.predict(cells) == label).all())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 3), eps=st.sampled_from([0.02, 0.1, 0.3]))
def test_the_exact_answer_is_that_of_an_enumeration(measure, kind, seed, classes, eps):
    rng = np.random.default_rng(seed)
    y = np.arange(60) % classes
    x = rng.uniform(0, 1, (60, 3)) + y[:, None] * [0.4, -0.3, 0.1]
    model = KINDS[kind](seed).fit(x, y)
    rows = np.arange(20)
    box = x[rows].min(axis=0), x[rows].max(axis=0)
    expected = sum(stands_everywhere(model, x[row], y[row], eps, box) for row in rows)
    result = measure(model, x[rows], y[rows], eps=eps, curve=())
    assert result.facts["exact"] == "milp"
    standing = round(result.measurements["robust_accuracy"].value * len(rows))
    assert standing - result.facts["undecided"] <= expected <= standing
    assert result.facts["undecided"] == 0 or kind in {"forest", "tree", "extra", "scaled"}  # these can tie


def test_a_forest_of_fifty_trees_is_answered_for_150_rows_in_seconds(measure):
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    model = RandomForestClassifier(50, max_depth=6, random_state=0).fit(x[::2], y[::2])
    before = time.process_time()
    result = measure(model, x[1::2][:150], y[1::2][:150], eps=0.05, curve=(0.5, 1.0, 2.0))
    assert time.process_time() - before < 10
    assert result.facts["undecided"] <= 1  # one row can be moved to 25 votes against 25, where rounding decides
    small, main, large = (result.measurements[f"robust_accuracy[eps={e}]"].value for e in (0.025, 0.05, 0.1))
    assert small > main > large


def test_the_exact_answer_is_the_same_each_time(measure, blobs):
    x, y = blobs[0].astype(np.float64), blobs[1]
    model = RandomForestClassifier(30, random_state=0).fit(x, y)
    first, second = (measure(model, x, y, eps=0.05) for _ in range(2))
    assert first == second


def test_within_l2_trees_are_searched_and_not_called_exact(measure, blobs):
    x, y = blobs[0].astype(np.float64)[:20], blobs[1][:20]
    model = RandomForestClassifier(5, max_depth=3, random_state=0).fit(*blobs)
    result = measure(model, x, y, eps=0.1, norm="l2", queries=50, curve=())
    assert result.facts["exact"] is False
    assert result.measurements["undecided"].value == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_skops_file_of_trees_is_answered_as_the_live_model(measure, tmp_path, blobs, kind):
    import skops.io

    x, y = blobs[0].astype(np.float64), blobs[1]
    model = KINDS[kind](0).fit(x, y)
    skops.io.dump(model, tmp_path / "m.skops")
    filed, live = (measure(source, x, y, eps=0.03, curve=()) for source in (tmp_path / "m.skops", model))
    assert filed.facts["exact"] == "milp"
    assert filed.measurements == live.measurements


def test_a_feature_that_cannot_be_touched_is_not(measure, blobs):
    x, y = blobs[0].astype(np.float64), blobs[1]
    model = DecisionTreeClassifier(max_depth=1, random_state=0).fit(x, y)
    used = int(model.tree_.feature[0])
    inputs = {f"f{place}": {"range": (0, 1), "attackable": place != used} for place in range(4)}
    declared = {"inputs": inputs}
    result = measure(model, x, y, eps=0.5, curve=(), declared=declared, features=tuple(inputs))
    assert result.measurements["robust_accuracy"].value == result.measurements["clean_accuracy"].value


def test_a_search_that_may_not_work_leaves_an_open_interval(measure):
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    model = RandomForestClassifier(60, random_state=0).fit(x[::2], y[::2])
    full, cut = (measure(model, x[1:120:2], y[1:120:2], eps=0.05, curve=(), nodes=n, queries=5) for n in (1000, 0))
    assert cut.facts["undecided"] > full.facts["undecided"]
    robust = cut.measurements["robust_accuracy"]
    assert robust.value >= full.measurements["robust_accuracy"].value >= robust.low
    assert robust.limits is not None


def damaged(tree):
    state = tree.__getstate__()
    state["nodes"] = state["nodes"].copy()
    return state


@pytest.mark.parametrize(("column", "value"), [("left_child", 10**9), ("right_child", 0), ("feature", 4000)])
def test_a_skops_file_whose_tree_points_outside_is_not_run(measure, tmp_path, blobs, column, value):
    import skops.io

    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(*blobs)
    state = damaged(model.tree_)
    state["nodes"][column][0] = value
    model.tree_.__setstate__(state)
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(UnsupportedInputError) as error:
        measure(tmp_path / "m.skops", *blobs)
    assert error.value.message.id == "robustness.skops-broken"


def test_trees_inside_a_model_that_is_not_known_need_trust(measure, tmp_path, blobs):
    import skops.io

    skops.io.dump(BaggingClassifier(n_estimators=3).fit(*blobs), tmp_path / "m.skops")
    with pytest.raises(UnsupportedInputError) as error:
        measure(tmp_path / "m.skops", *blobs)
    assert error.value.message.id == "robustness.untrusted-types"


@pytest.mark.parametrize("classes", [2, 3])
def test_cell_by_cell_and_by_a_program_the_answers_are_the_same(measure, monkeypatch, classes):
    from aigov_checks.model.robustness import tree_cells

    rng = np.random.default_rng(4)
    y = np.arange(90) % classes
    x = rng.uniform(0, 1, (90, 4)) + y[:, None] * [0.3, -0.3, 0.2, 0.0]
    model = GradientBoostingClassifier(n_estimators=12, max_depth=3, random_state=0).fit(x, y)
    cells = measure(model, x, y, eps=0.1, curve=(0.2, 1.0))
    monkeypatch.setattr(tree_cells, "_MOST_CELLS", 0)
    programs = measure(model, x, y, eps=0.1, curve=(0.2, 1.0))
    names = ("robust_accuracy", "robust_accuracy[eps=0.02]", "certified_accuracy", "undecided")
    assert [cells.measurements[name] for name in names] == [programs.measurements[name] for name in names]
    assert cells.measurements["robust_accuracy"].value < cells.measurements["clean_accuracy"].value
