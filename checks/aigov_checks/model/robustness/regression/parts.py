"""Pushing the predictions of a growing part of the samples, until the bound of a policy is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.regression.errors import within
from aigov_checks.model.robustness.regression.extremes import Extremes, joined
from aigov_checks.model.robustness.sequential import Decision, Gate, Stopped, part_of, parts

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """What was reached at each multiple of the budget."""

    sizes: dict[float, Extremes]
    unaided: Array | None
    """Values reached before the search without gradients began, shape (n, 2); None where there was no such moment."""


Reach = Callable[[Attacked, Array], Reached]
"""Searches around some samples, given what is predicted for them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """When a sample stands: within the tolerance of its reference; an exact search must have proved it."""

    tolerance: float
    exact: bool

    def count(self, extremes: Extremes, y: Array) -> tuple[int, int]:
        """Return how many samples stand, and how many of these are sure to."""
        stands = self._holds(extremes.found, y) & ~extremes.broken
        return int(stands.sum()), int((stands & self._holds(extremes.proved, y)).sum() if self.exact else stands.sum())

    def _holds(self, ends: Array, y: Array) -> Array:
        return np.asarray(within(ends, y[:, None], self.tolerance).all(axis=1))


def reach_in_parts(
    attacked: Attacked, predicted: Array, reach: Reach, gate: Gate, standing: Standing
) -> tuple[Reached, Stopped]:
    """Search part after part until the bound is decided, and return what was reached and why it ended."""
    found: list[Reached] = []
    decision, stands, sure, end = Decision.OPEN, 0, 0, 0
    for start, end in parts(gate.of(len(attacked.x))):
        part = part_of(attacked, start, end)
        found.append(reach(part, predicted[start:end]))
        more = standing.count(found[-1].sizes[1.0], part.y)
        stands, sure = stands + more[0], sure + more[1]
        decision = gate.decide(stands, sure, end)
        if decision is not Decision.OPEN:
            break
    return _together(found), Stopped(gate, decision, end, len(attacked.x), len(found))


def _together(found: Sequence[Reached]) -> Reached:
    sizes = {multiple: joined([part.sizes[multiple] for part in found]) for multiple in found[0].sizes}
    unaided = [part.unaided for part in found if part.unaided is not None]
    return Reached(sizes, np.concatenate(unaided) if len(unaided) == len(found) else None)
