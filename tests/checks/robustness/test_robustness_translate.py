"""Translated graphs answer as onnxruntime does, operator by operator and as whole networks."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from operator_cases import SIGNAL, USUAL, ints, normal
from torch import nn

from aigov_checks.model.robustness.certify import UncertifiableError, certifier_of
from aigov_checks.model.robustness.translate import UntranslatableError, translate
from aigov_checks.model.robustness.twin import OnnxTwin


def write(path, nodes, x, constants):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


def both(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    (expected,) = session.run(None, {name: x})
    with torch.no_grad():
        found = translate(path, session.get_outputs()[0].name).outputs(torch.from_numpy(x.copy())).numpy()
    return expected, found


@pytest.mark.parametrize(
    ("op", "x", "constants", "attributes"), USUAL, ids=lambda case: case if isinstance(case, str) else ""
)
def test_an_operator_answers_as_onnxruntime_does(tmp_path, op, x, constants, attributes):
    names = {f"c{place}": value for place, value in enumerate(constants)}
    write(tmp_path / "m.onnx", [helper.make_node(op, ["x", *names], ["out"], **attributes)], x, names)
    expected, found = both(tmp_path / "m.onnx", x)
    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("zero", [np.uint8(3), np.int8(-4), np.arange(4, dtype=np.int8)])
def test_quantisation_answers_as_onnxruntime_does(tmp_path, zero):
    scale = np.full(np.shape(zero), 0.02, dtype=np.float32)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["levels"], axis=1),
        helper.make_node("DequantizeLinear", ["levels", "scale", "zero"], ["out"], axis=1),
    ]
    write(tmp_path / "m.onnx", nodes, 2 * SIGNAL, {"scale": scale, "zero": zero})
    expected, found = both(tmp_path / "m.onnx", 2 * SIGNAL)
    assert np.allclose(found, expected, atol=1e-6)
    assert np.abs(expected).max() < np.abs(2 * SIGNAL).max()  # it saturates


def test_split_and_shape_arithmetic_answer_as_onnxruntime_does(tmp_path):
    nodes = [
        helper.make_node("Split", ["x"], ["left", "right"], axis=1),
        helper.make_node("Mul", ["left", "right"], ["product"]),
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["rows"]),
        helper.make_node("Concat", ["rows", "rest"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["product", "wanted"], ["out"]),
    ]
    write(tmp_path / "m.onnx", nodes, SIGNAL, {"zero": ints(0), "rest": ints(-1)})
    expected, found = both(tmp_path / "m.onnx", SIGNAL)
    assert np.allclose(found, expected)


class Net(nn.Module):
    """A small industrial network with what exporters make of it."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(2, 8, 7, stride=2, padding=3), nn.BatchNorm1d(8), nn.GELU())
        self.depthwise = nn.Sequential(
            nn.Conv1d(8, 8, 3, padding=2, dilation=2, groups=8), nn.Conv1d(8, 12, 1), nn.SiLU()
        )
        self.attention = nn.MultiheadAttention(12, 2, batch_first=True)
        self.norm = nn.LayerNorm(12)
        self.head = nn.Linear(24, 3)

    def forward(self, x):
        z = self.depthwise(self.stem(x)).transpose(1, 2)
        z = self.norm(z + self.attention(z, z, z, need_weights=False)[0])
        return torch.softmax(self.head(torch.cat([z.mean(1), z.amax(1)], dim=1)), dim=1)


def test_a_whole_network_answers_as_onnxruntime_does(tmp_path):
    torch.manual_seed(0)
    net, x = Net().eval(), torch.randn(5, 2, 64)
    torch.onnx.export(
        net, (x,), str(tmp_path / "m.onnx"), dynamo=False, dynamic_axes={"x": {0: "n"}}, input_names=["x"]
    )
    expected, found = both(tmp_path / "m.onnx", x.numpy())
    assert np.abs(found - expected).max() < 1e-5


