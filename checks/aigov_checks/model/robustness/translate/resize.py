"""Resizing by nearest neighbour, linear and cubic. Source: ONNX operator specification, opsets 10 to 22."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_OLD = 11
_SIZES, _SCALES = 3, 2
_NEAREST: dict[str, Callable[[float], int]] = {
    "round_prefer_floor": lambda place: math.ceil(place - 0.5),
    "round_prefer_ceil": lambda place: math.floor(place + 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
}


def _resize(node: Node, inputs: list[Tensor]) -> Tensor:
    """Resize every axis whose length changes.

    Raises:
        ValueError: a region of interest, antialiasing, chosen axes or an aspect ratio to be kept.
        KeyError: a mode that does not exist.
    """
    x = inputs[0]
    old = node.opset < _OLD
    way = "asymmetric" if old else node.text("coordinate_transformation_mode", "half_pixel")
    unusual = {"axes", "keep_aspect_ratio_policy"} & set(node.attributes)
    if node.integer("antialias", 0) or way == "tf_crop_and_resize" or unusual:
        raise ValueError("options of Resize")
    scales, lengths = _scales(inputs, x, old=old)
    rounded = "floor" if old else node.text("nearest_mode", "round_prefer_floor")
    for axis, (scale, length) in enumerate(zip(scales, lengths, strict=True)):
        if scale == 1 and length == x.shape[axis]:
            continue
        places = _sources(way, torch.tensor(scale), x.shape[axis], length).tolist()
        match node.text("mode", "nearest"):
            case "nearest":
                last = x.shape[axis] - 1
                chosen = [min(max(_NEAREST[rounded](place), 0), last) for place in places]
                x = x.index_select(axis, torch.tensor(chosen, dtype=torch.int64).to(x.device))
            case "linear":
                x = _weighted(x, axis, places, _tent)
            case _:
                x = _weighted(
                    x, axis, places, _keys(node.number("cubic_coeff_a", -0.75)), node.integer("exclude_outside", 0)
                )
    return x


def _scales(inputs: list[Tensor], x: Tensor, *, old: bool) -> tuple[list[float], list[int]]:
    sizes = inputs[_SIZES] if len(inputs) > _SIZES else None
    if sizes is not None and sizes.numel():
        lengths = [int(size) for size in sizes.tolist()]
        return [length / size for length, size in zip(lengths, x.shape, strict=True)], lengths
    scales = [float(item) for item in inputs[1 if old else _SCALES].tolist()]
    return scales, [math.floor(size * scale) for size, scale in zip(x.shape, scales, strict=True)]


def _sources(way: str, scale: Tensor, before: int, after: int) -> Tensor:
    """Return where the places of the output lie in the input, in single precision as runtimes do: ties depend on it."""
    places = torch.arange(after, dtype=torch.float32)
    match way:
        case "half_pixel":
            return (places + 0.5) / scale - 0.5
        case "half_pixel_symmetric":
            return before / 2 * (1 - after / (scale * before)) + (places + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (places + 0.5) / scale - 0.5 if after > 1 else torch.zeros(1)
        case "align_corners":
            return places * (before - 1) / (after - 1) if after > 1 else torch.zeros(1)
        case "asymmetric":
            return places / scale
        case _:
            raise KeyError(way)


def _weighted(x: Tensor, axis: int, places: list[float], kernel: Callable[[float], float], outside: int = 0) -> Tensor:
    """Return sums of neighbours; beyond an end stands the value of the end, or nothing where it is left out."""
    size = x.shape[axis]
    matrix = torch.zeros(len(places), size, dtype=torch.float64)
    for row, place in enumerate(places):
        known = place if outside or kernel is not _tent else min(max(place, 0.0), size - 1.0)
        for near in range(math.floor(known) - 1, math.floor(known) + 3):
            if not outside or 0 <= near < size:
                matrix[row, min(max(near, 0), size - 1)] += kernel(known - near)
        if outside:
            matrix[row] /= matrix[row].sum()
    return torch.tensordot(x, matrix.to(x.dtype).to(x.device), dims=([axis], [1])).movedim(-1, axis)


def _tent(distance: float) -> float:
    return max(0.0, 1 - abs(distance))


def _keys(a: float) -> Callable[[float], float]:
    """Return the cubic convolution of Keys, IEEE Transactions ASSP 29 (1981), equation 15 generalised by `a`."""

    def kernel(distance: float) -> float:
        d = abs(distance)
        if d <= 1:
            return ((a + 2) * d - (a + 3)) * d * d + 1
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a if d < 2 else 0.0  # noqa: PLR2004  # its support

    return kernel


OPERATORS = {"Resize": _resize, "Upsample": _resize}
