"""Products of integers, as quantised networks have them; written with floats they keep the slope that rounding leaves.

Source: ONNX operator specification, opsets 10 to 22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from aigov_checks.model.robustness.translate.convolution import convolve
from aigov_checks.model.robustness.translate.rounding import RANGES, passing

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_LEFT_ZERO, _RIGHT_ZERO = 2, 3


def _shifted(values: Tensor, zero: Tensor | None, axis: int) -> Tensor:
    """Return levels less their zero, in float64, which holds every sum of products of them exactly."""
    x = values.double()
    if zero is None:
        return x
    if zero.numel() == 1:
        return x - zero.double().reshape(())
    return x - zero.double().reshape([-1 if place == axis % x.ndim else 1 for place in range(x.ndim)])


def _whole(values: Tensor, *given: Tensor) -> Tensor:
    """Return sums as the integers that they are, or as floats where what went into them carries a slope."""
    return values if any(item.requires_grad for item in given) else values.to(torch.int32)


def _matmul(_: Node, inputs: list[Tensor]) -> Tensor:
    left, right, zero, other = [*inputs, None, None][:4]
    product = _shifted(left, zero, -2) @ _shifted(right, other, -1)
    return _whole(product, left)


def _conv(node: Node, inputs: list[Tensor]) -> Tensor:
    x, weight, zero, other = [*inputs, None, None][:4]
    return _whole(convolve(node, _shifted(x, zero, 1), _shifted(weight, other, 0), None), x)


def _rescaled(product: Tensor, parts: tuple[Tensor, ...]) -> Tensor:
    """Return a product of levels as levels of the output; `parts`: scale of the product, output scale and zero."""
    scale, out_scale, out_zero = parts
    low, high = RANGES[out_zero.dtype]
    scaled = product * scale / out_scale.double().reshape(())
    levels = (passing(scaled, torch.round(scaled)) + out_zero.double().reshape(())).clamp(low, high)
    return levels if product.requires_grad else levels.to(out_zero.dtype)


def _quantised_matmul(_: Node, inputs: list[Tensor]) -> Tensor:
    left, left_scale, left_zero, right, right_scale, right_zero, out_scale, out_zero = inputs
    product = _shifted(left, left_zero, -2) @ _shifted(right, right_zero, -1)
    return _rescaled(product, (left_scale.double() * right_scale.double(), out_scale, out_zero))


def _quantised_conv(node: Node, inputs: list[Tensor]) -> Tensor:
    x, x_scale, x_zero, weight, weight_scale, weight_zero, out_scale, out_zero = inputs[:8]
    bias = inputs[8].double() if len(inputs) > 8 and inputs[8] is not None else None  # noqa: PLR2004  # the last one
    product = convolve(node, _shifted(x, x_zero, 1), _shifted(weight, weight_zero, 0), bias)
    scale = x_scale.double().reshape(()) * weight_scale.double()
    scale = scale.reshape(-1, *[1] * (product.ndim - 2)) if scale.numel() > 1 else scale.reshape(())
    return _rescaled(product, (scale, out_scale, out_zero))


def _levels_of(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return levels as floats with a slope, and what the range of the values makes of scale and zero."""
    low, high = x.detach().min().clamp_max(0), x.detach().max().clamp_min(0)
    scale = (high - low) / 255
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    zero = torch.round((-low / scale).clamp(0, 255))
    scaled = x / scale
    return (passing(scaled, torch.round(scaled)) + zero).clamp(0, 255), scale, zero.to(torch.uint8)


def _dynamic(_: Node, inputs: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    levels, scale, zero = _levels_of(inputs[0])
    return levels.to(torch.uint8), scale, zero


OPERATORS: dict[str, Callable[[Node, list[Tensor]], Any]] = {  # one tensor, or several
    "MatMulInteger": _matmul,
    "ConvInteger": _conv,
    "QLinearMatMul": _quantised_matmul,
    "QLinearConv": _quantised_conv,
    "DynamicQuantizeLinear": _dynamic,
}
STRAIGHT: dict[str, Callable[[Node, list[Tensor]], Any]] = {  # one tensor, or several
    "DynamicQuantizeLinear": lambda _, inputs: _levels_of(inputs[0]),
}
"""The same operators with a slope, as those of `rounding`; the others follow what goes into them."""
