"""Linear bounds of chosen values, carried back from them to the input (CROWN, arXiv 1811.00866, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from aigov_checks.model.robustness.certify.graph import BoundStep, Graph, StepKind
from aigov_checks.model.robustness.certify.relaxations import Lines, Pooled
from aigov_checks.model.robustness.certify.transposes import transposed

if TYPE_CHECKING:
    from collections.abc import Mapping

Tensor = Any  # torch is untyped
_ROUNDING = 1e-10
"""Share of the absolute sum by which float64 may be off over a few thousand operations, generously."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The allowed inputs around each of n samples; shape (n, ...)."""

    centre: Tensor
    low: Tensor
    high: Tensor
    axes: Tensor | None = None
    """Semi-axes of an ellipsoid besides the box, shape of one sample; None for the box alone."""
    boxed: Tensor | None = None
    """Values that the box alone holds, as categories are, shape of one sample; None for none."""

    def least(self, weights: Tensor, owner: Tensor) -> Tensor:
        """Return a lower bound of `weights * x` over the region of each weight's sample, shape (k,)."""
        rows = weights.reshape(len(weights), -1)
        centre, low, high = (item.reshape(len(item), -1)[owner] for item in (self.centre, self.low, self.high))
        corner = rows.clamp_min(0) * low + rows.clamp_max(0) * high
        boxed = corner.sum(dim=1)
        if self.axes is None:
            return boxed
        reach = torch.linalg.vector_norm(rows * self.axes.reshape(1, -1), dim=1)
        still = rows * centre
        if self.boxed is not None:  # independent of the rest
            still = torch.where(self.boxed.reshape(1, -1), corner, still)
        return torch.maximum(boxed, still.sum(dim=1) - reach)


@dataclass(slots=True, eq=False)
class Specs:
    """Linear functions of one value of the graph, of which a lower bound is wanted."""

    value: str
    weights: Tensor
    """Shape (k, ...), the shape of a sample of that value after the first axis."""
    owner: Tensor
    """Sample of each function, shape (k,)."""


def lower_bounds(graph: Graph, specs: Specs, relaxed: Mapping[str, Lines | Pooled], region: Region) -> Tensor:
    """Return a lower bound of every function over the region of its sample, shape (k,).

    `relaxed` has the relaxation of every relaxed step before the value, by the name of its output.
    """
    pending = {specs.value: specs.weights}
    constant = torch.zeros(len(specs.weights), dtype=torch.float64)
    size = constant.clone()
    for step in reversed(graph.steps):
        given = [pending.pop(name, None) for name in step.step.outputs]
        if all(weights is None for weights in given):
            continue
        parts, offset, scale = _through(graph, step, given, relaxed, specs.owner)
        constant += offset
        size += scale
        for name, weights in zip(step.sources, parts, strict=True):
            pending[name] = pending[name] + weights if name in pending else weights
    weights = pending[graph.source]
    reach = torch.maximum(region.low.abs(), region.high.abs()).reshape(len(region.low), -1)[specs.owner]
    size += (weights.reshape(len(weights), -1).abs() * reach).sum(dim=1)
    return region.least(weights, specs.owner) + constant - _ROUNDING * size


def _through(
    graph: Graph, step: BoundStep, given: list[Tensor | None], relaxed: Mapping[str, Lines | Pooled], owner: Tensor
) -> tuple[list[Tensor], Tensor, Tensor]:
    """Return the weights of the step's inputs, what is added to the bound, and how large the sums in it are."""
    nothing = torch.zeros(len(owner), dtype=torch.float64)
    if step.kind is StepKind.AFFINE:
        return _affine(graph, step, given, len(owner))
    (weights,) = (item for item in given if item is not None)
    shape = graph.shapes[step.sources[0]]
    if step.kind is StepKind.MOVED:
        return [weights.reshape(len(weights), *shape)], nothing, nothing
    lines = relaxed[step.step.outputs[0]]
    up, down = weights.clamp_min(0), weights.clamp_max(0)
    if isinstance(lines, Pooled):
        found = torch.zeros(len(weights), _numel(shape), dtype=torch.float64)
        found.scatter_add_(1, lines.place[owner], up.reshape(len(up), -1))
        added = (down * lines.high[owner]).reshape(len(down), -1)
        return [found.reshape(len(found), *shape)], added.sum(dim=1), added.abs().sum(dim=1)
    found = up * lines.low_slope[owner] + down * lines.high_slope[owner]
    added = (up * lines.low_offset[owner] + down * lines.high_offset[owner]).reshape(len(found), -1)
    return [found], added.sum(dim=1), added.abs().sum(dim=1)


def _affine(graph: Graph, step: BoundStep, given: list[Tensor | None], k: int) -> tuple[list[Tensor], Tensor, Tensor]:
    """Carry weights through an affine step by its transpose, and its constant part by its value at zero."""
    still = step.run(tuple(torch.zeros(1, *graph.shapes[name], dtype=torch.float64) for name in step.sources))
    known = [(place, weights) for place, weights in enumerate(given) if weights is not None]
    added = [(still[place] * weights).reshape(k, -1) for place, weights in known]
    total, size = sum(item.sum(dim=1) for item in added), sum(item.abs().sum(dim=1) for item in added)
    quick = transposed(step, known[0][1], graph.shapes[step.sources[0]])
    if quick is not None:
        return [quick], total, size
    inputs = tuple(
        torch.zeros(k, *graph.shapes[name], dtype=torch.float64, requires_grad=True) for name in step.sources
    )
    with torch.enable_grad():
        outputs = step.run(inputs)
    parts = torch.autograd.grad([outputs[place] for place, _ in known], inputs, [weights for _, weights in known])
    return list(parts), total, size


def _numel(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())
