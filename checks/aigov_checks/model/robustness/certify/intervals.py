"""Interval bounds through a graph, forwards: cheap, exact for the first affine steps, loose after many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from aigov_checks.model.robustness.certify.graph import WEIGHTED, BoundStep, StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

Tensor = Any  # torch is untyped
_ROUNDING = 1e-12
"""Share by which float64 sums may be off, generously."""
_BIASED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Lower and upper bound of every value, shape (n, ...)."""

    low: Tensor
    high: Tensor

    def tightened(self, other: Span) -> Span:
        """Return the intersection of two bounds that both hold."""
        return Span(torch.maximum(self.low, other.low), torch.minimum(self.high, other.high))

    def widened(self) -> Span:
        """Return bounds that allow for rounding."""
        slack = _ROUNDING * (1 + torch.maximum(self.low.abs(), self.high.abs()))
        return Span(self.low - slack, self.high + slack)


def forward(step: BoundStep, spans: Mapping[str, Span]) -> tuple[Span, ...]:
    """Return bounds of the outputs of a step from those of its inputs."""
    given = [spans[name] for name in step.sources]
    if step.kind is not StepKind.AFFINE:  # all of them grow with their input
        low, high = (step.run(tuple(ends)) for ends in ([span.low for span in given], [span.high for span in given]))
        return tuple(Span(below, above).widened() for below, above in zip(low, high, strict=True))
    middle = step.run(tuple((span.low + span.high) / 2 for span in given))
    radius = _radius(step, tuple((span.high - span.low) / 2 for span in given))
    return tuple(Span(mid - rad, mid + rad).widened() for mid, rad in zip(middle, radius, strict=True))


def _radius(step: BoundStep, radii: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return how far the outputs can be from those of the middle: the step with coefficients without sign."""
    if step.type == "Sub" and len(radii) > 1:
        return (radii[0] + radii[1],)
    if step.type not in WEIGHTED:
        still = step.run(tuple(torch.zeros_like(radius) for radius in radii))
        return tuple((far - rest).abs() for far, rest in zip(step.run(radii), still, strict=True))
    bare = BoundStep(step.step, step.kind, step.variables, _unsigned(step))
    return tuple(far.abs() for far in bare.run(radii))


def _unsigned(step: BoundStep) -> tuple[Tensor | None, ...]:
    constants = list(step.constants)
    if step.type == "BatchNormalization":
        scale, bias, mean = constants[1:4]
        constants[1:4] = [scale.abs(), torch.zeros_like(bias), torch.zeros_like(mean)]  # type: ignore[union-attr]  # present
        return tuple(constants)
    kept = constants[:_BIASED]
    return tuple(None if item is None else item.abs() for item in kept) + (None,) * (len(constants) - _BIASED)
