"""Operators that move values without changing them. Source: ONNX operator specification, opsets 7 to 22."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from aigov_checks.model.robustness.translate.node import Node, integers

Tensor = Any  # torch is untyped
_PAD_MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}


def _reshape(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    wanted = integers(node, inputs, 1, "shape") or []
    if not node.integer("allowzero", 0):
        wanted = [x.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axis = node.integer("axis", 1)
    rows = 1
    for size in x.shape[: axis if axis >= 0 else x.ndim + axis]:
        rows *= size
    return x.reshape(rows, -1)


def _squeeze(node: Node, inputs: list[Tensor]) -> Tensor:
    axes = integers(node, inputs, 1, "axes")
    return inputs[0].squeeze() if axes is None else inputs[0].squeeze(tuple(axes))


def _unsqueeze(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axes = integers(node, inputs, 1, "axes") or []
    for axis in sorted(axis % (x.ndim + len(axes)) for axis in axes):
        x = x.unsqueeze(axis)
    return x


def _transpose(node: Node, inputs: list[Tensor]) -> Tensor:
    return inputs[0].permute(node.ints("perm", list(range(inputs[0].ndim))[::-1]))


def _concat(node: Node, inputs: list[Tensor]) -> Tensor:
    return torch.cat(inputs, dim=node.integer("axis", 0))


def _slice(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    starts, ends = integers(node, inputs, 1, "starts") or [], integers(node, inputs, 2, "ends") or []
    axes = integers(node, inputs, 3, "axes") or list(range(len(starts)))
    steps = integers(node, inputs, 4, "steps") or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        chosen = range(x.shape[axis])[slice(start, end if end > -x.shape[axis] - 1 or step > 0 else None, step)]
        x = x.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64).to(x.device))
    return x


def _split(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    axis = node.integer("axis", 0)
    sizes = integers(node, inputs, 1, "split")
    if sizes is None:
        each = -(-x.shape[axis] // node.integer("num_outputs", node.outputs))
        return tuple(x.split(each, dim=axis))
    return tuple(x.split(sizes, dim=axis))


def _gather(node: Node, inputs: list[Tensor]) -> Tensor:
    x, places = inputs
    axis = node.integer("axis", 0) % x.ndim
    flat = places.reshape(-1).to(torch.int64) % x.shape[axis]
    shape = [*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]]
    return x.index_select(axis, flat).reshape(shape)


def _pad(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    pads = integers(node, inputs, 1, "pads") or []
    value = (
        float(inputs[2]) if len(inputs) > 2 and inputs[2] is not None else node.number("value", 0.0)  # noqa: PLR2004  # x, pads, value
    )  # x, pads, value
    if len(inputs) > 3:  # noqa: PLR2004  # x, pads, value, axes
        raise ValueError("axes of Pad")
    half = len(pads) // 2
    order = [pad for axis in reversed(range(half)) for pad in (pads[axis], pads[axis + half])]
    mode = _PAD_MODES[node.text("mode", "constant")]
    if mode == "constant":
        return functional.pad(x, order, value=value)
    while order[-2:] == [0, 0]:
        order = order[:-2]
    return functional.pad(x, order, mode=mode)


def _constant(node: Node, _: list[Tensor]) -> Tensor:
    for name, dtype in (("value_float", torch.float32), ("value_int", torch.int64)):
        if name in node.attributes:
            return torch.tensor(node.attributes[name], dtype=dtype)
    for name, dtype in (("value_floats", torch.float32), ("value_ints", torch.int64)):
        if name in node.attributes:
            return torch.tensor(list(node.attributes[name]), dtype=dtype)
    return node.attributes["value"]


def _constant_of_shape(node: Node, inputs: list[Tensor]) -> Tensor:
    value = node.attributes.get("value", torch.zeros(1))
    return value.reshape(1).expand(inputs[0].tolist()).clone()


def _shape(node: Node, inputs: list[Tensor]) -> Tensor:
    sizes = list(inputs[0].shape)
    return torch.tensor(sizes[slice(node.integer("start", 0), node.attributes.get("end"))], dtype=torch.int64)


def _expand(_: Node, inputs: list[Tensor]) -> Tensor:
    shape = torch.broadcast_shapes(inputs[0].shape, inputs[1].tolist())
    return inputs[0].expand(shape)


def _tile(_: Node, inputs: list[Tensor]) -> Tensor:
    return inputs[0].repeat(inputs[1].tolist())


def _range(_: Node, inputs: list[Tensor]) -> Tensor:
    return torch.arange(*(item.item() for item in inputs), dtype=inputs[0].dtype)


OPERATORS = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Slice": _slice,
    "Split": _split,
    "Gather": _gather,
    "Pad": _pad,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Shape": _shape,
    "Expand": _expand,
    "Tile": _tile,
    "Range": _range,
}
