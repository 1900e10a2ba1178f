"""Further operators answer as onnxruntime does, with the slope that differences show, and quantised ones through it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from operator_cases import FURTHER, SIGNAL, normal, write

from aigov_checks.model.robustness.ball import Balls
from aigov_checks.model.robustness.certify import UncertifiableError, certifier_of
from aigov_checks.model.robustness.translate import translate
from aigov_checks.model.robustness.twin import OnnxTwin


def session_of(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("op", "x", "constants", "attributes", "opset"), FURTHER, ids=lambda case: case if isinstance(case, str) else ""
)
def test_an_operator_answers_as_onnxruntime_does_and_its_slope_is_the_difference_quotient(  # noqa: PLR0913, PLR0917  # one case
    tmp_path, op, x, constants, attributes, opset
):
    names = {f"c{place}": value for place, value in enumerate(constants)}
    path = write(tmp_path / "m.onnx", [helper.make_node(op, ["x", *names], ["out"], **attributes)], x, names, opset)
    (expected,) = session_of(path).run(None, {"x": x})
    program = translate(path, "out")
    found = program.outputs(torch.from_numpy(x.copy())).numpy()
    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=2e-5)
    assert_slope(program, x)


def assert_slope(program, x, step=1e-6):
    """Compare the derivative along a random direction with the difference quotient, both in double precision."""
    exact = replace(
        program,
        constants={
            name: item.double() if item.is_floating_point() else item for name, item in program.constants.items()
        },
    )
    inputs = torch.from_numpy(x).double().requires_grad_()
    found = exact.outputs(inputs)
    weights, along = torch.from_numpy(normal(*found.shape)).double(), torch.from_numpy(normal(*x.shape)).double()
    (gradient,) = torch.autograd.grad((found * weights).sum(), inputs)
    ends = [(exact.outputs(inputs.detach() + sign * step * along) * weights).sum() for sign in (1, -1)]
    quotient = float(ends[0] - ends[1]) / (2 * step)
    assert abs(quotient) > 1e-3
    assert float((gradient * along).sum()) == pytest.approx(quotient, rel=1e-4)


def quantised(path, kind, x):
    """Write a convolution or a product between rounded inputs and rounded outputs, as quantisers of old write it."""
    rng = np.random.default_rng(8)
    scales = {"xs": np.float32(0.03), "xz": np.uint8(120), "ys": np.float32(0.2), "yz": np.uint8(115)}
    if kind == "QLinearConv":
        weight = {
            "w": rng.integers(-90, 90, (3, 4, 3)).astype(np.int8),
            "ws": np.float32([0.01, 0.02, 0.015]),
            "wz": np.zeros(3, np.int8),
            "b": rng.integers(-99, 99, 3).astype(np.int32),
        }
        names, more = ["q", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], {"pads": [1, 1], "strides": [2]}
    else:
        weight = {"w": rng.integers(-90, 90, (16, 5)).astype(np.int8), "ws": np.float32(0.01), "wz": np.int8(0)}
        names, more = ["q", "xs", "xz", "w", "ws", "wz", "ys", "yz"], {}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
        helper.make_node(kind, names, ["p"], **more),
        helper.make_node("DequantizeLinear", ["p", "ys", "yz"], ["out"]),
    ]
    return write(path, nodes, x, {**scales, **weight})


def dynamic(path, kind, x):
    """Write what quantising at run time makes of a layer."""
    rng = np.random.default_rng(8)
    shape = (16, 5) if kind == "MatMulInteger" else (3, 4, 3)
    zeros = {"wz": np.int8(0)} if kind == "MatMulInteger" else {}
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        helper.make_node(kind, ["q", "w", "z", *zeros], ["whole"]),
        helper.make_node("Cast", ["whole"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "s"], ["out"]),
    ]
    weight = rng.integers(0 if kind == "ConvInteger" else -90, 90, shape).astype(
        np.uint8 if kind == "ConvInteger" else np.int8
    )
    return write(path, nodes, x, {"w": weight, **zeros})


@pytest.mark.parametrize(
    ("build", "kind"),
    [(quantised, "QLinearConv"), (quantised, "QLinearMatMul"), (dynamic, "MatMulInteger"), (dynamic, "ConvInteger")],
)
def test_a_quantised_layer_answers_as_onnxruntime_does_and_has_a_slope_only_straight_through(tmp_path, build, kind):
    path = build(tmp_path / "m.onnx", kind, SIGNAL)
    (expected,) = session_of(path).run(None, {"x": SIGNAL})
    program = translate(path, "out")
    inputs = torch.from_numpy(SIGNAL.copy()).requires_grad_()
    found = program.outputs(inputs)
    assert np.allclose(found.detach().numpy(), expected, atol=1e-4)
    assert np.ptp(expected) > 1
    through = program.straight().outputs(inputs)
    assert np.allclose(through.detach().numpy(), expected, atol=1e-4)
    (slope,) = torch.autograd.grad(through.sum(), inputs)
    assert (slope != 0).float().mean() > 0.5


@pytest.mark.parametrize(("mode", "known"), [("linear", True), ("nearest", True), ("cubic", False)])
def test_a_proof_goes_through_resizing_unless_its_weights_have_both_signs(tmp_path, mode, known):
    nodes = [
        helper.make_node("DepthToSpace", ["x"], ["wide"], blocksize=2),
        helper.make_node("Resize", ["wide", "", "scales"], ["large"], mode=mode),
        helper.make_node("Relu", ["large"], ["positive"]),
        helper.make_node("Flatten", ["positive"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w"], ["out"]),
    ]
    constants = {"scales": np.float32([1, 1, 1.5, 2]), "w": normal(144, 3)}
    x = normal(30, 4, 3, 4)[:, :, :, :]
    path = write(tmp_path / "m.onnx", nodes, x[:1], constants)
    program = translate(path, "out")
    twin = OnnxTwin(program, 0.0, None)
    if not known:
        with pytest.raises(UncertifiableError):
            certifier_of(twin, x[:1])
        return
    certifier = certifier_of(twin, x[:1])
    eps = 0.02
    balls = Balls("linf", x, x - eps, x + eps, np.full(x.shape[1:], eps))
    y = program.outputs(torch.from_numpy(x)).argmax(dim=1)
    certified = certifier.certified(balls, y.numpy()).certified
    assert certified.any()
    random = np.random.default_rng(5)
    for _ in range(50):  # corners, where a linear function is at its worst
        corner = x + np.float32(eps) * random.choice([-1, 1], x.shape).astype(np.float32)
        broken = (program.outputs(torch.from_numpy(corner)).argmax(dim=1) != y).numpy()
        assert not (broken & certified).any()
