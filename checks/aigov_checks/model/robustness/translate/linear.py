"""Matrix products, normalisation and reductions. Source: ONNX operator specification, opsets 7 to 22."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from aigov_checks.model.robustness.translate.node import Node, integers

if TYPE_CHECKING:
    from collections.abc import Callable

Tensor = Any  # torch is untyped
_BIAS = 2


def _gemm(node: Node, inputs: list[Tensor]) -> Tensor:
    left = inputs[0].T if node.integer("transA", 0) else inputs[0]
    right = inputs[1].T if node.integer("transB", 0) else inputs[1]
    product = node.number("alpha", 1.0) * (left @ right)
    if len(inputs) > _BIAS and inputs[_BIAS] is not None:
        return product + node.number("beta", 1.0) * inputs[_BIAS]
    return product


def _matmul(_: Node, inputs: list[Tensor]) -> Tensor:
    return torch.matmul(inputs[0], inputs[1])


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


def _reduce(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axes = integers(node, inputs, 1, "axes")
    if not axes and node.integer("noop_with_empty_axes", 0):
        return x
    dims = tuple(axes or range(x.ndim))
    keep = bool(node.integer("keepdims", 1))
    return _REDUCTIONS[node.type](x, dims, keep)


def _product(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:  # noqa: FBT001  # called as the others
    for axis in sorted((axis % x.ndim for axis in dims), reverse=True):
        x = x.prod(dim=axis, keepdim=keep)
    return x


_REDUCTIONS: dict[str, Callable[[Tensor, tuple[int, ...], bool], Tensor]] = {
    "ReduceMean": torch.mean,
    "ReduceSum": torch.sum,
    "ReduceMax": torch.amax,
    "ReduceMin": torch.amin,
    "ReduceProd": _product,
    "ReduceL2": lambda x, dims, keep: torch.linalg.vector_norm(x, dim=dims, keepdim=keep),
}
OPERATORS = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "InstanceNormalization": _instance_norm,
    **dict.fromkeys(_REDUCTIONS, _reduce),
}
