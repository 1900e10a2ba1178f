"""Further operators answer as onnxruntime does, with the slope that differences show, and quantised ones through it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from aigov_checks.model.robustness.ball import Balls
from aigov_checks.model.robustness.certify import UncertifiableError, certifier_of
from aigov_checks.model.robustness.translate import translate
from aigov_checks.model.robustness.twin import OnnxTwin

RNG = np.random.default_rng(3)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


SIGNAL, IMAGE = normal(3, 4, 16), normal(2, 8, 6, 7)
PLAIN = ("Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Atanh")
RESIZED = [
    ("linear", "half_pixel", [1, 1, 1.5, 2], {}),
    ("linear", "align_corners", [1, 1, 2, 0.7], {}),
    ("linear", "asymmetric", [1, 1, 2, 2], {}),
    ("linear", "pytorch_half_pixel", [1, 1, 0.2, 2], {}),
    ("cubic", "half_pixel", [1, 1, 2, 1.5], {}),
    ("cubic", "align_corners", [1, 1, 2, 1.5], {"cubic_coeff_a": -0.5}),
    ("cubic", "half_pixel", [1, 1, 2, 1.5], {"exclude_outside": 1}),
    ("nearest", "half_pixel", [1, 1, 1.7, 2], {"nearest_mode": "round_prefer_ceil"}),
    ("nearest", "half_pixel", [1, 1, 0.5, 2.3], {"nearest_mode": "floor"}),
    ("nearest", "asymmetric", [1, 1, 1.7, 2], {"nearest_mode": "ceil"}),
]
CASES = [
    ("Einsum", SIGNAL, [normal(16, 5)], {"equation": "bct,tk->bck"}, 17),
    ("CumSum", SIGNAL, [ints(2)[0]], {}, 17),
    ("CumSum", SIGNAL, [ints(-1)[0]], {"reverse": 1, "exclusive": 1}, 17),
    ("Trilu", SIGNAL, [ints(1)[0]], {"upper": 0}, 17),
    ("Trilu", SIGNAL, [], {}, 17),
    ("GatherElements", SIGNAL, [RNG.integers(-16, 16, (3, 4, 5))], {"axis": 2}, 17),
    ("GatherND", SIGNAL, [RNG.integers(-4, 4, (3, 2, 1))], {"batch_dims": 1}, 17),
    ("GatherND", SIGNAL, [RNG.integers(0, 3, (5, 2))], {}, 17),
    (
        "ScatterElements",
        SIGNAL,
        [np.stack([RNG.permutation(16)[:5] for _ in range(12)]).reshape(3, 4, 5), normal(3, 4, 5)],
        {"axis": 2},
        17,
    ),
    (
        "ScatterElements",
        SIGNAL,
        [RNG.integers(-16, 16, (3, 4, 20)), normal(3, 4, 20)],
        {"axis": 2, "reduction": "add"},
        17,
    ),
    ("ScatterND", SIGNAL, [ints([2, -1], [0, 3]), normal(2, 16)], {}, 17),
    ("ScatterND", SIGNAL, [ints([2, 1], [2, 1]), normal(2, 16)], {"reduction": "add"}, 17),
    ("DepthToSpace", IMAGE, [], {"blocksize": 2}, 17),
    ("DepthToSpace", IMAGE, [], {"blocksize": 2, "mode": "CRD"}, 17),
    ("SpaceToDepth", normal(2, 3, 6, 4), [], {"blocksize": 2}, 17),
    ("ReverseSequence", SIGNAL, [ints(3, 4, 1)], {"batch_axis": 0, "time_axis": 1}, 17),
    ("GroupNormalization", IMAGE, [normal(2), normal(2)], {"num_groups": 2}, 18),
    ("GroupNormalization", IMAGE, [normal(8), normal(8)], {"num_groups": 4, "epsilon": 1e-3}, 21),
    ("RMSNormalization", SIGNAL, [normal(16)], {"epsilon": 1e-4}, 23),
    ("MeanVarianceNormalization", IMAGE, [], {}, 17),
    ("LRN", IMAGE, [], {"size": 5, "alpha": 0.3, "beta": 0.6, "bias": 1.5}, 17),
    ("LRN", IMAGE, [], {"size": 3, "alpha": 0.3}, 17),
    ("LpNormalization", SIGNAL, [], {"axis": 1, "p": 1}, 17),
    ("LpPool", IMAGE, [], {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1], "p": 3}, 17),
    ("GlobalLpPool", IMAGE, [], {"p": 2}, 17),
    ("AveragePool", SIGNAL, [], {"kernel_shape": [3], "strides": [2], "ceil_mode": 1}, 19),
    (
        "AveragePool",
        IMAGE,
        [],
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1, "count_include_pad": 1},
        19,
    ),
    ("ConvTranspose", SIGNAL, [normal(4, 2, 4), normal(2)], {"strides": [2], "pads": [1, 2]}, 17),
    ("ReduceL1", SIGNAL, [], {"axes": [1], "keepdims": 0}, 17),
    ("ReduceL2", SIGNAL, [], {"axes": [1, 2]}, 17),
    ("ReduceSumSquare", SIGNAL, [], {"axes": [2]}, 17),
    ("ReduceLogSum", np.abs(SIGNAL) + 0.1, [], {"axes": [2]}, 17),
    ("ReduceLogSumExp", SIGNAL, [], {"axes": [1, 2], "keepdims": 0}, 17),
    ("ThresholdedRelu", SIGNAL, [], {"alpha": 0.4}, 17),
    ("Celu", SIGNAL, [], {"alpha": 0.6}, 17),
    ("Selu", SIGNAL, [], {"alpha": 1.5, "gamma": 1.1}, 17),
    ("Shrink", SIGNAL, [], {"lambd": 0.6, "bias": 0.2}, 17),
    ("Mean", SIGNAL, [normal(16), normal(4, 1)], {}, 17),
    *[(name, (0.8 * np.tanh(SIGNAL)).astype(np.float32), [], {}, 17) for name in PLAIN],
    ("Acosh", np.abs(SIGNAL) + 1.1, [], {}, 17),
    ("DFT", SIGNAL[..., None], [], {"axis": 2, "onesided": 1}, 17),
    ("DFT", SIGNAL[..., None], [ints(8)[0], ints(2)[0]], {}, 20),
    ("DFT", normal(3, 8, 2), [], {"axis": 1, "inverse": 1}, 17),
    ("STFT", normal(2, 40, 1), [ints(4)[0], np.hanning(16).astype(np.float32)], {}, 17),
    *[
        (
            "Resize",
            IMAGE,
            [np.float32([]), np.float32(scales)],
            {"mode": mode, "coordinate_transformation_mode": way, **more},
            17,
        )
        for mode, way, scales, more in RESIZED
    ],
    (
        "Resize",
        IMAGE,
        [np.float32([]), np.float32([]), ints(2, 8, 9, 5)],
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
        17,
    ),
    ("Upsample", IMAGE, [np.float32([1, 1, 2, 2])], {"mode": "linear"}, 9),
    (
        "Attention",
        normal(2, 5, 12),
        [normal(2, 7, 6), normal(2, 7, 6), normal(5, 7)],
        {"q_num_heads": 4, "kv_num_heads": 2},
        23,
    ),
    ("Attention", normal(2, 3, 5, 4), [normal(2, 3, 5, 4), normal(2, 3, 5, 4)], {"is_causal": 1, "scale": 0.3}, 23),
]


def write(path, nodes, x, constants, opset=17):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), str(path))
    return path


def session_of(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("op", "x", "constants", "attributes", "opset"), CASES, ids=lambda case: case if isinstance(case, str) else ""
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
