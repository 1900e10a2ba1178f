"""Operators that take values from places that are named. Source: ONNX operator specification, opsets 7 to 22."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_REDUCED = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def _places(indices: Tensor, size: int) -> Tensor:
    """Return indices counted from the start; one out of range stays so, which is an error later on."""
    whole = indices.to(torch.int64)
    return torch.where(whole < 0, whole + size, whole)


def _gather_elements(node: Node, inputs: list[Tensor]) -> Tensor:
    x, indices = inputs
    axis = node.integer("axis", 0) % x.ndim
    return torch.gather(x, axis, _places(indices, x.shape[axis]))


def _gather_nd(node: Node, inputs: list[Tensor]) -> Tensor:
    x, indices = inputs
    shared = node.integer("batch_dims", 0)
    depth = indices.shape[-1]
    chosen = tuple(_places(indices[..., place], x.shape[shared + place]) for place in range(depth))
    ranks = indices.ndim - 1
    own = []
    for axis in range(shared):
        shape = [x.shape[axis] if place == axis else 1 for place in range(ranks)]
        own.append(torch.arange(x.shape[axis], device=x.device).reshape(shape))
    return x[(*own, *chosen)]


def _scatter_elements(node: Node, inputs: list[Tensor]) -> Tensor:
    x, indices, updates = inputs
    axis = node.integer("axis", 0) % x.ndim
    places, how = _places(indices, x.shape[axis]), node.text("reduction", "none")
    if how == "none":
        return torch.scatter(x, axis, places, updates)
    return torch.scatter_reduce(x, axis, places, updates, _REDUCED[how])


def _scatter_nd(node: Node, inputs: list[Tensor]) -> Tensor:
    x, indices, updates = inputs
    how = node.text("reduction", "none")
    if how not in ("none", "add"):
        raise ValueError("reduction of ScatterND")
    places = tuple(_places(indices[..., place], x.shape[place]) for place in range(indices.shape[-1]))
    return torch.index_put(x, places, updates, accumulate=how == "add")


def _one_hot(node: Node, inputs: list[Tensor]) -> Tensor:
    indices, depth, values = inputs
    size = int(depth.reshape(-1)[0])
    whole = indices.to(torch.int64)
    axis = node.integer("axis", -1)
    places = torch.where(whole < 0, whole + size, whole).unsqueeze(axis)
    shape = [1] * places.ndim
    shape[axis] = size
    return torch.where(places == torch.arange(size, device=places.device).reshape(shape), values[1], values[0])


def _trilu(node: Node, inputs: list[Tensor]) -> Tensor:
    diagonal = int(inputs[1]) if len(inputs) > 1 and inputs[1] is not None else 0
    return (torch.triu if node.integer("upper", 1) else torch.tril)(inputs[0], diagonal)


def _depth_to_space(node: Node, inputs: list[Tensor]) -> Tensor:
    x, block = inputs[0], node.integer("blocksize", 1)
    n, channels, high, wide = x.shape
    less = channels // block**2
    if node.text("mode", "DCR") == "DCR":
        parts = x.reshape(n, block, block, less, high, wide).permute(0, 3, 4, 1, 5, 2)
    else:
        parts = x.reshape(n, less, block, block, high, wide).permute(0, 1, 4, 2, 5, 3)
    return parts.reshape(n, less, high * block, wide * block)


def _space_to_depth(node: Node, inputs: list[Tensor]) -> Tensor:
    x, block = inputs[0], node.integer("blocksize", 1)
    n, channels, high, wide = x.shape
    parts = x.reshape(n, channels, high // block, block, wide // block, block).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, channels * block**2, high // block, wide // block)


def _reverse_sequence(node: Node, inputs: list[Tensor]) -> Tensor:
    x, lengths = inputs
    batch, time = node.integer("batch_axis", 1), node.integer("time_axis", 0)
    moved = x.movedim((batch, time), (0, 1))
    steps = torch.arange(moved.shape[1], device=x.device)[None]
    ends = lengths.to(torch.int64)[:, None]
    places = torch.where(steps < ends, ends - 1 - steps, steps)
    rows = torch.arange(len(moved), device=x.device)[:, None]
    return moved[rows, places].movedim((0, 1), (batch, time))


def _size(_: Node, inputs: list[Tensor]) -> Tensor:
    return torch.tensor(inputs[0].numel(), dtype=torch.int64)


OPERATORS = {
    "GatherElements": _gather_elements,
    "GatherND": _gather_nd,
    "ScatterElements": _scatter_elements,
    "ScatterND": _scatter_nd,
    "OneHot": _one_hot,
    "Trilu": _trilu,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "ReverseSequence": _reverse_sequence,
    "Size": _size,
}
