"""Matrix products, sums and reductions. Source: ONNX operator specification, opsets 7 to 22."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

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


def _einsum(node: Node, inputs: list[Tensor]) -> Tensor:
    return torch.einsum(node.text("equation", ""), *inputs)


def _cumulative(node: Node, inputs: list[Tensor]) -> Tensor:
    x, axis = inputs[0], int(inputs[1]) % inputs[0].ndim
    backwards = bool(node.integer("reverse", 0))
    sums = torch.cumsum(x.flip(axis) if backwards else x, dim=axis)
    if node.integer("exclusive", 0):
        sums = torch.cat([torch.zeros_like(sums.narrow(axis, 0, 1)), sums.narrow(axis, 0, x.shape[axis] - 1)], dim=axis)
    return sums.flip(axis) if backwards else sums


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
    "ReduceL1": lambda x, dims, keep: x.abs().sum(dim=dims, keepdim=keep),
    "ReduceSumSquare": lambda x, dims, keep: (x * x).sum(dim=dims, keepdim=keep),
    "ReduceLogSum": lambda x, dims, keep: x.sum(dim=dims, keepdim=keep).log(),
    "ReduceLogSumExp": lambda x, dims, keep: torch.logsumexp(x, dim=dims, keepdim=keep),
    "ReduceL2": lambda x, dims, keep: torch.linalg.vector_norm(x, dim=dims, keepdim=keep),
}
OPERATORS = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Einsum": _einsum,
    "CumSum": _cumulative,
    **dict.fromkeys(_REDUCTIONS, _reduce),
}
