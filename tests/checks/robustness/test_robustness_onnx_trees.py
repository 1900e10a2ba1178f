"""Tree ensembles inside ONNX files are read, checked against onnxruntime, and answered exactly."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, checker, helper, save
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier

from aigov import FrozenMap


def attributes(trees, weight, kind):
    """Return the attributes of an ensemble of scikit-learn's trees; `weight` gives (column, value) pairs of a leaf."""
    nodes = {
        name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")
    }
    leaves = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(trees):
        for place in range(tree.node_count):
            leaf = tree.children_left[place] < 0
            row = (number, place, max(0, int(tree.feature[place])), float(np.float32(tree.threshold[place])))
            row += ("LEAF" if leaf else "BRANCH_LEQ", max(0, int(tree.children_left[place])))
            for name, value in zip(nodes, (*row, max(0, int(tree.children_right[place]))), strict=True):
                nodes[name].append(value)
            for column, value in weight(tree.value[place, 0]) if leaf else ():
                for name, item in zip(leaves, (number, place, column, float(value)), strict=True):
                    leaves[name].append(item)
    return {f"nodes_{name}": v for name, v in nodes.items()} | {f"{kind}_{name}": v for name, v in leaves.items()}


def written(path, operator, given, outputs):
    names = [name for name, _, _ in outputs]
    node = helper.make_node(operator, ["x"], names, domain="ai.onnx.ml", **given)
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info(name, type_, shape) for name, type_, shape in outputs],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    checker.check_model(model)
    save(model, str(path))
    return path


def classifier(path, model, *, binary=False, transform="NONE"):
    """Write a forest: a weight a class, or with `binary` one weight in the column of class 0, as exporters write it."""
    trees = [member.tree_ for member in getattr(model, "estimators_", [model])]

    def weight(value):
        shares = value / value.sum() / len(trees)
        return [(0, shares[1])] if binary else list(enumerate(shares))

    given = attributes(trees, weight, "class") | {"classlabels_int64s": list(range(len(model.classes_)))}
    outputs = [("label", TensorProto.INT64, [None]), ("scores", TensorProto.FLOAT, [None, len(model.classes_)])]
    return written(path, "TreeEnsembleClassifier", given | {"post_transform": transform}, outputs)


@pytest.fixture
def three():
    rng = np.random.default_rng(1)
    y = np.arange(150) % 3
    return (rng.uniform(0, 1, (150, 4)) + y[:, None] * [0.3, -0.2, 0.1, 0.0]).astype(np.float32), y


@pytest.mark.parametrize("transform", ["NONE", "SOFTMAX", "LOGISTIC"])
def test_a_forest_of_several_classes_is_answered_as_the_estimator(measure, tmp_path, three, transform):
    x, y = three
    model = RandomForestClassifier(6, max_depth=4, random_state=0).fit(x, y)
    path = classifier(tmp_path / "m.onnx", model, transform=transform)
    filed, live = (measure(source, x, y, eps=0.05, curve=(0.5, 1.0)) for source in (path, model))
    assert filed.facts["exact"] == live.facts["exact"] == "milp"
    for name in ("clean_accuracy", "robust_accuracy", "robust_accuracy[eps=0.025]"):
        gap = abs(filed.measurements[name].value - live.measurements[name].value) * 150
        assert gap <= filed.measurements["undecided"].value + live.measurements["undecided"].value
    assert filed.measurements["robust_accuracy"].value < filed.measurements["clean_accuracy"].value


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("model", [DecisionTreeClassifier(max_depth=4), RandomForestClassifier(5, max_depth=4)])
def test_two_classes_are_read_with_one_weight_or_two(measure, tmp_path, blobs, model, binary):
    x, y = blobs
    model.set_params(random_state=0).fit(x, y)
    result = measure(classifier(tmp_path / "m.onnx", model, binary=binary), x, y, eps=0.05, curve=())
    live = measure(model, x, y, eps=0.05, curve=())
    assert result.facts["exact"] == "milp"
    gap = abs(result.measurements["robust_accuracy"].value - live.measurements["robust_accuracy"].value) * 120
    assert gap <= result.measurements["undecided"].value + live.measurements["undecided"].value


@pytest.mark.parametrize("kind", ["SUM", "AVERAGE"])
def test_a_regressor_is_answered_exactly(measure, tmp_path, three, kind):
    x, _ = three
    y = 2.0 * x[:, 0] + x[:, 1]
    if kind == "AVERAGE":
        model = RandomForestRegressor(5, max_depth=4, random_state=0).fit(x, y)
        trees, rate, base = [member.tree_ for member in model.estimators_], 1.0, {}
    else:
        model = GradientBoostingRegressor(n_estimators=10, max_depth=3, random_state=0).fit(x, y)
        trees, rate = [member.tree_ for member in model.estimators_[:, 0]], model.learning_rate
        base = {"base_values": [float(model.init_.constant_[0, 0])]}
    given = attributes(trees, lambda value: [(0, rate * value[0])], "target")
    outputs = [("value", TensorProto.FLOAT, [None, 1])]
    path = written(
        tmp_path / "m.onnx",
        "TreeEnsembleRegressor",
        given | base | {"n_targets": 1, "aggregate_function": kind},
        outputs,
    )
    declared = {"task": "regression", "output": FrozenMap({"tolerance": 0.3})}
    filed, live = (measure(source, x, y, eps=0.05, curve=(), declared=declared) for source in (path, model))
    assert filed.facts["exact"] == "milp"
    for name in ("rmse", "worst_error"):
        assert filed.measurements[name].value == pytest.approx(live.measurements[name].value, abs=1e-4)
    assert filed.measurements["robust_accuracy"].value == pytest.approx(
        live.measurements["robust_accuracy"].value, abs=1 / 150
    )


def test_an_ensemble_that_is_not_read_is_attacked_as_a_black_box(measure, tmp_path, blobs):
    x, y = blobs
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(x, y)
    trees = [model.tree_]
    given = attributes(trees, lambda value: list(enumerate(value / value.sum())), "class")
    given["nodes_modes"] = ["BRANCH_NEQ" if mode != "LEAF" else mode for mode in given["nodes_modes"]]
    outputs = [("label", TensorProto.INT64, [None]), ("scores", TensorProto.FLOAT, [None, 2])]
    path = written(tmp_path / "m.onnx", "TreeEnsembleClassifier", given | {"classlabels_int64s": [0, 1]}, outputs)
    assert measure(path, x, y, eps=0.05, queries=20, curve=()).facts["exact"] is False


@pytest.mark.parametrize(
    ("column", "value"), [("nodes_truenodeids", 10**6), ("nodes_truenodeids", 0), ("class_nodeids", 10**6)]
)
def test_an_ensemble_that_cannot_be_does_not_break_the_audit(measure, tmp_path, blobs, column, value):
    from aigov import Measured, UnsupportedInputError

    x, y = blobs
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(x, y)
    given = attributes([model.tree_], lambda value: list(enumerate(value / value.sum())), "class")
    given[column][0] = value
    outputs = [("label", TensorProto.INT64, [None]), ("scores", TensorProto.FLOAT, [None, 2])]
    path = written(tmp_path / "m.onnx", "TreeEnsembleClassifier", given | {"classlabels_int64s": [0, 1]}, outputs)
    try:
        found = measure(path, x, y, eps=0.05, queries=20, curve=())
    except UnsupportedInputError:
        return
    assert isinstance(found, Measured)
