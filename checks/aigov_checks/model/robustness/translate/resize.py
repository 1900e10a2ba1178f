"""Resizing by nearest neighbour, linear and cubic. Source: ONNX operator specification, opsets 10 to 22."""

from __future__ import annotations

import math
from functools import lru_cache
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
    mode, rounded = node.text("mode", "nearest"), "floor" if old else node.text("nearest_mode", "round_prefer_floor")
    for axis, (scale, length) in enumerate(zip(scales, lengths, strict=True)):
        before = x.shape[axis]
        if scale == 1 and length == before:
            continue
        if mode == "nearest":
            x = x.index_select(axis, _neighbours(way, rounded, (scale, before, length)).to(x.device))
            continue
        cubic = (node.number("cubic_coeff_a", -0.75), node.integer("exclude_outside", 0)) if mode == "cubic" else None
        matrix = _weights(way, (scale, before, length), cubic).to(x.dtype).to(x.device)
        x = torch.tensordot(x, matrix, dims=([axis], [1])).movedim(-1, axis)
    return x


@lru_cache(maxsize=64)
def _neighbours(way: str, rounded: str, axis: tuple[float, int, int]) -> Tensor:
    """Return the place of the nearest value of the input for each of the output."""
    places = _sources(way, *axis).tolist()
    chosen = [min(max(_NEAREST[rounded](place), 0), axis[1] - 1) for place in places]
    return torch.tensor(chosen, dtype=torch.int64)


@lru_cache(maxsize=64)
def _weights(way: str, axis: tuple[float, int, int], cubic: tuple[float, int] | None) -> Tensor:
    """Return the weight of each value of the input for each of the output, float64; `axis`: scale and both lengths.

    Beyond an end stands the value of the end, or nothing where it is left out (the second number of `cubic`).
    """
    size = axis[1]
    kernel = _tent if cubic is None else _keys(cubic[0])
    outside = cubic is not None and bool(cubic[1])
    rows = []
    for place in _sources(way, *axis).tolist():
        row = [0.0] * size
        known = min(max(place, 0.0), size - 1.0) if cubic is None else place
        for near in range(math.floor(known) - 1, math.floor(known) + 3):
            if not outside or 0 <= near < size:
                row[min(max(near, 0), size - 1)] += kernel(known - near)
        rows.append([value / sum(row) for value in row] if outside else row)
    return torch.tensor(rows, dtype=torch.float64)


def _scales(inputs: list[Tensor], x: Tensor, *, old: bool) -> tuple[list[float], list[int]]:
    sizes = inputs[_SIZES] if len(inputs) > _SIZES else None
    if sizes is not None and sizes.numel():
        lengths = [int(size) for size in sizes.tolist()]
        return [length / size for length, size in zip(lengths, x.shape, strict=True)], lengths
    scales = [float(item) for item in inputs[1 if old else _SCALES].tolist()]
    return scales, [math.floor(size * scale) for size, scale in zip(x.shape, scales, strict=True)]


def _sources(way: str, factor: float, before: int, after: int) -> Tensor:
    """Return where the places of the output lie in the input, in single precision as runtimes do: ties depend on it."""
    places, scale = torch.arange(after, dtype=torch.float32), torch.tensor(factor)
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
