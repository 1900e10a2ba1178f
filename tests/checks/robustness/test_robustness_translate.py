"""Translated graphs answer as onnxruntime does, operator by operator and as whole networks."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from aigov_checks.model.robustness.translate import UntranslatableError, translate

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=(3, 4, 16)).astype(np.float32)
IMAGE = RNG.normal(size=(2, 4, 9, 8)).astype(np.float32)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


CASES = [
    ("Conv", SIGNAL, [normal(6, 4, 3), normal(6)], {"pads": [1, 2], "strides": [2]}),
    ("Conv", SIGNAL, [normal(8, 1, 5)], {"group": 4, "dilations": [2], "pads": [4, 4]}),
    ("Conv", IMAGE, [normal(5, 4, 3, 2)], {"auto_pad": "SAME_UPPER", "strides": [2, 1]}),
    ("Conv", IMAGE, [normal(5, 4, 4, 4)], {"auto_pad": "SAME_LOWER"}),
    ("ConvTranspose", SIGNAL, [normal(4, 2, 4), normal(2)], {"strides": [2], "pads": [1, 1]}),
    ("MaxPool", IMAGE, [], {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0]}),
    ("MaxPool", SIGNAL, [], {"kernel_shape": [3], "strides": [2], "ceil_mode": 1}),
    ("AveragePool", SIGNAL, [], {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
    ("AveragePool", IMAGE, [], {"kernel_shape": [2, 2], "pads": [1, 1, 0, 0], "count_include_pad": 1}),
    ("GlobalAveragePool", IMAGE, [], {}),
    ("GlobalMaxPool", SIGNAL, [], {}),
    ("BatchNormalization", SIGNAL, [normal(4), normal(4), normal(4), np.abs(normal(4))], {"epsilon": 1e-3}),
    ("LayerNormalization", SIGNAL, [normal(16), normal(16)], {"axis": -1}),
    ("InstanceNormalization", SIGNAL, [normal(4), normal(4)], {}),
    ("Gemm", normal(3, 5), [normal(2, 5), normal(2)], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("MatMul", SIGNAL, [normal(16, 3)], {}),
    ("Add", SIGNAL, [normal(4, 1)], {}),
    ("Sub", SIGNAL, [normal(16)], {}),
    ("Mul", SIGNAL, [normal(1)], {}),
    ("Div", SIGNAL, [1 + np.abs(normal(16))], {}),
    ("Pow", SIGNAL, [np.float32(2)], {}),
    ("Clip", SIGNAL, [np.float32(-0.5), np.float32(0.5)], {}),
    ("PRelu", SIGNAL, [normal(4, 1)], {}),
    ("Softmax", SIGNAL, [], {"axis": 1}),
    ("LogSoftmax", SIGNAL, [], {}),
    ("LeakyRelu", SIGNAL, [], {"alpha": 0.2}),
    ("Elu", SIGNAL, [], {"alpha": 0.7}),
    ("HardSigmoid", SIGNAL, [], {}),
    ("Reshape", SIGNAL, [ints(0, -1, 8)], {}),
    ("Flatten", SIGNAL, [], {"axis": 2}),
    ("Transpose", SIGNAL, [], {"perm": [0, 2, 1]}),
    ("Unsqueeze", SIGNAL, [ints(1, 4)], {}),
    ("Squeeze", normal(3, 1, 5, 1), [ints(1, 3)], {}),
    ("Concat", SIGNAL, [normal(3, 2, 16)], {"axis": 1}),
    ("Slice", SIGNAL, [ints(1, -2), ints(3, -100), ints(1, 2), ints(1, -3)], {}),
    ("Slice", SIGNAL, [ints(2), ints(2**60), ints(2), ints(4)], {}),
    ("Gather", SIGNAL, [ints(3, -1)], {"axis": 2}),
    ("ReduceMean", SIGNAL, [], {"axes": [2], "keepdims": 0}),
    ("ReduceMax", SIGNAL, [], {"axes": [-1]}),
    ("ReduceSum", SIGNAL, [ints(1, 2)], {"keepdims": 0}),
    ("Pad", SIGNAL, [ints(0, 0, 2, 0, 1, 3), np.float32(1.5)], {}),
    ("Pad", SIGNAL, [ints(0, 0, 2, 0, 0, 3)], {"mode": "reflect"}),
    ("Expand", normal(3, 1, 5), [ints(3, 4, 1)], {}),
    (
        "Resize",
        IMAGE,
        [np.float32([]), np.float32([1, 1, 2, 3])],
        {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"},
    ),
    ("Cast", SIGNAL, [], {"to": TensorProto.FLOAT}),
    *[
        (op, SIGNAL, [], {})
        for op in ("Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Erf", "Softplus", "HardSwish", "Identity", "Round")
    ],
    *[(op, 3 * SIGNAL, [], {}) for op in ("Floor", "Ceil", "Sign")],
    ("Sum", SIGNAL, [normal(16), normal(4, 1)], {}),
    ("Mod", SIGNAL, [np.float32(0.3)], {"fmod": 1}),
    ("ReduceProd", SIGNAL, [], {"axes": [1, 2], "keepdims": 0}),
    ("Tile", SIGNAL, [ints(1, 2, 1)], {}),
    ("Sqrt", np.abs(SIGNAL), [], {}),
    ("Log", np.abs(SIGNAL) + 0.1, [], {}),
]


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
    ("op", "x", "constants", "attributes"), CASES, ids=lambda case: case if isinstance(case, str) else ""
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


def test_an_unknown_operator_is_named(tmp_path):
    write(tmp_path / "m.onnx", [helper.make_node("Det", ["x"], ["out"])], SIGNAL, {})
    with pytest.raises(UntranslatableError) as error:
        translate(tmp_path / "m.onnx", "out")
    assert error.value.message.args["operator"] == "Det"
