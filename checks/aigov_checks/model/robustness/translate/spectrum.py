"""Spectra inside a network, as for vibration. Source: ONNX operator specification, opsets 17 to 20."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from aigov_checks.model.robustness.translate.rounding import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_AXIS_INPUT = 20
"""Operator set from which DFT takes its axis as an input."""
_PAIR = 2
_WINDOW, _LENGTH = 2, 3
_COSINES = {"HannWindow": (0.5, 0.5), "HammingWindow": (25 / 46, 21 / 46), "BlackmanWindow": (0.42, 0.5, 0.08)}


def _dft(node: Node, inputs: list[Tensor]) -> Tensor:
    given = [*inputs, None, None]
    axis = node.integer("axis", 1)
    if node.opset >= _AXIS_INPUT:
        axis = -2 if given[2] is None else int(given[2])
    size = None if given[1] is None else int(given[1])
    values, axis = _complex(inputs[0]), axis % inputs[0].ndim
    backwards, half = node.integer("inverse", 0), node.integer("onesided", 0)
    if backwards and half:
        raise ValueError("options of DFT")
    spectrum = (torch.fft.ifft if backwards else torch.fft.fft)(values, n=size, dim=axis)
    return torch.view_as_real(_half(spectrum, axis) if half else spectrum)


def _stft(node: Node, inputs: list[Tensor]) -> Tensor:
    signal, step = inputs[0], int(inputs[1])
    window: Tensor = inputs[_WINDOW] if len(inputs) > _WINDOW else None
    length = inputs[_LENGTH] if len(inputs) > _LENGTH else None
    size = len(window) if length is None else int(length)
    frames = _complex(signal).unfold(1, size, step)
    spectrum = torch.fft.fft(frames if window is None else frames * window, dim=-1)
    return torch.view_as_real(_half(spectrum, spectrum.ndim - 1) if node.integer("onesided", 1) else spectrum)


def _complex(x: Tensor) -> Tensor:
    """Return real values (..., 1), or pairs (..., 2), as complex numbers (...)."""
    return torch.view_as_complex(x.contiguous()) if x.shape[-1] == _PAIR else torch.complex(x[..., 0], 0 * x[..., 0])


def _half(spectrum: Tensor, axis: int) -> Tensor:
    return spectrum.narrow(axis, 0, spectrum.shape[axis] // 2 + 1)


def _window(node: Node, inputs: list[Tensor]) -> Tensor:
    size, kind = int(inputs[0]), TYPES[node.integer("output_datatype", 1)]
    steps = size if node.integer("periodic", 1) else size - 1
    turns = 2 * math.pi * torch.arange(size, dtype=torch.float64) / max(1, steps)
    terms = enumerate(_COSINES[node.type])
    return sum((-1) ** place * part * torch.cos(place * turns) for place, part in terms).to(kind)


OPERATORS: dict[str, Callable[[Node, list[Tensor]], Tensor]] = {
    "DFT": _dft,
    "STFT": _stft,
    **dict.fromkeys(_COSINES, _window),
}
