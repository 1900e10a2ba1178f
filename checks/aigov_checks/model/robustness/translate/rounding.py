"""Rounding and quantisation, exact, and once more with the slope of the identity where they have none.

Sources: ONNX operator specification, opsets 7 to 22; for the slope Bengio, Léonard and Courville 2013 (arXiv
1308.3432, the straight-through estimator) and Athalye, Carlini and Wagner, ICML 2018 (arXiv 1802.00420), section 4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
TYPES = {
    1: torch.float32, 10: torch.float16, 11: torch.float64,
    2: torch.uint8, 3: torch.int8, 4: torch.uint16, 5: torch.int16, 6: torch.int32, 7: torch.int64, 9: torch.bool,
}  # fmt: skip
"""Codes of `TensorProto.DataType`."""
RANGES = {
    torch.uint8: (0, 255), torch.int8: (-128, 127), torch.int32: (-(2**31), 2**31 - 1),
    torch.uint16: (0, 65535), torch.int16: (-32768, 32767),
}  # fmt: skip
"""Lowest and highest level of each integer type."""
_ZERO_POINT = 2


def _cast(node: Node, inputs: list[Tensor]) -> Tensor:
    """Cast; an unknown type is a KeyError, which the agreement check reports."""
    return inputs[0].to(TYPES[node.integer("to", 1)])


def _quantize(node: Node, inputs: list[Tensor]) -> Tensor:
    """Round half to even, shift, saturate; another type than the known ones is a KeyError."""
    levels, kind = _levels(node, inputs)
    return levels.to(kind)


def _levels(node: Node, inputs: list[Tensor]) -> tuple[Tensor, Any]:  # a torch.dtype
    x, scale = inputs[0], inputs[1]
    zero = inputs[_ZERO_POINT] if len(inputs) > _ZERO_POINT and inputs[_ZERO_POINT] is not None else None
    kind = torch.uint8 if zero is None else zero.dtype
    low, high = RANGES[kind]
    scaled = x / _along(node, scale, x)
    shift = 0.0 if zero is None else _along(node, zero, x).to(x.dtype)
    return (passing(scaled, torch.round(scaled)) + shift).clamp(low, high), kind


def _dequantize(node: Node, inputs: list[Tensor]) -> Tensor:
    x, scale = inputs[0].to(inputs[1].dtype), inputs[1]
    if len(inputs) > _ZERO_POINT and inputs[_ZERO_POINT] is not None:
        x = x - _along(node, inputs[_ZERO_POINT], x).to(x.dtype)
    return x * _along(node, scale, x)


def _along(node: Node, values: Tensor, x: Tensor) -> Tensor:
    """Return one value for all, or one for each place of an axis, so that it broadcasts."""
    if values.ndim == 0 or values.numel() == 1:
        return values.reshape(())
    axis = node.integer("axis", 1) % x.ndim
    return values.reshape([-1 if place == axis else 1 for place in range(x.ndim)])


def passing(x: Tensor, rounded: Tensor) -> Tensor:
    """Return `rounded` with the slope of `x`."""
    return x + (rounded - x).detach()


def _straight(function: Callable[[Tensor], Tensor]) -> Callable[[Node, list[Tensor]], Tensor]:
    return lambda _, inputs: passing(inputs[0], function(inputs[0]))


def _straight_cast(node: Node, inputs: list[Tensor]) -> Tensor:
    """Cast; from a float to an integer only its fraction is lost, and it stays a float."""
    kind = TYPES[node.integer("to", 1)]
    whole = not kind.is_floating_point and kind is not torch.bool
    if whole and inputs[0].is_floating_point() and inputs[0].requires_grad:
        return passing(inputs[0], torch.trunc(inputs[0]))
    return inputs[0].to(kind)


OPERATORS = {
    "Floor": lambda _, inputs: torch.floor(inputs[0]),
    "Ceil": lambda _, inputs: torch.ceil(inputs[0]),
    "Round": lambda _, inputs: torch.round(inputs[0]),
    "Sign": lambda _, inputs: torch.sign(inputs[0]),
    "Cast": _cast,
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
}
STRAIGHT = {
    "Floor": _straight(torch.floor),
    "Ceil": _straight(torch.ceil),
    "Round": _straight(torch.round),
    "Sign": _straight(torch.sign),
    "Cast": _straight_cast,
    "QuantizeLinear": lambda node, inputs: _levels(node, inputs)[0],
}
"""The same operators with a slope."""
