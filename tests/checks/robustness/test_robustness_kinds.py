"""Whole numbers, categories, one-hot groups and few features: as an independent enumeration of all inputs says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from aigov import FrozenMap, Model, Role, UnsupportedInputError
from aigov_checks.model.robustness.ball import balls_around
from aigov_checks.model.robustness.budget import budget_of
from aigov_checks.model.robustness.params import RobustnessParams, validated

FEATURES = ("flow", "load", "count", "grade", "line_a", "line_b", "line_c")
DECLARED = {
    "flow": {"range": (-2, 2)},
    "load": {"range": (-2, 2), "attackable": False},
    "count": {"type": "integer", "range": (0, 4)},
    "grade": {"type": "categorical", "categories": (0, 1.5, 4), "attackable": True},
    "line_a": {"one_hot": "line", "attackable": True},
    "line_b": {"one_hot": "line", "attackable": True},
    "line_c": {"one_hot": "line", "attackable": True},
}
GRADES, LINES = (0, 1.5, 4), tuple(map(tuple, np.eye(3)))


def plant(seed, n=60):
    """Return a mixed table and labels."""
    rng = np.random.default_rng(seed)
    numbers = np.clip(rng.normal(size=(n, 2)), -2, 2)
    count, grade, line = rng.integers(0, 5, n), rng.choice(GRADES, n), np.eye(3)[rng.integers(0, 3, n)]
    x = np.column_stack([numbers, count, grade, line])
    score = x @ rng.normal(size=7) + rng.normal(size=n) * 0.5
    return x, (score > np.median(score)).astype(int)


def neighbours(row, norm, eps, changes, cuts=()):
    """Return every input that an attacker may choose, one of each cell of the numbers; `cuts` are those of the flow."""
    reach = eps if norm == "linf" else 4
    low, high = max(row[0] - reach, -2), min(row[0] + reach, 2)
    near = np.concatenate([t * (1 + np.array([-3e-7, 0, 3e-7])) for t in cuts] or [[]])
    ends = np.unique([low, high, row[0], *near[(near >= low) & (near <= high)]])
    flows = np.unique(np.concatenate([ends, (ends[1:] + ends[:-1]) / 2])) if len(cuts) else ends
    counts = [value for value in range(5) if norm == "l0" or abs(value - row[2]) <= eps]
    found = []
    for flow, number, grade, line in itertools.product(flows, counts, GRADES, LINES):
        moved = [flow != row[0], number != row[2], grade != row[3], line != tuple(row[4:])]
        if (norm == "l0" and sum(moved) > eps) or (norm == "linf" and sum(moved[2:]) > changes):
            continue
        found.append((flow, row[1], number, grade, *line))
    return np.array(found)


def cuts_of(model):
    members = [model] if isinstance(model, DecisionTreeClassifier) else np.ravel(model.estimators_)
    return np.concatenate([m.tree_.threshold[m.tree_.feature == 0] for m in members])


MODELS = {
    "linear": lambda seed: make_pipeline(StandardScaler(), LogisticRegression()),
    "tree": lambda seed: DecisionTreeClassifier(max_depth=5, random_state=seed),
    "forest": lambda seed: RandomForestClassifier(5, max_depth=4, random_state=seed),
    "extra": lambda seed: ExtraTreesClassifier(6, max_depth=4, random_state=seed),
}
ALLOWED = st.sampled_from(
    [("linf", 0.3, 1), ("linf", 1.0, 0), ("linf", 1.2, 2), ("l0", 1, 0), ("l0", 2, 0), ("l0", 3, 0)]
)


@pytest.mark.parametrize("kind", MODELS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), allowed=ALLOWED)
def test_the_exact_answer_is_that_of_an_enumeration(measure, kind, seed, allowed):
    norm, eps, changes = allowed
    x, y = plant(seed)
    model, rows = MODELS[kind](seed).fit(x, y), np.arange(20)
    cuts = () if kind == "linear" else cuts_of(model)
    around = [neighbours(x[row], norm, eps, changes, cuts) for row in rows]
    expected = sum((model.predict(points) == y[row]).all() for row, points in zip(rows, around, strict=True))
    result = measure(
        model,
        x[rows],
        y[rows],
        declared={"inputs": DECLARED},
        features=FEATURES,
        norm=norm,
        eps=eps,
        category_changes=changes,
        curve=(),
        queries=50,
    )
    found = {name: result.measurements[name].value for name in ("robust_accuracy", "certified_accuracy", "undecided")}
    assert result.facts["exact"] == (True if kind == "linear" else "milp")
    assert found["certified_accuracy"] * len(rows) <= expected + 1e-9 <= found["robust_accuracy"] * len(rows) + 2e-9
    assert round((found["robust_accuracy"] - found["certified_accuracy"]) * len(rows)) == found["undecided"]
    if kind == "linear":
        assert not found["undecided"]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), allowed=st.sampled_from([("linf", 1.2, 1), ("l2", 1.5, 2), ("l0", 2, 0)]))
def test_what_is_projected_is_whole_a_category_and_near_enough(seed, allowed):
    norm, eps, changes = allowed
    x, _ = plant(seed, 8)
    params = RobustnessParams(norm=norm, eps=eps, category_changes=changes)
    budget = budget_of(declared(DECLARED), FEATURES, x, params)
    balls = balls_around(x, budget, 1.0, np.float32)
    points = balls.project(x + np.random.default_rng(seed).normal(size=x.shape) * 3)
    assert balls.contain(points).all()
    assert np.array_equal(balls.project(points), points)
    centre = x.astype(np.float32)
    assert (points[:, 1] == centre[:, 1]).all()
    assert set(points[:, 2]) <= set(range(5))
    assert set(points[:, 3]) <= set(GRADES)
    assert all(tuple(line) in LINES for line in points[:, 4:])
    moved = points.astype(float) - centre
    line = (moved[:, 4:] != 0).any(axis=1)
    if norm == "l0":
        assert ((moved[:, [0, 2, 3]] != 0).sum(axis=1) + line <= eps).all()
    else:
        assert ((moved[:, 3] != 0).astype(int) + line <= changes).all()
        assert (np.linalg.norm(moved[:, :3], 2 if norm == "l2" else np.inf, axis=1) <= eps).all()
    stray = centre.copy()
    stray[:, 2] += 0.5
    assert not balls.contain(stray).any()


def declared(inputs):
    return Model("m", Role.MODEL, inputs=FrozenMap({name: FrozenMap(facts) for name, facts in inputs.items()}))


@pytest.mark.parametrize(("norm", "eps", "changes"), [("linf", 0.4, 1), ("linf", 1.0, 2), ("l0", 1, 0), ("l0", 2, 0)])
def test_searches_without_gradients_break_what_an_enumeration_breaks(measure, norm, eps, changes):
    x, y = plant(3, 120)
    model, rows, seen = MODELS["linear"](0).fit(x, y), np.arange(60), []

    def scores(points):
        seen.append(points)
        margin = model.decision_function(points)
        return np.stack([-margin, margin], axis=1)

    how = {"norm": norm, "eps": eps, "category_changes": changes, "curve": (), "queries": 200}
    how |= {"declared": {"inputs": DECLARED}, "features": FEATURES}
    exact = measure(model, x[rows], y[rows], **how).measurements["robust_accuracy"].value
    found = measure(scores, x[rows], y[rows], **how)
    assert found.facts["exact"] is False
    assert found.measurements["robust_accuracy"].value == exact
    assert found.measurements["certified_accuracy"].value == 0
    asked = np.concatenate(seen)
    assert set(asked[:, 2]) <= set(range(5))
    assert set(asked[:, 3]) <= set(GRADES)
    assert set(map(tuple, asked[:, 4:])) <= set(LINES)


def test_a_model_that_answers_labels_is_asked_about_allowed_inputs_only(measure):
    x, y = plant(5, 60)
    model, strange = MODELS["forest"](0).fit(x, y), []

    def labels(points):
        whole = (points[:, 2] == np.rint(points[:, 2])) & np.isin(points[:, 3], GRADES)
        strange.append(not (whole & (points[:, 4:].sum(axis=1) == 1)).all())
        return model.predict(points)

    how = {"eps": 1.0, "curve": (), "queries": 150, "declared": {"inputs": DECLARED}, "features": FEATURES}
    exact = measure(model, x[:12], y[:12], **how).measurements["robust_accuracy"].value
    found = measure(labels, x[:12], y[:12], **how)
    assert not any(strange)
    assert "art-hop-skip-jump" in found.facts["stages"]
    assert exact <= found.measurements["robust_accuracy"].value <= exact + 0.25


def test_whole_numbers_within_an_ellipsoid_are_bracketed(measure):
    x, y = plant(11, 80)
    model, rows = MODELS["linear"](0).fit(x, y), np.arange(40)
    inputs = {**DECLARED, "load": {"type": "number", "range": (-2, 2)}}
    x[:, 1] = np.rint(x[:, 1])
    inputs = {name: {**facts, "type": "integer"} if name == "load" else facts for name, facts in inputs.items()}
    found = measure(
        model,
        x[rows],
        y[rows],
        declared={"inputs": inputs},
        features=FEATURES,
        norm="l2",
        eps=1.5,
        curve=(),
        queries=50,
    ).measurements
    standing = 0
    for row in rows:
        points = []
        for load, number, grade, line in itertools.product(range(-2, 3), range(5), GRADES, LINES):
            left = 1.5**2 - (load - x[row, 1]) ** 2 - (number - x[row, 2]) ** 2
            if left < 0 or (grade != x[row, 3]) + (line != tuple(x[row, 4:])) > 1:
                continue
            reach = np.sqrt(left)
            points += [
                (flow, load, number, grade, *line)
                for flow in (max(-2, x[row, 0] - reach), min(2, x[row, 0] + reach), x[row, 0])
            ]
        standing += (model.predict(np.array(points)) == y[row]).all()
    assert found["certified_accuracy"].value <= standing / 40 + 1e-9
    assert standing / 40 <= found["robust_accuracy"].value + 1e-9
    assert found["robust_accuracy"].value - found["certified_accuracy"].value <= 0.1


@pytest.mark.parametrize(("norm", "eps"), [("linf", 1.0), ("l0", 1), ("l0", 2)])
@pytest.mark.parametrize("kind", ["linear", "forest"])
def test_predicted_values_reach_as_far_as_in_an_enumeration(measure, kind, norm, eps):
    x, _ = plant(2, 80)
    y = x @ [1, -1, 0.5, 0.7, 2, 0, -1] + np.sin(x[:, 2])
    model = (LinearRegression() if kind == "linear" else RandomForestRegressor(5, max_depth=4, random_state=0)).fit(
        x, y
    )
    rows = np.arange(12)
    cuts = () if kind == "linear" else cuts_of(model)
    around = [neighbours(x[row], norm, eps, 1, cuts) for row in rows]
    worst = max(np.abs(model.predict(points) - y[row]).max() for row, points in zip(rows, around, strict=True))
    inputs = {"inputs": DECLARED, "task": "regression"}
    how = {"norm": norm, "eps": eps, "curve": (), "tolerance": 0.5, "features": FEATURES, "queries": 300}
    exact = measure(model, x[rows], y[rows], declared=inputs, **how).measurements["worst_error"]
    assert exact.value == pytest.approx(worst, rel=1e-6)
    assert exact.interval.high == pytest.approx(worst, rel=1e-3)
    black = measure(model.predict, x[rows], y[rows], declared=inputs, **how).measurements["worst_error"]
    assert 0.95 * worst <= black.value <= worst * (1 + 1e-6)


def network_of(write_onnx, x, y, outputs=2):
    """Return the path of a small network on a mixed table, and its labels as numpy computes them."""
    from onnx import helper

    net = MLPClassifier((12,), max_iter=400, random_state=0).fit(x, y)
    (first, last), (bias, offset) = net.coefs_, net.intercepts_
    constants = {"w": first, "b": bias, "v": np.hstack([-last, last]), "c": np.concatenate([-offset, offset])}
    both = constants["v"], constants["c"]
    constants |= {"v": both[0][:, -outputs:], "c": both[1][-outputs:]}
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "v", "c"], ["out"]),
    ]
    path = write_onnx(nodes, {name: np.float32(value) for name, value in constants.items()}, (None, 7), (None, outputs))
    return path, lambda points: np.maximum(points @ first + bias, 0) @ both[0] + both[1]


@pytest.mark.parametrize(
    ("norm", "eps", "changes"), [("linf", 1.0, 1), ("linf", 0.2, 1), ("linf", 0.05, 1), ("l2", 0.2, 1), ("l0", 1, 0)]
)
def test_a_network_stands_between_proof_and_enumeration(measure, write_onnx, norm, eps, changes):
    x, y = plant(8, 90)
    path, scores = network_of(write_onnx, x, y)
    rows = np.arange(30)
    found = measure(
        path,
        x[rows].astype(np.float32),
        y[rows],
        declared={"inputs": DECLARED},
        features=FEATURES,
        norm=norm,
        eps=eps,
        category_changes=changes,
        curve=(),
        queries=100,
        steps=20,
    )
    ends = "linf" if norm == "l2" else norm  # within so little, the flow alone may move, or one whole number
    flows = np.linspace(-1, 1, 21)
    standing = 0
    for row in rows:
        points = [neighbours(x[row], ends, eps, changes)]
        if norm != "l0":
            more = points[0].repeat(len(flows), axis=0)
            more[:, 0] = np.clip(x[row, 0] + np.tile(flows, len(points[0])) * eps, -2, 2)
            points.append(more)
        standing += (scores(np.concatenate(points)).argmax(axis=1) == y[row]).all()
    robust, certified = (found.measurements[name] for name in ("robust_accuracy", "certified_accuracy"))
    assert certified.value - 1e-9 <= standing / 30 <= robust.value + 1e-9
    assert robust.value <= standing / 30 + 0.04
    if norm == "l0" or eps < 0.1:  # every choice is proved by itself
        assert certified.value == robust.value


@pytest.mark.parametrize(("norm", "eps"), [("linf", 1.0), ("l0", 1), ("l0", 2)])
def test_values_of_a_network_stay_between_what_is_reached_and_what_is_proved(measure, write_onnx, norm, eps):
    x, y = plant(8, 90)
    path, scores = network_of(write_onnx, x, y, outputs=1)
    rows, y = np.arange(15), scores(x)[:, 1]
    inputs = {"inputs": DECLARED, "task": "regression"}
    how = {"norm": norm, "eps": eps, "tolerance": 0.5, "features": FEATURES, "queries": 100, "steps": 20, "curve": ()}
    found = measure(path, x[rows].astype(np.float32), y[rows], declared=inputs, **how).measurements["worst_error"]
    around = [neighbours(x[row], norm, eps, 1, np.linspace(-2, 2, 30)) for row in rows]
    worst = max(np.abs(scores(points)[:, 1] - y[row]).max() for row, points in zip(rows, around, strict=True))
    assert 0.95 * worst <= found.value
    assert worst <= found.interval.high * (1 + 1e-6)
    assert found.interval.high < 3 * worst


def test_too_many_choices_of_features_are_not_proved(measure, write_onnx):
    from onnx import helper

    rng = np.random.default_rng(0)
    x, w = rng.uniform(0, 1, (12, 40)), rng.normal(size=40)
    y = (x @ w > np.median(x @ w)).astype(int)
    constants = {"w": np.float32(np.stack([-w, w], axis=1)), "b": np.float32([np.median(x @ w), -np.median(x @ w)])}
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Gemm", ["r", "w", "b"], ["out"])]
    path = write_onnx(nodes, constants, (None, 40))
    few, many = (
        measure(path, x.astype(np.float32), y, norm="l0", eps=k, curve=(), queries=20, steps=5).measurements
        for k in (1, 2)
    )
    assert few["certified_accuracy"].value == few["robust_accuracy"].value
    assert many["certified_accuracy"].limits.id == "robustness.proofs.l0"
    assert many["certified_accuracy"].interval.high == 1


def test_a_feature_is_a_point_of_a_signal_and_a_whole_pixel_of_an_image(measure, build):
    rng = np.random.default_rng(0)
    y = np.arange(16) % 2
    signal, image = rng.normal(size=(16, 2, 20)), rng.uniform(0, 1, (16, 3, 6, 6))

    def model(points):
        score = np.abs(points).reshape(len(points), -1).sum(axis=1)
        return np.stack([-score, score], axis=1)

    for x, channels in ((signal, 1), (image, 3)):
        budget = budget_of(build.model(model), (), x, RobustnessParams(norm="l0", eps=2))
        balls = balls_around(x, budget, 1.0, np.float32)
        points = balls.project(x + rng.normal(size=x.shape))
        moved = points != balls.x
        assert (moved.reshape(16, -1).sum(axis=1) == 2 * channels).all()
        if channels > 1:
            assert (moved.any(axis=1) == moved.all(axis=1)).all()
        found = measure(model, x, y, norm="l0", eps=2, curve=(), queries=40)
        assert found.facts["stages"] == "sparse-rs"
        assert found.measurements["robust_accuracy"].limits is None


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"count": {"type": "whole"}}, "robustness.bad-type"),
        ({"count": {"type": "integer", "categories": (1, 2)}}, "robustness.bad-type"),
        ({"grade": {"categories": (0, 1.5, 4), "one_hot": "x"}}, "robustness.bad-type"),
        ({"flow": {"type": "integer"}}, "robustness.not-whole"),
        ({"grade": {"categories": (0, 4)}}, "robustness.unknown-category"),
        ({"grade": {"categories": "abc"}}, "robustness.bad-categories"),
        ({"grade": {"categories": ("a", "b")}}, "robustness.bad-categories"),
        ({"grade": {"categories": (0, 0, 4)}}, "robustness.bad-categories"),
        ({"grade": {"categories": ()}}, "robustness.bad-categories"),
        ({"grade": {"categories": 7}}, "robustness.bad-categories"),
        ({"line_a": {"one_hot": "l"}, "line_b": {"one_hot": "l"}}, "robustness.not-one-hot"),
        (
            {"line_a": {"attackable": True, "one_hot": "line"}, "line_b": {"one_hot": "line"}},
            "robustness.one-hot-touched",
        ),
        ({name: {"type": "categorical"} for name in FEATURES}, "robustness.nothing-attackable"),
    ],
)
def test_declarations_that_contradict_themselves_or_the_data_are_said(inputs, reason):
    x, _ = plant(1)
    with pytest.raises(UnsupportedInputError) as error:
        budget_of(declared(inputs), FEATURES, x, RobustnessParams(eps=0.1))
    assert error.value.message.id == reason


def test_categories_are_columns_of_tables():
    with pytest.raises(UnsupportedInputError) as error:
        budget_of(declared({"image": {"type": "categorical"}}), (), np.zeros((3, 4, 4)), RobustnessParams(eps=0.1))
    assert error.value.message.id == "robustness.categorical-shape"


def test_undeclared_categories_are_those_of_the_data_and_stay_unless_they_can_be_touched(measure):
    x, y = plant(4, 60)
    model = MODELS["linear"](0).fit(x, y)
    untouched = {**DECLARED, "grade": {"type": "categorical"}, **{n: {"one_hot": "line"} for n in FEATURES[4:]}}
    touched = {**untouched, "grade": {"type": "categorical", "attackable": True}}
    how = {"features": FEATURES, "eps": 0.1, "curve": ()}
    still = measure(model, x, y, declared={"inputs": untouched}, **how)
    moved = measure(model, x, y, declared={"inputs": touched}, **how)
    assert "robustness.note.categories-from-data" in {note.id for note in moved.notes}
    assert "robustness.note.categories-from-data" not in {note.id for note in still.notes}
    assert moved.facts["attackable_categories"] == 1
    assert moved.measurements["robust_accuracy"].value < still.measurements["robust_accuracy"].value


@pytest.mark.parametrize("how", [{"eps": 0.5}, {"eps": 1, "budget": "std"}, {"eps": 1, "budget": "sensor-accuracy"}])
def test_few_features_are_a_whole_number_of_them(how):
    with pytest.raises(UnsupportedInputError) as error:
        validated(RobustnessParams(norm="l0", **how))
    assert error.value.message.id == "robustness.l0-size"


def test_larger_budgets_of_few_features_never_stand_more_often(measure):
    x, y = plant(6, 80)
    model = MODELS["forest"](1).fit(x, y)
    found = measure(
        model, x, y, declared={"inputs": DECLARED}, features=FEATURES, norm="l0", eps=2, curve=(0.5, 1, 1.5)
    )
    curve = [found.measurements[f"robust_accuracy[eps={k}]"].value for k in (0, 1, 2, 3)]
    assert curve == sorted(curve, reverse=True)
    assert curve[0] == found.measurements["clean_accuracy"].value
    assert curve[1] < curve[0]


def test_a_changed_category_is_said_and_kept_as_evidence(build):
    from aigov_checks.model.robustness.evaluate import evaluate

    x, y = plant(9, 60)
    model = MODELS["linear"](0).fit(x, y)
    inputs = {name: {**facts, "attackable": name == "grade"} for name, facts in DECLARED.items()}
    subject = build.subject(build.model(model, inputs=inputs), build.dataset(x, y, features=FEATURES))
    found = evaluate(subject, RobustnessParams(eps=0.1, curve=()))
    said = [line.id for line in found.examples[0].lines]
    assert "robustness.example.category" in said
    assert found.examples[0].bars[0].reach == abs(found.examples[0].bars[0].after - found.examples[0].bars[0].before)
    few = evaluate(subject, RobustnessParams(norm="l0", eps=1, curve=()))
    allowed = next(line.args["allowed"] for line in few.examples[0].lines if line.id == "robustness.example.found")
    assert allowed.id == "robustness.example.allowed.l0"


def test_the_same_seed_gives_the_same_figures(measure, write_onnx):
    x, y = plant(8, 40)
    path, _ = network_of(write_onnx, x, y)
    how = {"declared": {"inputs": DECLARED}, "features": FEATURES, "norm": "l0", "eps": 2, "queries": 40, "steps": 10}
    once, again = (measure(path, x.astype(np.float32), y, **how) for _ in range(2))
    assert once == again
