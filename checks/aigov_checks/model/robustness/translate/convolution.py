"""Convolution, pooling and resizing in one, two or three dimensions. Source: ONNX operator specification."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_CONV = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_CONV_TRANSPOSE = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}
_MAX_POOL = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_AVERAGE_POOL = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
_BIAS = 2


def _conv(node: Node, inputs: list[Tensor]) -> Tensor:
    x, weight = inputs[:2]
    bias = inputs[_BIAS] if len(inputs) > _BIAS else None
    rank = x.ndim - 2
    strides, dilations = node.ints("strides", [1] * rank), node.ints("dilations", [1] * rank)
    before, after = _pads(node, x, list(weight.shape[2:]), strides, dilations)
    x, padding = _padded(x, before, after, 0.0)
    return _CONV[rank](x, weight, bias, strides, padding, dilations, node.integer("group", 1))


def _conv_transpose(node: Node, inputs: list[Tensor]) -> Tensor:
    x, weight = inputs[:2]
    rank = x.ndim - 2
    pads = node.ints("pads", [0] * 2 * rank)
    if pads[:rank] != pads[rank:] or node.text("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in node.attributes:
        raise ValueError("padding of ConvTranspose")
    bias = inputs[_BIAS] if len(inputs) > _BIAS else None
    strides, extra = node.ints("strides", [1] * rank), node.ints("output_padding", [0] * rank)
    group, dilations = node.integer("group", 1), node.ints("dilations", [1] * rank)
    return _CONV_TRANSPOSE[rank](x, weight, bias, strides, pads[:rank], extra, group, dilations)


def _max_pool(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    rank = x.ndim - 2
    kernel, strides = node.ints("kernel_shape", []), node.ints("strides", [1] * rank)
    dilations = node.ints("dilations", [1] * rank)
    before, after = _pads(node, x, kernel, strides, dilations)
    if node.integer("ceil_mode", 0):
        after = [
            pad + _ceil_extra(*item)
            for pad, item in zip(after, _spans(x, kernel, strides, dilations, before, after), strict=True)
        ]
    x = functional.pad(x, _torch_order(before, after), value=-math.inf)
    return _MAX_POOL[rank](x, kernel, strides, 0, dilations)


def _average_pool(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    rank = x.ndim - 2
    kernel, strides = node.ints("kernel_shape", []), node.ints("strides", [1] * rank)
    if node.integer("ceil_mode", 0) or any(step != 1 for step in node.ints("dilations", [1] * rank)):
        raise ValueError("ceil_mode of AveragePool")
    before, after = _pads(node, x, kernel, strides, [1] * rank)
    padded = functional.pad(x, _torch_order(before, after))
    mean = _AVERAGE_POOL[rank](padded, kernel, strides)
    if node.integer("count_include_pad", 0) or not any(before + after):
        return mean
    filled = functional.pad(torch.ones_like(x[:1, :1]), _torch_order(before, after))
    return mean / _AVERAGE_POOL[rank](filled, kernel, strides)


def _global_average(_: Node, inputs: list[Tensor]) -> Tensor:
    return inputs[0].mean(dim=tuple(range(2, inputs[0].ndim)), keepdim=True)


def _global_max(_: Node, inputs: list[Tensor]) -> Tensor:
    return torch.amax(inputs[0], dim=tuple(range(2, inputs[0].ndim)), keepdim=True)


def _resize(node: Node, inputs: list[Tensor]) -> Tensor:
    """Resize by whole factors with the nearest neighbour; everything else is refused."""
    x = inputs[0]
    given = [item for item in inputs[1:] if item is not None and item.numel()]
    if node.text("mode", "nearest") != "nearest" or not given:
        raise ValueError("mode of Resize")
    wanted = given[-1]
    factors = [
        float(item) if wanted.is_floating_point() else int(item) / size
        for item, size in zip(wanted, x.shape, strict=True)
    ]
    if any(factor != round(factor) or factor < 1 for factor in factors) or factors[:2] != [1, 1]:
        raise ValueError("factor of Resize")
    for axis, factor in enumerate(factors):
        x = x.repeat_interleave(round(factor), dim=axis) if factor != 1 else x
    return x


def _pads(
    node: Node, x: Tensor, kernel: list[int], strides: list[int], dilations: list[int]
) -> tuple[list[int], list[int]]:
    """Return the padding before and after each spatial axis."""
    rank = len(kernel)
    mode = node.text("auto_pad", "NOTSET")
    if mode in ("NOTSET", "VALID"):
        pads = node.ints("pads", [0] * 2 * rank) if mode == "NOTSET" else [0] * 2 * rank
        return pads[:rank], pads[rank:]
    totals = []
    for size, span, step, gap in zip(x.shape[2:], kernel, strides, dilations, strict=True):
        totals.append(max(0, (math.ceil(size / step) - 1) * step + (span - 1) * gap + 1 - size))
    less, more = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return (less, more) if mode == "SAME_UPPER" else (more, less)


def _padded(x: Tensor, before: list[int], after: list[int], value: float) -> tuple[Tensor, list[int]]:
    """Return the input and the padding left to the operator, which can only pad both sides alike."""
    if before == after:
        return x, before
    return functional.pad(x, _torch_order(before, after), value=value), [0] * len(before)


def _torch_order(before: list[int], after: list[int]) -> list[int]:
    return [pad for pair in zip(before[::-1], after[::-1], strict=True) for pad in pair]


def _spans(  # noqa: PLR0913, PLR0917  # all that one call of an attack needs
    x: Tensor, kernel: list[int], strides: list[int], dilations: list[int], before: list[int], after: list[int]
) -> list[tuple[int, int]]:  # the geometry of a pooling
    """Return length left for stepping, and the stride, of each axis."""
    lengths = [size + low + high for size, low, high in zip(x.shape[2:], before, after, strict=True)]
    reach = [(span - 1) * gap + 1 for span, gap in zip(kernel, dilations, strict=True)]
    return [(length - span, step) for length, span, step in zip(lengths, reach, strides, strict=True)]


def _ceil_extra(left: int, stride: int) -> int:
    return -left % stride


OPERATORS = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max,
    "Resize": _resize,
}
