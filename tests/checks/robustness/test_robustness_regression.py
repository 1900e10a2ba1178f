"""Models that predict a value: what is found is real, what is proved holds, and what does not fit is named."""

from __future__ import annotations

import itertools
import json
import time

import lightgbm
import numpy as np
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from aigov import FrozenMap, Measured, MissingInputError, UnsupportedInputError, say
from aigov.units import kept_promise
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams

OUTPUT = FrozenMap({"unit": "°C", "range": (0, 10), "tolerance": 0.3})
VALUES = {"task": "regression", "output": OUTPUT}


@pytest.fixture
def curved():
    """Return 120 rows of three features in [0, 1] and a value that depends on all of them."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, (120, 3))
    return x, 2 * x[:, 0] + np.sin(5 * x[:, 1]) + x[:, 1] * x[:, 2] + rng.normal(0, 0.05, 120)


@pytest.fixture
def push(measure):
    """Return a function that measures a model of values within an absolute budget."""

    def run(source, x, y, *, declared=None, **params):
        return measure(source, x, y, declared={**VALUES, **(declared or {})}, **params)

    return run


def thresholds(model, feature):
    """Return where a tree model may change along a feature, as its own library lists it."""
    name = type(model).__name__
    if name == "XGBRegressor":
        texts = [json.loads(text) for text in model.get_booster().get_dump(dump_format="json")]
        return walked(texts, lambda node: node.get("split") == f"f{feature}", "split_condition", ("children",))
    if name == "LGBMRegressor":
        trees = [tree["tree_structure"] for tree in model.booster_.dump_model()["tree_info"]]
        sides = ("left_child", "right_child")
        return walked(trees, lambda node: node.get("split_feature") == feature, "threshold", sides)
    if name == "HistGradientBoostingRegressor":
        nodes = np.concatenate([tree.nodes for row in model._predictors for tree in row])
        return nodes["num_threshold"][(nodes["feature_idx"] == feature) & (nodes["is_leaf"] == 0)]
    members = np.ravel(getattr(model, "estimators_", [model]))
    return np.concatenate([m.tree_.threshold[m.tree_.feature == feature] for m in members])


def walked(waiting, here, key, sides):
    found = []
    while waiting:
        node = waiting.pop()
        for side in sides:
            below = node.get(side, ())
            waiting.extend(below if isinstance(below, list) else [below] if below else [])
        found += [node[key]] if here(node) else []
    return np.array(found)


def span_of(model, row, reach, box):
    """Return the lowest and the highest prediction over one point of every cell of the ball, both sides of each cut."""
    axes = []
    for feature, value in enumerate(row):
        low, high = max(value - reach, box[0][feature]), min(value + reach, box[1][feature])
        cuts = thresholds(model, feature)
        near = np.concatenate([cuts * (1 + part) for part in (-3e-7, 0, 3e-7)])
        inside = np.unique(np.concatenate([[low, high, value], near[(near >= low) & (near <= high)]]))
        axes.append(np.unique(np.concatenate([inside, (inside[1:] + inside[:-1]) / 2])))
    found = model.predict(np.array(list(itertools.product(*axes))))
    return found.min(), found.max()


KINDS = {
    "tree": lambda seed: DecisionTreeRegressor(max_depth=4, random_state=seed),
    "forest": lambda seed: RandomForestRegressor(4, max_depth=3, random_state=seed),
    "extra": lambda seed: ExtraTreesRegressor(4, max_depth=3, random_state=seed),
    "boosted": lambda seed: GradientBoostingRegressor(n_estimators=5, max_depth=2, random_state=seed),
    "histogram": lambda seed: HistGradientBoostingRegressor(
        max_iter=4, max_depth=2, min_samples_leaf=3, random_state=seed
    ),
    "xgboost": lambda seed: xgboost.XGBRegressor(n_estimators=5, max_depth=2, random_state=seed, n_jobs=1),
    "poisson": lambda seed: xgboost.XGBRegressor(
        n_estimators=5, max_depth=2, objective="count:poisson", random_state=seed, n_jobs=1
    ),
    "lightgbm": lambda seed: lightgbm.LGBMRegressor(
        n_estimators=5, num_leaves=4, min_child_samples=3, random_state=seed, verbose=-1, n_jobs=1
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), reach=st.sampled_from([0.03, 0.1, 0.25]))
def test_the_extremes_of_trees_are_those_of_an_enumeration(push, kind, seed, reach):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, (60, 3)).astype(np.float32).astype(np.float64)
    y = 2 + 2 * x[:, 0] + np.sin(5 * x[:, 1]) + x[:, 1] * x[:, 2]
    model = KINDS[kind](seed).fit(x, y)
    rows = np.arange(12)
    box = x[rows].min(axis=0), x[rows].max(axis=0)
    result = push(model, x[rows], y[rows], eps=reach, curve=())
    assert result.facts["exact"] == "milp"
    assert result.measurements["undecided"].value == 0
    spans = {share: [span_of(model, x[row], reach * share, box) for row in rows] for share in (1 - 1e-6, 1 + 1e-6)}
    found = {name: result.measurements[name] for name in ("worst_error", "robust_accuracy", "moved_share")}
    within = {share: np.array([max(abs(end - y[r]) for end in spans[share][r]) for r in rows]) for share in spans}
    less, more = within[1 - 1e-6], within[1 + 1e-6]
    assert less.max() - 1e-5 <= found["worst_error"].value <= more.max() + 1e-5
    assert found["worst_error"].value <= found["worst_error"].high <= found["worst_error"].value + 1e-3
    assert (more <= 0.3 - 1e-4).mean() <= found["robust_accuracy"].value <= (less <= 0.3 + 1e-4).mean()
    assert result.measurements["certified_accuracy"].value == found["robust_accuracy"].value
    still = model.predict(x[rows])
    shift = {share: np.array([max(abs(end - still[r]) for end in spans[share][r]) for r in rows]) for share in spans}
    least, most = (shift[1 - 1e-6] > 0.3 + 1e-4).mean(), (shift[1 + 1e-6] > 0.3 - 1e-4).mean()
    assert least <= found["moved_share"].value <= most


@pytest.mark.parametrize("eps", [0.02, 0.15])
def test_cell_by_cell_and_by_a_program_the_extremes_are_the_same(push, curved, monkeypatch, eps):
    from aigov_checks.model.robustness import tree_cells

    x, y = curved
    model = xgboost.XGBRegressor(n_estimators=25, max_depth=3, n_jobs=1).fit(x, y)
    cells = push(model, x[:40], y[:40], eps=eps, curve=())
    monkeypatch.setattr(tree_cells, "_MOST_CELLS", 0)
    solved = push(model, x[:40], y[:40], eps=eps, curve=())
    for name in ("robust_accuracy", "certified_accuracy", "moved_share", "undecided"):
        assert cells.measurements[name] == solved.measurements[name]
    low, high = (np.array(trace.y) for trace in cells.figures[0].traces[2:])
    assert np.allclose(low, solved.figures[0].traces[2].y, atol=1e-5)
    assert np.allclose(high, solved.figures[0].traces[3].y, atol=1e-5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("make", [LinearRegression, lambda: make_pipeline(StandardScaler(), MinMaxScaler(), Ridge())])
def test_a_linear_model_goes_no_further_than_its_closed_form(push, curved, make, norm):
    x, y = curved
    model = make().fit(x, y)
    result = push(model, x, y, eps=0.1, norm=norm, curve=(0.5, 2.0))
    assert result.facts["exact"] is True
    worst = result.measurements["worst_error"]
    assert worst.high - worst.value < 1e-6
    rng = np.random.default_rng(0)
    largest = 0.0
    for _ in range(300):
        step = rng.normal(size=x.shape)
        step *= 0.1 / (np.abs(step).max(axis=1) if norm == "linf" else np.sqrt((step**2).sum(axis=1)))[:, None]
        points = np.clip(x + step, x.min(axis=0), x.max(axis=0))
        largest = max(largest, np.abs(model.predict(points) - y).max())
    assert 0.8 * worst.value <= largest <= worst.value + 1e-9
    if norm == "linf":
        corners = np.array(list(itertools.product([-0.1, 0.1], repeat=3)))
        points = np.clip(x[:, None] + corners, x.min(axis=0), x.max(axis=0)).reshape(-1, 3)
        errors = np.abs(model.predict(points).reshape(len(x), -1) - y[:, None]).max(axis=1)
        assert worst.value == pytest.approx(errors.max())
        assert result.measurements["robust_accuracy"].value == pytest.approx((errors <= 0.3).mean())


def test_the_errors_are_those_of_their_definitions(push, curved):
    x, y = curved
    model = Ridge().fit(x, y)
    found, gap = push(model, x, y, curve=()).measurements, model.predict(x) - y
    assert found["rmse"].value == pytest.approx(np.sqrt((gap**2).mean()))
    assert found["mae"].value == pytest.approx(np.abs(gap).mean())
    assert found["r2"].value == pytest.approx(model.score(x, y))
    assert found["clean_accuracy"].value == pytest.approx((np.abs(gap) <= 0.3).mean())
    for name in ("rmse", "mae", "r2"):
        assert found[name].low < found[name].value < found[name].high
        assert found[name].n == 120


@pytest.fixture
def network(write_onnx):
    """Return a function that writes a random network with one output, and how it answers, in numpy."""

    def write(seed, *, batch=None, last=None):
        rng = np.random.default_rng(seed)
        w, v = rng.normal(size=(3, 12)).astype(np.float32), rng.normal(size=(12, 1)).astype(np.float32)
        b, c = rng.normal(size=12).astype(np.float32), np.float32([0.5])
        nodes = [
            helper.make_node("Gemm", ["x", "w", "b"], ["h"]),
            helper.make_node("Relu", ["h"], ["a"]),
            helper.make_node("Gemm", ["a", "v", "c"], ["o" if last else "out"]),
        ]
        kept = {"kept": np.array([True])} if last == "Compress" else {}
        nodes += [helper.make_node(last, ["o", *kept], ["out"], **({"axis": 1} if kept else {}))] if last else []
        path = write_onnx(nodes, {"w": w, "b": b, "v": v, "c": c, **kept}, (batch, 3), (batch, 1))
        return path, lambda x: (np.maximum(x @ w + b, 0) @ v + c)[:, 0]

    return write


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), eps=st.sampled_from([0.02, 0.1]))
def test_what_is_proved_of_a_network_is_never_broken(push, network, seed, eps):
    path, answer = network(seed)
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (40, 3)).astype(np.float32)
    y = answer(x) + rng.normal(0, 0.1, 40)
    result = push(path, x, y, eps=eps, queries=100, steps=20, curve=(0.5, 1.0, 2.0))
    found = result.measurements
    assert result.facts["proofs"] == "backward linear bounds"
    names = ["", f"[eps={eps / 2:g}]", f"[eps={eps:g}]", f"[eps={eps * 2:g}]"]
    for name in names:
        assert found[f"certified_accuracy{name}"].value <= found[f"robust_accuracy{name}"].value
        assert found[f"worst_error{name}"].value <= found[f"worst_error{name}"].high < 100
    robust = [found[f"robust_accuracy{name}"].value for name in names[1:]]
    assert robust == sorted(robust, reverse=True)
    low, high = x.min(axis=0), x.max(axis=0)
    corners = [np.clip(x + eps * np.float32(s), low, high) for s in itertools.product([-1, 0, 1], repeat=3)]
    errors = np.abs(np.stack([answer(points) for points in corners]) - y).max(axis=0)
    assert errors.max() <= found["worst_error"].high
    assert found["worst_error"].value >= errors.max() - 1e-3
    assert found["certified_accuracy"].value <= (errors <= 0.3).mean()


def test_a_hidden_gradient_does_not_hide_the_error(push, network):
    """A value that moves in steps has no slope; the search without gradients finds what the ascent cannot."""
    path, answer = network(3, last="Floor")
    x = np.random.default_rng(0).uniform(-1, 1, (60, 3)).astype(np.float32)
    result = push(path, x, np.floor(answer(x)).astype(float), eps=0.1, queries=200, steps=20, curve=())
    found = result.measurements
    assert found["zero_gradient_share"].value == 1
    assert found["search_only_share"].value > 0.3
    assert found["robust_accuracy"].value < 0.7
    assert "robustness.note.gradient-masking" in {note.id for note in result.notes}


def test_a_network_without_torch_is_searched_and_says_so(push, network, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    path, answer = network(3)
    x = np.random.default_rng(0).uniform(-1, 1, (30, 3)).astype(np.float32)
    result = push(path, x, answer(x).astype(float), eps=0.1, queries=100, curve=())
    assert "robustness.note.no-gradients" in {note.id for note in result.notes}
    assert result.measurements["zero_gradient_share"].high == 1
    assert result.measurements["certified_accuracy"].high == 1
    assert result.measurements["worst_error"].high == float("inf")


def test_the_check_keeps_its_promise_in_the_sandbox_and_draws_the_band(build, push, tmp_path, curved):
    x, y = curved
    model = xgboost.XGBRegressor(n_estimators=8, max_depth=3, n_jobs=1).fit(x, y)
    model.save_model(tmp_path / "m.ubj")
    inputs = FrozenMap({f"f{i}": FrozenMap({"unit": "bar", "range": (0, 1), "accuracy": "1 %FS"}) for i in range(3)})
    declared = {**VALUES, "inputs": inputs}
    subject = build.subject(build.model(tmp_path / "m.ubj", **declared), build.dataset(x, y))
    boxed = robustness.function(subject, RobustnessParams(budget="sensor-accuracy", curve=(1.0,)))
    here = push(model, x, y, declared={"inputs": inputs}, budget="sensor-accuracy", curve=(1.0,))
    assert isinstance(kept_promise(robustness, boxed), Measured)
    assert boxed.measurements == here.measurements
    assert boxed.facts["output_unit"] == "°C"
    assert boxed.facts["tolerance"] == 0.3
    (figure,) = boxed.figures
    reference, predicted, low, high = (np.array(trace.y) for trace in figure.traces)
    assert (np.diff(reference) >= 0).all()
    assert ((low <= predicted) & (predicted <= high)).all()
    assert (high > low).any()
    for lang in ("en", "zh-CN"):
        assert "°C" in say(figure.y_label, lang)
        assert "{" not in say(figure.caption, lang)


@pytest.mark.parametrize(
    ("output", "params", "expected"),
    [
        ({"tolerance": 0.3}, {}, 0.3),
        ({"unit": "°C", "tolerance": "0.3 °C"}, {}, 0.3),
        ({"unit": "°C", "range": (0, 10), "tolerance": "3 %FS"}, {}, 0.3),
        ({"unit": "%", "range": (0, 5), "tolerance": "0.3 %"}, {}, 0.3),
        ({"unit": "%", "range": (0, 5), "tolerance": "4 %FS"}, {}, 0.2),
        ({"unit": "°C", "tolerance": 0.3}, {"tolerance": 0.7}, 0.7),
        ({}, {"tolerance": 0.7}, 0.7),
    ],
)
def test_the_tolerance_is_declared_or_given(push, curved, output, params, expected):
    x, y = curved
    result = push(Ridge().fit(x, y), x, y, declared={"output": FrozenMap(output)}, curve=(), **params)
    assert result.facts["tolerance"] == pytest.approx(expected)


def reason(run):
    with pytest.raises(UnsupportedInputError) as error:
        run()
    for lang in ("en", "zh-CN"):
        assert error.value.message.id not in error.value.sentence(lang)
    return error.value.message.id


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({}, "robustness.no-tolerance"),
        ({"tolerance": "much"}, "robustness.bad-tolerance"),
        ({"tolerance": 0}, "robustness.bad-tolerance"),
        ({"tolerance": -1}, "robustness.bad-tolerance"),
        ({"tolerance": "2 %FS"}, "robustness.bad-tolerance"),
        ({"unit": "°C", "tolerance": "2 bar"}, "robustness.bad-tolerance"),
        ({"unit": "°C", "range": (5, 1), "tolerance": "2 %FS"}, "robustness.bad-range"),
    ],
)
def test_a_tolerance_that_cannot_be_read_is_named(push, curved, output, expected):
    x, y = curved
    assert reason(lambda: push(Ridge().fit(x, y), x, y, declared={"output": FrozenMap(output)})) == expected


def test_what_does_not_fit_a_regression_is_named(push, curved, tmp_path, linear_onnx, blobs):
    x, y = curved
    model = Ridge().fit(x, y)
    assert reason(lambda: push(model, x, np.where(y > 1, "high", "low"))) == "robustness.text-references"
    assert reason(lambda: push(Ridge().fit(x, np.stack([y, y], axis=1)), x, y)) == "robustness.several-values"
    assert reason(lambda: push(model, x[:, :2], y)) == "robustness.model-refuses"
    assert reason(lambda: push(model, x, np.where(y > 2, np.nan, y))) == "arrays.label-missing"
    assert reason(lambda: push(model, np.where(x > 0.9, np.nan, x), y)) == "arrays.not-finite"
    assert reason(lambda: push(object(), x, y)) == "robustness.no-predict"
    assert reason(lambda: push(model, x, y, tolerance=-1.0)) == "robustness.bad-parameter"
    assert reason(lambda: push(linear_onnx(np.eye(3), np.zeros(3)), x, y)) == "robustness.several-values"
    xgboost.XGBClassifier(n_estimators=2, n_jobs=1, objective="multi:softprob").fit(
        x, np.digitize(y, [0.5, 1.5])
    ).save_model(tmp_path / "c.json")
    assert reason(lambda: push(tmp_path / "c.json", x, y)) == "robustness.boosted.other-task"
    with pytest.raises(MissingInputError):
        push(model, x, None)


def test_a_model_that_takes_one_sample_at_a_time_is_named(push, curved):
    def alone(rows):
        if len(rows) > 1:
            raise ValueError("one at a time")
        return rows[:, 0]

    assert reason(lambda: push(alone, *curved)) == "robustness.model-refuses"


def test_a_fixed_batch_and_an_unknown_operator_are_searched_all_the_same(push, network):
    x = np.random.default_rng(0).uniform(-1, 1, (30, 3)).astype(np.float32)
    path, answer = network(3, batch=7)
    fixed = push(path, x, answer(x).astype(float), eps=0.1, queries=50, steps=10, curve=())
    assert fixed.measurements["clean_accuracy"].value == 1
    assert 0 < fixed.measurements["worst_error"].value <= fixed.measurements["worst_error"].high
    path, answer = network(3, last="Compress")
    result = push(path, x, answer(x).astype(float), eps=0.01, queries=50, curve=())
    assert result.measurements["clean_accuracy"].value == 1
    assert "robustness.note.no-gradients" in {note.id for note in result.notes}


def test_a_constant_a_random_and_an_undefined_model_are_each_called_so(push, curved):
    x, y = curved
    constant = push(lambda rows: np.full(len(rows), y.mean()), x, y, queries=20, curve=())
    assert "robustness.note.constant-value" in {note.id for note in constant.notes}
    assert constant.measurements["majority_share"].value == 1
    assert constant.measurements["moved_share"].value == 0
    assert constant.measurements["robust_accuracy"].value == pytest.approx((abs(y - y.mean()) <= 0.3).mean())
    rng = np.random.default_rng(0)
    shaky = push(lambda rows: rows[:, 0] + rng.normal(size=len(rows)), x, y, queries=20, curve=())
    assert shaky.measurements["deterministic"].value == 0
    assert "robustness.note.randomised" in {note.id for note in shaky.notes}
    holes = push(lambda rows: np.where(rows[:, 0] > 0.5, np.nan, rows[:, 0]), x, y, queries=20, curve=(1.0,))
    undefined = int((x[:, 0] > 0.5).sum())
    assert holes.measurements["nonfinite_outputs"].value == undefined
    assert holes.measurements["robust_accuracy"].value <= 1 - undefined / len(x)
    assert holes.measurements["worst_error"].high == float("inf")
    nothing = push(lambda rows: np.full(len(rows), np.nan), x, y, queries=20, curve=(1.0,))
    assert nothing.measurements["robust_accuracy"].value == 0
    assert "rmse" not in nothing.measurements


def test_one_reference_value_only_has_no_determination(push, curved):
    x, _ = curved
    result = push(lambda rows: rows[:, 0], x, np.full(120, 0.5), queries=20, curve=())
    assert "r2" not in result.measurements
    assert result.measurements["rmse"].value > 0


def test_a_slow_model_is_asked_less_and_has_no_lower_end(push, curved):
    def slow(rows):
        time.sleep(0.02)
        return rows[:, 0]

    result = push(slow, *curved, seconds=2.0, curve=())
    assert result.measurements["robust_accuracy"].low == 0
    assert {"robustness.note.slow", "robustness.note.too-slow"} & {note.id for note in result.notes}


def test_trees_that_take_too_long_keep_an_open_bracket(push, curved):
    x, y = curved
    model = GradientBoostingRegressor(n_estimators=60, max_depth=4, random_state=0).fit(x, y)
    cut, full = (push(model, x[:30], y[:30], eps=0.1, curve=(), nodes=nodes) for nodes in (0, 1000))
    assert cut.measurements["undecided"].value >= full.measurements["undecided"].value == 0
    robust = cut.measurements["robust_accuracy"]
    assert robust.low <= full.measurements["robust_accuracy"].value <= robust.value
    assert cut.measurements["worst_error"].high >= full.measurements["worst_error"].value


def test_trees_that_run_out_of_time_are_bounded_by_their_intervals(push, curved, monkeypatch):
    from aigov_checks.model.robustness.regression import stages

    x, y = curved
    model = GradientBoostingRegressor(n_estimators=30, max_depth=3, random_state=0).fit(x, y)
    full = push(model, x[:40], y[:40], eps=0.1, curve=())
    monkeypatch.setattr(stages, "perf_counter", lambda: float("inf"))
    late = push(model, x[:40], y[:40], eps=0.1, curve=())
    assert late.measurements["worst_error"].high >= full.measurements["worst_error"].value
    assert late.measurements["undecided"].value > 0
    assert late.measurements["robust_accuracy"].limits.id == "robustness.limits.undecided"
    assert late.measurements["certified_accuracy"].value <= full.measurements["certified_accuracy"].value


def test_the_same_seed_gives_the_same_figures(push, network):
    path, answer = network(3)
    x = np.random.default_rng(0).uniform(-1, 1, (30, 3)).astype(np.float32)
    asked = {"eps": 0.1, "queries": 50, "steps": 10, "curve": (0.5,)}
    first, second = (push(path, x, answer(x).astype(float), **asked) for _ in range(2))
    assert first == second