def test_the_value_before_a_final_softmax_is_followed(tmp_path):
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["soft"], axis=1),
        helper.make_node("Identity", ["soft"], ["out"]),
    ]
    x, w = normal(3, 4), normal(4, 2)
    write(tmp_path / "m.onnx", nodes, x, {"w": w})
    program = translate(tmp_path / "m.onnx", "out")
    assert program.squashed
    assert np.allclose(program.logits(torch.from_numpy(x)).numpy(), x @ w, atol=1e-5)


def test_a_function_of_the_models_own_is_looked_into(tmp_path):
    body = [helper.make_node("Mul", ["a", "a"], ["square"]), helper.make_node("Tanh", ["square"], ["b"])]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "Bent", ["a"], ["b"], body, opsets[:1])
    graph = helper.make_graph(
        [helper.make_node("Bent", ["x"], ["out"], domain="own")],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SIGNAL.shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, SIGNAL.shape)],
    )
    onnx.save(helper.make_model(graph, opset_imports=opsets, functions=[function], ir_version=9), tmp_path / "m.onnx")
    expected, found = both(tmp_path / "m.onnx", SIGNAL)
    assert np.allclose(found, expected, atol=1e-6)
    assert np.allclose(expected, np.tanh(SIGNAL**2), atol=1e-6)


def branching(path, name, wide, condition):
    """Write a graph whose one branch reads a value from outside, and whose other has a constant of its own."""
    shape = [None, 4]
    then = helper.make_graph(
        [helper.make_node("Mul", ["hidden", "hidden"], ["square"]), helper.make_node("Tanh", ["square"], ["one"])],
        "then",
        [],
        [helper.make_tensor_value_info("one", TensorProto.FLOAT, shape)],
    )
    other = helper.make_graph(
        [helper.make_node("Add", ["hidden", "three"], ["two"])],
        "other",
        [],
        [helper.make_tensor_value_info("two", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.float32([3]), "three")],
    )
    nodes = [
        helper.make_node("Exp", ["x"], ["hidden"]),
        *condition,
        helper.make_node("If", ["go"], ["out"], then_branch=then, else_branch=other),
    ]
    constants = {"wide": np.int64(wide), "axis": np.int64(1)}
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


BY_SHAPE = [
    helper.make_node("Shape", ["x"], ["sizes"]),
    helper.make_node("Gather", ["sizes", "axis"], ["size"]),
    helper.make_node("Equal", ["size", "wide"], ["go"]),
]


@pytest.mark.parametrize("wide", [4, 5])
def test_a_branch_that_the_shape_chooses_is_taken(tmp_path, wide):
    branching(tmp_path / "m.onnx", "g", wide, BY_SHAPE)
    x = normal(3, 4)
    expected, found = both(tmp_path / "m.onnx", x)
    assert np.allclose(found, expected, atol=1e-5)
    assert np.allclose(expected, np.tanh(np.exp(x) ** 2) if wide == 4 else np.exp(x) + 3, atol=1e-5)
    inputs = torch.from_numpy(x).requires_grad_()
    (slope,) = torch.autograd.grad(translate(tmp_path / "m.onnx", "out").outputs(inputs).sum(), inputs)
    assert (slope != 0).any()


def test_no_proof_goes_through_a_branch(tmp_path):
    branching(tmp_path / "m.onnx", "g", 5, BY_SHAPE)
    twin = OnnxTwin(translate(tmp_path / "m.onnx", "out"), 0.0, None)
    with pytest.raises(UncertifiableError):
        certifier_of(twin, normal(1, 4))


def test_a_loop_is_not_translated(tmp_path):
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Neg", ["v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
        ],
    )
    write(
        tmp_path / "m.onnx", [helper.make_node("Loop", ["n", "", "x"], ["out"], body=body)], SIGNAL, {"n": np.int64(3)}
    )
    with pytest.raises(UntranslatableError) as error:
        translate(tmp_path / "m.onnx", "out")
    assert error.value.message.args["operator"] == "Loop"


def test_an_unknown_operator_is_named(tmp_path):
    write(tmp_path / "m.onnx", [helper.make_node("Det", ["x"], ["out"])], SIGNAL, {})
    with pytest.raises(UntranslatableError) as error:
        translate(tmp_path / "m.onnx", "out")
    assert error.value.message.args["operator"] == "Det"
