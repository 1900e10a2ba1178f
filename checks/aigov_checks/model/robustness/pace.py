"""How much of a slow model can be asked for: fewer samples, queries and steps, so that no attack hangs.

The speed of a machine shows nowhere else, and only where a model would need longer than the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import Message, Quantity, msg
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.sequential import FIRST, parts

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Gradients
    from aigov_checks.model.robustness.samples import Drawn

FEW = 8
"""Samples of the first call, which is timed."""
_LEAST_ROUNDS = 40
"""Calls with all samples that the shortest attack takes, about; a model that cannot be given them is not attacked."""
_CURVE_SHARE = 0.2
_GRADIENT_COST = 3.0
"""A gradient costs as much as so many calls of the model, about."""
_DECISION_CALLS = 0.2
"""Calls with one sample that the decision-based stage takes for each of its queries, about."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that a call takes, and which attacks will call."""

    few: float
    """Of a call with `FEW` samples."""
    every: float
    """Of a call with all samples."""
    samples: int
    gradients: bool
    decisions: bool
    straight: bool = False
    """Whether the gradient stages run once more through rounding (BPDA)."""

    def seconds(self, params: RobustnessParams) -> float:
        """Return how long the attacks take, about."""
        more = 1 + _CURVE_SHARE * len(params.curve)
        rounds: float = params.queries
        if self.gradients:  # the search gives up early, the gradient stages take about twice the longest of them
            rounds = params.queries / 4 + _GRADIENT_COST * (4 if self.straight else 2) * params.steps
        alone = self.samples * params.queries * _DECISION_CALLS * self.few if self.decisions else 0.0
        return more * (rounds * self.every + alone)

    def with_twin(self, twin: Gradients | None) -> Cost:
        """Return the cost once it is known whether there are gradients, and whether rounding takes them away."""
        return replace(self, gradients=twin is not None, straight=twin is not None and twin.straight() is not None)

    def hopeless(self, seconds: float) -> bool:
        """Return whether not even the shortest attack fits into the limit."""
        return self.every * _LEAST_ROUNDS > seconds

    def within(self, params: RobustnessParams) -> int:
        """Return how many samples can be attacked part after part, whole and within the limit."""
        spent = 0.0
        for start, end in parts(self.samples):
            size = end - start
            part = replace(self, every=max(self.few, self.every * size / self.samples), samples=size)
            spent += part.seconds(params)
            if spent > params.seconds:
                return start
        return self.samples


@dataclass(frozen=True, slots=True)
class Pace:
    """How thoroughly how many samples can be attacked within the limit."""

    params: RobustnessParams
    most: int
    """Samples."""
    slow: Message | None = None
    """Why the attacks are weaker than they can be, where they are."""
    note: Message | None = None
    """What the reader must know of it."""


def affordable(drawn: Drawn, few: float, limit: float) -> Drawn:
    """Return as many of the samples, evenly spread, as a model can be asked about often enough in `limit` seconds."""
    n, most = len(drawn.x), int(FEW * limit / max(few * _LEAST_ROUNDS, 1e-9))
    if n <= max(FEW, most):
        return drawn
    rows = np.linspace(0, n - 1, max(FEW, most)).astype(np.int64)
    return drawn.take(rows)


def paced(params: RobustnessParams, cost: Cost, drawn: int) -> tuple[RobustnessParams, Message | None]:
    """Return parameters with which the attacks end within the limit, and what the reader must know of it.

    Zero queries mean no attack at all.
    """
    needed = cost.seconds(params)
    share = min(1.0, params.seconds / max(needed, 1e-9))
    if share == 1.0 and cost.samples == drawn:
        return params, None
    hopeless = cost.hopeless(params.seconds)
    queries = 0 if hopeless else max(1, int(params.queries * share))
    steps = max(1, int(params.steps * share))
    cut, limit = replace(params, queries=queries, steps=steps), Quantity(params.seconds, "seconds")
    if hopeless:
        return cut, msg("robustness.note.too-slow", samples=cost.samples, seconds=limit)
    return cut, msg("robustness.note.slow", samples=cost.samples, seconds=limit, queries=queries, steps=steps)


def pace_of(params: RobustnessParams, cost: Cost, drawn: int) -> Pace:
    """Return the pace; where a bound is to be decided, fewer samples are attacked and none of them less."""
    effort, slow = paced(params, cost, drawn)
    most = cost.within(params) if slow is not None and params.bound else 0
    if most < FIRST:
        return Pace(effort, cost.samples, slow, slow)
    limit = Quantity(params.seconds, "seconds")
    return Pace(params, most, None, msg("robustness.note.slow-parts", samples=most, seconds=limit))
