"""Convolution and pooling in one, two or three dimensions. Source: ONNX operator specification."""

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
    return convolve(node, inputs[0], inputs[1], inputs[_BIAS] if len(inputs) > _BIAS else None)


def convolve(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the convolution that a node describes."""
    rank = x.ndim - 2
    strides, dilations = node.ints("strides", [1] * rank), node.ints("dilations", [1] * rank)
    before, after = _pads(node, x, list(weight.shape[2:]), strides, dilations)
    x, padding = _padded(x, before, after, 0.0)
    return _CONV[rank](x, weight, bias, strides, padding, dilations, node.integer("group", 1))


def _conv_transpose(node: Node, inputs: list[Tensor]) -> Tensor:
    x, weight = inputs[:2]
    rank = x.ndim - 2
    pads = node.ints("pads", [0] * 2 * rank)
    if node.text("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in node.attributes:
        raise ValueError("padding of ConvTranspose")
    bias = inputs[_BIAS] if len(inputs) > _BIAS else None
    strides, extra = node.ints("strides", [1] * rank), node.ints("output_padding", [0] * rank)
    group, dilations = node.integer("group", 1), node.ints("dilations", [1] * rank)
    if pads[:rank] == pads[rank:]:
        return _CONV_TRANSPOSE[rank](x, weight, bias, strides, pads[:rank], extra, group, dilations)
    whole = _CONV_TRANSPOSE[rank](x, weight, bias, strides, [0] * rank, extra, group, dilations)
    for axis, (before, after) in enumerate(zip(pads[:rank], pads[rank:], strict=True), start=2):
        whole = whole.narrow(axis, before, whole.shape[axis] - before - after)
    return whole


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
    if any(step != 1 for step in node.ints("dilations", [1] * rank)):
        raise ValueError("dilations of AveragePool")
    before, after = _pads(node, x, kernel, strides, [1] * rank)
    counted = bool(node.integer("count_include_pad", 0))
    more = [0] * rank
    if node.integer("ceil_mode", 0):
        more = [_ceil_extra(*item) for item in _spans(x, kernel, strides, [1] * rank, before, after)]
    mean = _AVERAGE_POOL[rank](_grown(x, before, after, more), kernel, strides)
    if not any((*more, *(() if counted else (*before, *after)))):
        return mean
    ones = torch.ones_like(x[:1, :1])
    if counted:  # padding is counted, what rounding up adds to it is not
        ones = functional.pad(ones, _torch_order(before, after), value=1.0)
        before = after = [0] * rank
    return mean / _AVERAGE_POOL[rank](_grown(ones, before, after, more), kernel, strides)


def _grown(x: Tensor, before: list[int], after: list[int], more: list[int]) -> Tensor:
    return functional.pad(x, _torch_order(before, [pad + extra for pad, extra in zip(after, more, strict=True)]))


def _lp_pool(node: Node, inputs: list[Tensor]) -> Tensor:
    x, power = inputs[0], node.integer("p", 2)
    rank = x.ndim - 2
    kernel, strides = node.ints("kernel_shape", []), node.ints("strides", [1] * rank)
    if node.integer("ceil_mode", 0) or any(step != 1 for step in node.ints("dilations", [1] * rank)):
        raise ValueError("options of LpPool")
    padded = functional.pad(x.abs() ** power, _torch_order(*_pads(node, x, kernel, strides, [1] * rank)))
    sums = _AVERAGE_POOL[rank](padded, kernel, strides) * math.prod(kernel)
    positive = sums > 0  # no slope at zero, rather than an infinite one
    return torch.where(positive, torch.where(positive, sums, torch.ones_like(sums)) ** (1 / power), sums)


def _global_average(_: Node, inputs: list[Tensor]) -> Tensor:
    return inputs[0].mean(dim=tuple(range(2, inputs[0].ndim)), keepdim=True)


def _global_max(_: Node, inputs: list[Tensor]) -> Tensor:
    return torch.amax(inputs[0], dim=tuple(range(2, inputs[0].ndim)), keepdim=True)


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
    "LpPool": _lp_pool,
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max,
}
