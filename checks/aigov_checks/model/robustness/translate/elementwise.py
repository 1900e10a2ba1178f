"""Arithmetic and activations, value by value. Source: ONNX operator specification, opsets 7 to 22."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_OLD_SOFTMAX = 13


def _unary(function: Callable[[Tensor], Tensor]) -> Callable[[Node, list[Tensor]], Tensor]:
    return lambda _, inputs: function(inputs[0])


def _binary(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Node, list[Tensor]], Tensor]:
    return lambda _, inputs: function(inputs[0], inputs[1])


def _divide(left: Tensor, right: Tensor) -> Tensor:
    whole = not (left.is_floating_point() or right.is_floating_point())
    return torch.div(left, right, rounding_mode="trunc") if whole else left / right


def _softmax(node: Node, inputs: list[Tensor]) -> Tensor:
    run = torch.log_softmax if node.type == "LogSoftmax" else torch.softmax
    x = inputs[0]
    if node.opset >= _OLD_SOFTMAX:
        return run(x, dim=node.integer("axis", -1))
    axis = node.integer("axis", 1) % x.ndim
    return run(x.flatten(axis), dim=-1).reshape(x.shape)


def _clip(node: Node, inputs: list[Tensor]) -> Tensor:
    low = inputs[1] if len(inputs) > 1 else node.attributes.get("min")
    high = inputs[2] if len(inputs) > 2 else node.attributes.get("max")  # noqa: PLR2004  # x, min, max
    return torch.clamp(inputs[0], *(None if edge is None else float(edge) for edge in (low, high)))


def _leaky(node: Node, inputs: list[Tensor]) -> Tensor:
    return functional.leaky_relu(inputs[0], node.number("alpha", 0.01))


def _elu(node: Node, inputs: list[Tensor]) -> Tensor:
    return functional.elu(inputs[0], node.number("alpha", 1.0))


def _hard_sigmoid(node: Node, inputs: list[Tensor]) -> Tensor:
    return torch.clamp(inputs[0] * node.number("alpha", 0.2) + node.number("beta", 0.5), 0, 1)


def _prelu(_: Node, inputs: list[Tensor]) -> Tensor:
    return torch.where(inputs[0] >= 0, inputs[0], inputs[0] * inputs[1])


def _gelu(node: Node, inputs: list[Tensor]) -> Tensor:
    return functional.gelu(inputs[0], approximate=node.text("approximate", "none"))


def _celu(node: Node, inputs: list[Tensor]) -> Tensor:
    return functional.celu(inputs[0], node.number("alpha", 1.0))


def _selu(node: Node, inputs: list[Tensor]) -> Tensor:
    x, alpha = inputs[0], node.number("alpha", 1.67326319217681884765625)
    low = alpha * torch.expm1(x.clamp_max(0))
    return node.number("gamma", 1.05070102214813232421875) * torch.where(x > 0, x, low)


def _thresholded(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    return torch.where(x > node.number("alpha", 1.0), x, torch.zeros_like(x))


def _shrink(node: Node, inputs: list[Tensor]) -> Tensor:
    x, bias, edge = inputs[0], node.number("bias", 0.0), node.number("lambd", 0.5)
    return torch.where(x > edge, x - bias, torch.where(x < -edge, x + bias, torch.zeros_like(x)))


def _swish(node: Node, inputs: list[Tensor]) -> Tensor:
    return inputs[0] * torch.sigmoid(node.number("alpha", 1.0) * inputs[0])


def _mean(_: Node, inputs: list[Tensor]) -> Tensor:
    return sum(inputs[1:], inputs[0]) / len(inputs)


def _mod(node: Node, inputs: list[Tensor]) -> Tensor:
    return (torch.fmod if node.integer("fmod", 0) else torch.remainder)(inputs[0], inputs[1])


def _extreme(node: Node, inputs: list[Tensor]) -> Tensor:
    run = torch.maximum if node.type == "Max" else torch.minimum
    result = inputs[0]
    for other in inputs[1:]:
        result = run(result, other)
    return result


OPERATORS = {
    "Add": _binary(torch.add),
    "Sub": _binary(torch.sub),
    "Mul": _binary(torch.mul),
    "Div": _binary(_divide),
    "Pow": _binary(lambda base, exponent: torch.pow(base, exponent.to(base.dtype))),
    "Equal": _binary(torch.eq),
    "Greater": _binary(torch.gt),
    "Less": _binary(torch.lt),
    "GreaterOrEqual": _binary(torch.ge),
    "LessOrEqual": _binary(torch.le),
    "And": _binary(torch.logical_and),
    "Xor": _binary(torch.logical_xor),
    "Or": _binary(torch.logical_or),
    "Not": _unary(torch.logical_not),
    "Mod": _mod,
    "Neg": _unary(torch.neg),
    "Abs": _unary(torch.abs),
    "Sqrt": _unary(torch.sqrt),
    "Reciprocal": _unary(torch.reciprocal),
    "Log": _unary(torch.log),
    "Exp": _unary(torch.exp),
    "Sin": _unary(torch.sin),
    "Cos": _unary(torch.cos),
    "Tan": _unary(torch.tan),
    "Asin": _unary(torch.asin),
    "Acos": _unary(torch.acos),
    "Atan": _unary(torch.atan),
    "Sinh": _unary(torch.sinh),
    "Cosh": _unary(torch.cosh),
    "Asinh": _unary(torch.asinh),
    "Acosh": _unary(torch.acosh),
    "Atanh": _unary(torch.atanh),
    "IsNaN": _unary(torch.isnan),
    "Erf": _unary(torch.erf),
    "Relu": _unary(torch.relu),
    "Sigmoid": _unary(torch.sigmoid),
    "Tanh": _unary(torch.tanh),
    "Softplus": _unary(functional.softplus),
    "Softsign": _unary(functional.softsign),
    "HardSwish": _unary(functional.hardswish),
    "Mish": _unary(functional.mish),
    "Selu": _selu,
    "Celu": _celu,
    "ThresholdedRelu": _thresholded,
    "Shrink": _shrink,
    "Swish": _swish,
    "Identity": _unary(lambda x: x),
    "Dropout": _unary(lambda x: x),
    "LeakyRelu": _leaky,
    "Elu": _elu,
    "HardSigmoid": _hard_sigmoid,
    "PRelu": _prelu,
    "Gelu": _gelu,
    "Clip": _clip,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Sum": lambda _, inputs: sum(inputs[1:], inputs[0]),
    "Mean": _mean,
    "Max": _extreme,
    "Min": _extreme,
    "Where": lambda _, inputs: torch.where(inputs[0], inputs[1], inputs[2]),
}
