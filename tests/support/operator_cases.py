"""Operators of ONNX, each with an input, constants, attributes and the operator set, and how a graph of one is written."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(3)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


SIGNAL, IMAGE = normal(3, 4, 16), normal(2, 4, 9, 8)
USUAL = [
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
DEEP = normal(2, 8, 6, 7)
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
FURTHER = [
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
    ("DepthToSpace", DEEP, [], {"blocksize": 2}, 17),
    ("DepthToSpace", DEEP, [], {"blocksize": 2, "mode": "CRD"}, 17),
    ("SpaceToDepth", normal(2, 3, 6, 4), [], {"blocksize": 2}, 17),
    ("ReverseSequence", SIGNAL, [ints(3, 4, 1)], {"batch_axis": 0, "time_axis": 1}, 17),
    ("GroupNormalization", DEEP, [normal(2), normal(2)], {"num_groups": 2}, 18),
    ("GroupNormalization", DEEP, [normal(8), normal(8)], {"num_groups": 4, "epsilon": 1e-3}, 21),
    ("RMSNormalization", SIGNAL, [normal(16)], {"epsilon": 1e-4}, 23),
    ("MeanVarianceNormalization", DEEP, [], {}, 17),
    ("LRN", DEEP, [], {"size": 5, "alpha": 0.3, "beta": 0.6, "bias": 1.5}, 17),
    ("LRN", DEEP, [], {"size": 3, "alpha": 0.3}, 17),
    ("LpNormalization", SIGNAL, [], {"axis": 1, "p": 1}, 17),
    ("LpPool", DEEP, [], {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1], "p": 3}, 17),
    ("GlobalLpPool", DEEP, [], {"p": 2}, 17),
    ("AveragePool", SIGNAL, [], {"kernel_shape": [3], "strides": [2], "ceil_mode": 1}, 19),
    (
        "AveragePool",
        DEEP,
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
            DEEP,
            [np.float32([]), np.float32(scales)],
            {"mode": mode, "coordinate_transformation_mode": way, **more},
            17,
        )
        for mode, way, scales, more in RESIZED
    ],
    (
        "Resize",
        DEEP,
        [np.float32([]), np.float32([]), ints(2, 8, 9, 5)],
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
        17,
    ),
    ("Upsample", DEEP, [np.float32([1, 1, 2, 2])], {"mode": "linear"}, 9),
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
