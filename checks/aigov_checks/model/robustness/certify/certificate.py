"""From a model and its allowed inputs to which samples provably keep their class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from aigov import msg
from aigov_checks.model.robustness.certify.backward import Region, Specs, lower_bounds
from aigov_checks.model.robustness.certify.graph import Graph, StepKind, UncertifiableError, graph_of
from aigov_checks.model.robustness.certify.intervals import Span, forward
from aigov_checks.model.robustness.certify.relaxations import Lines, Pooled, relax
from aigov_checks.model.robustness.proofs import Proved

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Array
    from aigov_checks.model.robustness.twin import OnnxTwin

Tensor = Any  # torch is untyped
SLACK = 2e-4
"""What a margin must exceed, relative to the largest score (at least 1): twice the share by which translation and
original may differ in single precision."""
_CHUNK = 4_194_304
"""Numbers that the weights of one pass hold at most, about; bounds the memory."""
_LARGEST = 4_194_304
"""Values of all activations of one sample beyond which no certificate is tried."""
_HOPELESS = 12
"""Samples in a row, the first ones, after which a size is given up where none of them has a proof."""


@dataclass(slots=True, eq=False)
class _Work:
    """What is left of the work allowed."""

    left: int


class _ExhaustedError(Exception):
    """The work allowed is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Certifier:
    """A graph with everything that a proof needs; one proof is one call."""

    graph: Graph
    threshold: float
    """Where a model with one value a sample changes to class 1."""
    values: int
    """Numbers that one linear function takes through the whole graph, about."""

    def certified(self, balls: Balls, y: Array, work: int = 1 << 62) -> Proved:
        """Return for which samples no point of the ball has another class; sound, not complete.

        The search ends when `work` is done, and where the first samples in a row show that it is hopeless.
        """
        found = np.zeros(len(y), dtype=bool)
        left = _Work(work)
        with torch.no_grad():
            for row in range(len(y)):
                if row == _HOPELESS and not found.any():
                    break
                try:
                    found[row] = self._one(balls.take(np.array([row])), int(y[row]), left)
                except _ExhaustedError:
                    break
        return Proved(found, work - max(0, left.left))

    def bounds(self, balls: Balls, work: int = 1 << 62) -> tuple[Array, Array, int]:
        """Return bounds of the one value that a model predicts, and for how many of the samples they were found."""
        ends = np.full((2, len(balls)), np.inf)
        ends[0] = -np.inf
        left = _Work(work)
        with torch.no_grad():
            for row in range(len(balls)):
                try:
                    spans, relaxed, region = self._spread(balls.take(np.array([row])), left)
                except _ExhaustedError:
                    return ends[0], ends[1], row
                ends[:, row] = self._ends(spans[self.graph.output], relaxed, region)
        return ends[0], ends[1], len(balls)

    def _one(self, ball: Balls, label: int, work: _Work) -> bool:
        spans, relaxed, region = self._spread(ball, work)
        return self._keeps(spans[self.graph.output], relaxed, region, label)

    def _spread(self, ball: Balls, work: _Work) -> tuple[dict[str, Span], dict[str, Lines | Pooled], Region]:
        """Return the bounds of every value of the graph over a ball, and the relaxations behind them."""
        low, high = (torch.from_numpy(np.ascontiguousarray(item)).double() for item in (ball.low, ball.high))
        axes = torch.from_numpy(ball.eps) if ball.norm == "l2" else None
        centre = torch.from_numpy(np.ascontiguousarray(ball.x)).double()
        categories = None if ball.kinds is None else torch.from_numpy(ball.kinds.categorical).reshape(centre.shape[1:])
        if axes is not None:  # the ellipsoid lies in this box
            around = axes if categories is None else torch.where(categories, torch.inf, axes)
            low, high = torch.maximum(low, centre - around), torch.minimum(high, centre + around)
        region = Region(centre, low, high, axes, categories)
        spans = {self.graph.source: Span(low, high)}
        relaxed: dict[str, Lines | Pooled] = {}
        for step in self.graph.steps:
            if step.kind is StepKind.RELAXED:
                name = step.sources[0]
                spans[name] = self._tightened(name, spans[name], relaxed, (region, work))
                relaxed[step.step.outputs[0]] = relax(step, spans[name])
            spans.update(zip(step.step.outputs, forward(step, spans), strict=False))
        return spans, relaxed, region

    def _tightened(
        self, name: str, span: Span, relaxed: dict[str, Lines | Pooled], about: tuple[Region, _Work]
    ) -> Span:
        """Return the bounds of a value, better where the interval leaves its sign open."""
        region, work = about
        if not relaxed:
            return span  # everything before is affine, and the interval exact
        low, high = span.low.reshape(-1).clone(), span.high.reshape(-1).clone()
        open_ = torch.nonzero((low < 0) & (high > 0)).reshape(-1)
        shape = self.graph.shapes[name]
        work.left -= len(open_) * self.values
        if work.left < 0:
            raise _ExhaustedError
        each = max(1, _CHUNK // max(1, self._widest()))
        for start in range(0, len(open_), each):
            places = open_[start : start + each]
            for sign, ends in ((1.0, low), (-1.0, high)):
                places = places[low[places] < 0]  # where the bound from below settled the sign, no other is needed
                if not len(places):
                    continue
                weights = torch.zeros(len(places), len(low), dtype=torch.float64)
                weights[torch.arange(len(places)), places] = sign
                specs = Specs(name, weights.reshape(len(places), *shape), torch.zeros(len(places), dtype=torch.int64))
                found = sign * lower_bounds(self.graph, specs, relaxed, region)
                ends[places] = torch.maximum(ends[places], found) if sign > 0 else torch.minimum(ends[places], found)
        return Span(low.reshape(span.low.shape), high.reshape(span.high.shape))

    def _keeps(self, scores: Span, relaxed: dict[str, Lines | Pooled], region: Region, label: int) -> bool:
        """Say whether the score of the label exceeds every other one by more than rounding can change."""
        shape = self.graph.shapes[self.graph.output]
        size = int(torch.Size(shape).numel())
        largest = max(1.0, float(torch.maximum(scores.low.abs(), scores.high.abs()).max()))
        if size == 1:
            sign = 1.0 if label else -1.0
            weights, offset = torch.full((1, *shape), sign, dtype=torch.float64), -sign * self.threshold
        else:
            weights = -torch.eye(size, dtype=torch.float64)
            weights[:, label] += 1
            weights = weights[torch.arange(size) != label].reshape(size - 1, *shape)
            offset = 0.0
        specs = Specs(self.graph.output, weights, torch.zeros(len(weights), dtype=torch.int64))
        margins = lower_bounds(self.graph, specs, relaxed, region) + offset
        return bool((margins > SLACK * largest).all())

    def _ends(self, value: Span, relaxed: dict[str, Lines | Pooled], region: Region) -> tuple[float, float]:
        """Return bounds of a single value, with room for what rounding can change."""
        room = SLACK * max(1.0, float(torch.maximum(value.low.abs(), value.high.abs()).max()))
        shape = self.graph.shapes[self.graph.output]
        ends = []
        for sign in (1.0, -1.0):
            weights = torch.full((1, *shape), sign, dtype=torch.float64)
            specs = Specs(self.graph.output, weights, torch.zeros(1, dtype=torch.int64))
            ends.append(sign * float(lower_bounds(self.graph, specs, relaxed, region)[0]))
        return max(ends[0], float(value.low.min())) - room, min(ends[1], float(value.high.max())) + room

    def _widest(self) -> int:
        return max(int(torch.Size(shape).numel()) for shape in self.graph.shapes.values())


def certifier_of(twin: OnnxTwin, sample: Array) -> Certifier:
    """Return the certifier of a translated model; `sample` has one row.

    Raises:
        UncertifiableError: an operator without linear bounds, a fixed batch, or a graph that is too large.
    """
    if twin.batch is not None:
        raise UncertifiableError(msg("robustness.uncertifiable.batch", batch=twin.batch))
    if twin.plain and twin.program.squashed:
        raise UncertifiableError(msg("robustness.untranslatable.operator", operator="Sigmoid"))
    graph = graph_of(twin.program, torch.from_numpy(np.ascontiguousarray(sample)))
    values = sum(int(torch.Size(shape).numel()) for shape in graph.shapes.values())
    if values > _LARGEST:
        raise UncertifiableError(msg("robustness.uncertifiable.size", values=values))
    return Certifier(graph, twin.edge, 2 * values)
