"""Normalisation and the norms of pooling and reduction. Source: ONNX operator specification, opsets 7 to 23."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_BIAS = 2
_PER_CHANNEL = 21
"""Operator set from which GroupNormalization has one scale a channel, and not one a group."""


def _batch_norm(node: Node, inputs: list[Tensor]) -> Tensor:
    x, scale, bias, mean, variance = inputs[:5]
    return functional.batch_norm(x, mean, variance, scale, bias, eps=node.number("epsilon", 1e-5))


def _layer_norm(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axis = node.integer("axis", -1) % x.ndim
    shape = x.shape[axis:]
    normal = functional.layer_norm(x, shape, eps=node.number("epsilon", 1e-5)) * inputs[1]
    return normal + inputs[_BIAS] if len(inputs) > _BIAS and inputs[_BIAS] is not None else normal


def _instance_norm(node: Node, inputs: list[Tensor]) -> Tensor:
    return functional.instance_norm(inputs[0], weight=inputs[1], bias=inputs[2], eps=node.number("epsilon", 1e-5))


def _group_norm(node: Node, inputs: list[Tensor]) -> Tensor:
    x, scale, bias = inputs
    groups = node.integer("num_groups", 1)
    if node.opset < _PER_CHANNEL:
        scale, bias = (item.repeat_interleave(x.shape[1] // groups) for item in (scale, bias))
    return functional.group_norm(x, groups, scale, bias, node.number("epsilon", 1e-5))


def _rms_norm(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axes = tuple(range(node.integer("axis", -1) % x.ndim, x.ndim))
    mean = (x * x).mean(dim=axes, keepdim=True)
    return x * torch.rsqrt(mean + node.number("epsilon", 1e-5)) * inputs[1]


def _mean_variance(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axes = node.ints("axes", [0, 2, 3])
    centred = x - x.mean(dim=axes, keepdim=True)
    return centred / ((centred**2).mean(dim=axes, keepdim=True).sqrt() + 1e-9)  # as the specification writes it


def _local_response(node: Node, inputs: list[Tensor]) -> Tensor:
    alpha, beta = node.number("alpha", 1e-4), node.number("beta", 0.75)
    x, size = inputs[0], node.integer("size", 1)
    before = (size - 1) // 2
    flat = (x * x).reshape(len(x), 1, x.shape[1], -1)
    padded = functional.pad(flat, (0, 0, before, size - 1 - before))
    sums = functional.avg_pool2d(padded, (size, 1), stride=1)
    return x / (node.number("bias", 1.0) + alpha * sums.reshape(x.shape)) ** beta


def _lp_norm(node: Node, inputs: list[Tensor]) -> Tensor:
    x, axis = inputs[0], node.integer("axis", -1)
    length = torch.linalg.vector_norm(x, ord=node.integer("p", 2), dim=axis, keepdim=True)
    return x / torch.where(length == 0, torch.ones_like(length), length)


def _global_lp_pool(node: Node, inputs: list[Tensor]) -> Tensor:
    axes = tuple(range(2, inputs[0].ndim))
    return torch.linalg.vector_norm(inputs[0], ord=node.integer("p", 2), dim=axes, keepdim=True)


OPERATORS = {
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "MeanVarianceNormalization": _mean_variance,
    "LRN": _local_response,
    "LpNormalization": _lp_norm,
    "GlobalLpPool": _global_lp_pool,
}
