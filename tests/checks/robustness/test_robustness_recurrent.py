"""Recurrent layers answer as onnxruntime does in every form, have the right slope, and are attacked by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from aigov_checks.model.robustness.translate import translate

STEPS, ROWS, FEATURES, HIDDEN = 6, 4, 3, 5
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def given(kind, sides, *, bias=True, states=True, lengths=None, peepholes=False):  # noqa: PLR0913  # one builder
    """Return the inputs of a layer after the first, by name; an empty name where one is left out."""
    wide = GATES[kind] * HIDDEN
    parts = {"w": draw(1, sides, wide, FEATURES), "r": draw(2, sides, wide, HIDDEN)}
    parts["b"] = draw(3, sides, 2 * wide) if bias else None
    parts["lengths"] = None if lengths is None else np.array(lengths, dtype=np.int32)
    parts["h"] = draw(4, sides, ROWS, HIDDEN) if states else None
    if kind == "LSTM":
        parts["c"] = draw(5, sides, ROWS, HIDDEN) if states else None
        parts["p"] = draw(6, sides, 3 * HIDDEN) if peepholes else None
    return parts


def write(path, kind, parts, shape, **attributes):
    names = [name if part is not None else "" for name, part in parts.items()]
    node = helper.make_node(
        kind, ["x", *names], ["y", "yh", *(["yc"] if kind == "LSTM" else [])], hidden_size=HIDDEN, **attributes
    )
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in node.output]
    constants = [numpy_helper.from_array(part, name) for name, part in parts.items() if part is not None]
    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], "g", [source], outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


CASES = [
    *[(kind, way, {}, {}) for kind in GATES for way in ("forward", "reverse", "bidirectional")],
    *[(kind, "bidirectional", {"bias": False, "states": False}, {}) for kind in GATES],
    *[(kind, "bidirectional", {"lengths": [6, 2, 4, 1]}, {}) for kind in GATES],
    ("LSTM", "forward", {"lengths": [6, 6, 6, 6]}, {}),
    ("LSTM", "bidirectional", {"peepholes": True}, {"clip": 0.4}),
    ("LSTM", "forward", {"peepholes": True}, {"input_forget": 1}),
    ("LSTM", "forward", {}, {"activations": ["HardSigmoid", "Tanh", "Softsign"]}),
    (
        "LSTM",
        "reverse",
        {},
        {"activations": ["HardSigmoid", "Relu", "Tanh"], "activation_alpha": [0.3], "activation_beta": [0.4]},
    ),
    ("GRU", "forward", {}, {"linear_before_reset": 1}),
    ("GRU", "bidirectional", {}, {"linear_before_reset": 1}),
    ("GRU", "reverse", {}, {"linear_before_reset": 1}),
    (
        "GRU",
        "forward",
        {},
        {"activations": ["HardSigmoid", "LeakyRelu"], "activation_alpha": [0.2, 0.1], "activation_beta": [0.5]},
    ),
    ("GRU", "forward", {}, {"clip": 0.3}),
    ("RNN", "bidirectional", {}, {"activations": ["Relu", "Relu"]}),
    ("RNN", "forward", {}, {"activations": ["ScaledTanh"], "activation_alpha": [1.2], "activation_beta": [0.7]}),
    ("RNN", "forward", {}, {"activations": ["Affine"], "activation_alpha": [0.5], "activation_beta": [0.1]}),
]


@pytest.mark.parametrize(("kind", "way", "parts", "attributes"), CASES)
def test_a_layer_answers_as_onnxruntime_does_and_its_slope_is_the_difference_quotient(
    tmp_path, kind, way, parts, attributes
):
    x = draw(0, STEPS, ROWS, FEATURES)
    tensors = given(kind, 2 if way == "bidirectional" else 1, **parts)
    path = write(tmp_path / "m.onnx", kind, tensors, x.shape, direction=way, **attributes)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for name, expected in zip(("y", "yh", "yc"), session.run(None, {"x": x}), strict=False):
        program = translate(path, name)
        found = program.outputs(torch.from_numpy(x)).numpy()
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < 2e-6
        assert_slope(program, x)


def assert_slope(program, x, step=1e-6):
    exact = replace(
        program,
        constants={
            name: item.double() if item.is_floating_point() else item for name, item in program.constants.items()
        },
    )
    inputs = torch.from_numpy(x).double().requires_grad_()
    found = exact.outputs(inputs)
    weights, along = torch.from_numpy(draw(8, *found.shape)).double(), torch.from_numpy(draw(9, *x.shape)).double()
    (gradient,) = torch.autograd.grad((found * weights).sum(), inputs)
    ends = [(exact.outputs(inputs.detach() + sign * step * along) * weights).sum() for sign in (1, -1)]
    assert float((gradient * along).sum()) == pytest.approx(float(ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("kind", list(GATES))
def test_samples_may_come_first(tmp_path, kind):
    x, parts = draw(0, STEPS, ROWS, FEATURES), given(kind, 2)
    swapped = {name: item.swapaxes(0, 1) if name in "hc" else item for name, item in parts.items()}
    usual = write(tmp_path / "usual.onnx", kind, parts, x.shape, direction="bidirectional")
    first = write(tmp_path / "first.onnx", kind, swapped, x.swapaxes(0, 1).shape, direction="bidirectional", layout=1)
    for name, order in (("y", (2, 0, 1, 3)), ("yh", (1, 0, 2))):
        expected = translate(usual, name).outputs(torch.from_numpy(x)).permute(order)
        found = translate(first, name).outputs(torch.from_numpy(x.swapaxes(0, 1).copy()))
        assert torch.allclose(found, expected, atol=1e-6)


class Recurrent(nn.Module):
    """A classifier of windows as plants train them: two layers both ways, the last step decides."""

    def __init__(self, kind):
        super().__init__()
        self.layers = kind(2, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(12, 2)

    def forward(self, x):
        return self.head(self.layers(x)[0][:, -1])


def windows(n=60):
    rng = np.random.default_rng(11)
    y = np.arange(n) % 2
    x = rng.normal(0, 0.3, (n, 12, 2)) + np.where(y == 1, 0.5, -0.5)[:, None, None]
    return x.astype(np.float32), y


def trained(kind, x, y):
    torch.manual_seed(0)
    net = Recurrent(kind)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(30):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        optimiser.step()
    return net.eval()


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_a_classifier_that_torch_exported_is_attacked_by_its_gradients(tmp_path, measure, kind):
    x, y = windows()
    net, path = trained(kind, x, y), tmp_path / "m.onnx"
    torch.onnx.export(
        net, (torch.from_numpy(x[:3]),), str(path), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}}
    )
    found = measure(path, x, y, eps=0.9, queries=40, curve=(0.25,), steps=20)
    assert found.measurements["clean_accuracy"].value == 1.0
    assert found.measurements["robust_accuracy"].value < 0.3
    assert found.facts["broken_by.apgd-ce-10"] > 20
    assert found.measurements["zero_gradient_share"].value == 0
    certified = found.measurements["certified_accuracy"]
    assert (certified.value, certified.interval.low, certified.interval.high) == (0.0, 0.0, 1.0)
    assert certified.limits.id == "robustness.proofs.uncertifiable"


def test_a_layer_as_converters_of_keras_write_it_is_attacked_by_its_gradients(tmp_path, measure):
    x, y = windows()
    rng = np.random.default_rng(4)
    constants = {
        "w": rng.normal(0, 1, (1, 18, 2)).astype(np.float32),
        "r": rng.normal(0, 0.3, (1, 18, 6)).astype(np.float32),
        "b": np.zeros((1, 36), np.float32),
        "zero": np.array([0], np.int64),
        "head": np.zeros((6, 2), np.float32),
    }
    nodes = [
        helper.make_node("Transpose", ["x"], ["steps"], perm=[1, 0, 2]),
        helper.make_node(
            "GRU",
            ["steps", "w", "r", "b"],
            ["all", "last"],
            hidden_size=6,
            linear_before_reset=1,
            activations=["HardSigmoid", "Tanh"],
        ),
        helper.make_node("Squeeze", ["last", "zero"], ["state"]),
        helper.make_node("MatMul", ["state", "head"], ["out"]),
    ]
    path = tmp_path / "m.onnx"
    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 12, 2])
    result = helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, 2])

    def save():
        tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
        graph = helper.make_graph(nodes, "g", [source], [result], tensors)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))

    save()
    states = translate(path, "state").outputs(torch.from_numpy(x)).numpy()
    slope = states[y == 1].mean(axis=0) - states[y == 0].mean(axis=0)
    constants["head"] = np.stack([-slope, slope], axis=1).astype(np.float32)
    save()
    found = measure(path, x, y, eps=0.7, queries=40, curve=(), steps=20)
    assert found.measurements["clean_accuracy"].value > 0.9
    assert found.facts["broken_by.apgd-ce-10"] > 30
