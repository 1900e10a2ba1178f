"""Two linear functions that hold a step of a network between them, given bounds of its input.

Sources: Zhang et al., NeurIPS 2018 (arXiv 1811.00866), CROWN, for the rectifier and S-shaped functions; the bounds
of pooling are the plain ones: any one input bounds the maximum from below, the largest upper bound from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from aigov_checks.model.robustness.certify.graph import BoundStep
    from aigov_checks.model.robustness.certify.intervals import Span

Tensor = Any  # torch is untyped


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """slope * x + offset from below and above, value by value, shape (n, ...)."""

    low_slope: Tensor
    low_offset: Tensor
    high_slope: Tensor
    high_offset: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """A maximum over groups: from below the input at `place` (flat index in the sample), from above a constant."""

    place: Tensor
    high: Tensor


def relax(step: BoundStep, span: Span) -> Lines | Pooled:
    """Return the relaxation of a step over a span of its input."""
    low, high = span.low, span.high
    match step.type:
        case "Relu":
            return _rectifier(low, high, 0.0)
        case "LeakyRelu":
            return _rectifier(low, high, step.node.number("alpha", 0.01))
        case "Sigmoid":
            value = torch.sigmoid
            return _s_shaped(low, high, value, lambda x: value(x) * (1 - value(x)))
        case "Tanh":
            return _s_shaped(low, high, torch.tanh, lambda x: 1 - torch.tanh(x) ** 2)
        case "Clip":
            return _clipped(step, low, high)
        case _:
            return _pooled(step, span)


def _rectifier(low: Tensor, high: Tensor, leak: float) -> Lines:
    """Return the triangle around max(x, leak * x): the chord above, the nearer of the two branches below."""
    width = (high - low).clamp_min(1e-300)
    chord = torch.where(low >= 0, 1.0, torch.where(high <= 0, leak, (high - leak * low) / width))
    offset = torch.where((low < 0) & (high > 0), high * (1 - chord), 0.0)
    below = torch.where(low >= 0, 1.0, torch.where((high <= 0) | (high < -low), leak, 1.0))
    return Lines(below, torch.zeros_like(low), chord, offset)


def _s_shaped(low: Tensor, high: Tensor, value: Any, slope: Any) -> Lines:  # functions on tensors
    """Return lines around a function that is convex below zero and concave above it."""
    width = (high - low).clamp_min(1e-12)
    chord = torch.where(high - low < 1e-12, slope(low), (value(high) - value(low)) / width)  # noqa: PLR2004  # no width
    middle = (low + high) / 2
    tangent = slope(middle)
    mixed = torch.minimum(slope(low), slope(high))  # the smallest slope between: lines through the ends hold
    concave, convex = low >= 0, high <= 0
    low_slope = torch.where(concave, chord, torch.where(convex, tangent, mixed))
    high_slope = torch.where(concave, tangent, torch.where(convex, chord, mixed))
    low_point, high_point = torch.where(convex, middle, low), torch.where(concave, middle, high)
    return Lines(
        low_slope, value(low_point) - low_slope * low_point, high_slope, value(high_point) - high_slope * high_point
    )


def _clipped(step: BoundStep, low: Tensor, high: Tensor) -> Lines:
    """Return the lines of a rectifier where the upper edge is out of reach, constants elsewhere."""
    floor, ceiling = _edge(step, 1, "min", -torch.inf), _edge(step, 2, "max", torch.inf)
    at_low, at_high = low.clamp(floor, ceiling), high.clamp(floor, ceiling)
    free = high <= ceiling
    base = max(floor, -1e30)  # without a lower edge everything lies above it, and the lines are the identity
    lines = _rectifier(low - base, high - base, 0.0)
    return Lines(
        torch.where(free, lines.low_slope, 0.0),
        torch.where(free, lines.low_offset + base * (1 - lines.low_slope), at_low),
        torch.where(free, lines.high_slope, 0.0),
        torch.where(free, lines.high_offset + base * (1 - lines.high_slope), at_high),
    )


def _edge(step: BoundStep, place: int, name: str, default: float) -> float:
    given = step.constants[place] if len(step.constants) > place else None
    return step.node.number(name, default) if given is None else float(given)


def _pooled(step: BoundStep, span: Span) -> Pooled:
    """Return the input with the largest lower bound of each group, and the largest upper bound.

    The pool itself is asked, about the ranks of the inputs: its answer is the rank of the largest.
    """
    rows = len(span.low)
    by_rank = span.low.reshape(rows, -1).argsort(dim=1, stable=True)
    ranks = by_rank.argsort(dim=1).double().reshape(span.low.shape)
    (highest,), (high,) = step.run((ranks,)), step.run((span.high,))
    place = by_rank.gather(1, highest.reshape(rows, -1).long())
    return Pooled(place, high)
