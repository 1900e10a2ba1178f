"""ONNX as converters of scikit-learn write it: scalers, linear models and mappings are followed by gradients and proofs."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from aigov_checks.model.robustness.translate import UntranslatableError, translate

ML = "ai.onnx.ml"
RNG = np.random.default_rng(12)
X = RNG.normal(size=(9, 4)).astype(np.float32)


def save(path, nodes, outputs, constants=None):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4])],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), str(path))
    return path


def floats(name="out"):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def answers(path, x, output="out"):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run([output], {"x": x})[0]


def scaler():
    return helper.make_node(
        "Scaler", ["x"], ["scaled"], domain=ML, offset=[0.1, -0.2, 0.3, 0.0], scale=[2.0, 0.5, 1.0, 3.0]
    )


def linear(after, classes=3, **more):
    weights = np.random.default_rng(2).normal(size=(classes, 4))
    return helper.make_node(
        "LinearClassifier",
        ["scaled"],
        ["label", "scores"],
        domain=ML,
        coefficients=weights.ravel().tolist(),
        intercepts=[0.1, -0.1, 0.2][:classes],
        classlabels_ints=list(range(max(2, classes))),
        post_transform=after,
        **more,
    )


CASES = [
    [helper.make_node("Scaler", ["x"], ["out"], domain=ML, offset=[0.5], scale=[2.0])],
    *[[helper.make_node("Normalizer", ["x"], ["out"], domain=ML, norm=norm)] for norm in ("L1", "L2")],
    [helper.make_node("ArrayFeatureExtractor", ["x", "places"], ["out"], domain=ML)],
    [
        scaler(),
        helper.make_node(
            "LinearRegressor", ["scaled"], ["out"], domain=ML, coefficients=[1.0, -2.0, 0.5, 0.25], intercepts=[0.3]
        ),
    ],
    [scaler(), linear("NONE"), helper.make_node("Identity", ["scores"], ["out"])],
    [scaler(), linear("LOGISTIC"), helper.make_node("Normalizer", ["scores"], ["out"], domain=ML, norm="L1")],
    [scaler(), linear("SOFTMAX"), helper.make_node("Normalizer", ["scores"], ["out"], domain=ML, norm="L1")],
]


@pytest.mark.parametrize("nodes", CASES, ids=lambda nodes: "-".join(node.op_type for node in nodes))
def test_a_chain_answers_as_onnxruntime_does(tmp_path, nodes):
    path = save(tmp_path / "m.onnx", nodes, [floats()], {"places": np.array([2, 0], np.int64)})
    expected = answers(path, X)
    with torch.no_grad():
        found = translate(path, "out").outputs(torch.from_numpy(X)).numpy()
    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=1e-5)


def test_gaps_are_filled_as_onnxruntime_fills_them(tmp_path):
    x = X.copy()
    x[::2, 1] = np.nan
    node = helper.make_node(
        "Imputer",
        ["x"],
        ["out"],
        domain=ML,
        imputed_value_floats=[1.0, 2.0, 3.0, 4.0],
        replaced_value_float=float("nan"),
    )
    path = save(tmp_path / "m.onnx", [node], [floats()])
    with torch.no_grad():
        found = translate(path, "out").outputs(torch.from_numpy(x)).numpy()
    assert np.array_equal(found, answers(path, x))


def test_a_linear_classifier_of_one_row_is_left_to_the_search(tmp_path):
    nodes = [scaler(), linear("LOGISTIC", classes=1), helper.make_node("Identity", ["scores"], ["out"])]
    path = save(tmp_path / "m.onnx", nodes, [floats()])
    with pytest.raises(UntranslatableError) as error:
        translate(path, "out")
    assert error.value.message.args["operator"] == "LinearClassifier"


def test_a_pipeline_that_answers_mappings_is_attacked_and_proved(tmp_path, measure):
    names = [b"healthy", b"inner", b"outer"]
    chain = [
        scaler(),
        linear("SOFTMAX"),
        helper.make_node("Normalizer", ["scores"], ["chances"], domain=ML, norm="L1"),
        helper.make_node("ZipMap", ["chances"], ["maps"], domain=ML, classlabels_strings=names),
    ]
    kind = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, None),
        helper.make_value_info("maps", helper.make_sequence_type_proto(kind)),
    ]
    path = save(tmp_path / "m.onnx", chain, outputs)
    x = np.random.default_rng(5).normal(size=(60, 4)).astype(np.float32)
    scores = np.array([[row[name.decode()] for name in names] for row in answers(path, x, "maps")])
    y = np.array([name.decode() for name in names])[scores.argmax(axis=1)]
    found = measure(path, x, y, eps=0.15, queries=40, curve=())
    assert found.measurements["clean_accuracy"].value == 1
    assert found.facts["broken_by.apgd-ce-10"] >= 5
    certified, robust = (found.measurements[f"{name}_accuracy"].value for name in ("certified", "robust"))
    assert certified == robust  # of a linear model linear bounds prove all that stands
    assert 0.3 < robust < 1
