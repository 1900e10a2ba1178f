"""Attacks on few features as stages of the cascade: with gradients where there are any, and always by score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array, Counted, Gradients
from aigov_checks.model.robustness.sparse_gradient import Pull, pgd_zero, saliency, sigma_zero
from aigov_checks.model.robustness.sparse_search import sparse_search
from aigov_checks.model.robustness.square import Limits

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.cascade import Stage

_Way = Callable[[Pull, "Balls", np.random.Generator], "Array"]
_QUICK_STEPS = 20
_TARGETS = 3
"""Other classes that are aimed at one by one, those of the highest scores."""


@dataclass(slots=True, eq=False)
class SparseGradient:
    """One way of following gradients to few features; `rank` 1 aims at the best other class, 0 at whichever is best."""

    twin: Gradients
    name: str
    way: _Way
    rank: int = 0
    family: str = ""
    gradients: int = field(default=0)
    """Gradients taken so far."""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return the best point of each search."""
        from aigov_checks.model.robustness.sparse_pull import pull_of  # needs torch, an extra

        pull = pull_of(self.twin, balls.x, y, self.rank)

        def counted(points: Array, rows: Array) -> tuple[Array, Array]:
            self.gradients += len(points)
            return pull(points, rows)

        return self.way(counted, balls, np.random.default_rng(seed))


@dataclass(frozen=True, slots=True, eq=False)
class SparseSearch:
    """Score-based random search over few features."""

    model: Counted
    limits: Limits
    name: str = "sparse-rs"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return the best point of each search."""
        return sparse_search(self.model.scores, balls, y, self.limits, np.random.default_rng(seed))[0]


def sparse_stages(
    twin: Gradients | None, model: Counted, classes: int, steps: int, limits: tuple[Limits, Limits]
) -> tuple[list[Stage], list[Stage]]:
    """Return all stages, and the quick ones; `limits` are those of the search in each of them."""
    quick: list[Stage] = []
    thorough: list[Stage] = []
    if twin is not None:
        quick += gradient_ways(twin, min(_QUICK_STEPS, steps), 0)
        for rank in range(1, min(classes - 1, _TARGETS) + 1 if classes > 2 else 1):  # noqa: PLR2004  # two have one aim
            thorough += gradient_ways(twin, max(1, steps // 2), rank)[1:2]
        thorough += gradient_ways(twin, steps, 0)[1:]
    full = [*quick, *thorough, SparseSearch(model, limits[0])]
    return full, [*quick, SparseSearch(model, limits[1])]


def gradient_ways(twin: Gradients, steps: int, rank: int, prefix: str = "") -> list[Stage]:
    """Return the ways of following gradients, from cheap to dear; names begin with `prefix`."""

    def jump(pull: Pull, balls: Balls, _: np.random.Generator) -> Array:
        return saliency(pull, balls)

    def climb(pull: Pull, balls: Balls, random: np.random.Generator) -> Array:
        return pgd_zero(pull, balls, steps, random)

    def thin(pull: Pull, balls: Balls, _: np.random.Generator) -> Array:
        return sigma_zero(pull, balls, steps)

    aimed = f"t-{rank}-" if rank else ""
    return [
        SparseGradient(twin, f"{prefix}saliency{aimed and f'-t-{rank}'}", jump, rank),
        SparseGradient(twin, f"{prefix}pgd-0-{aimed}{steps}", climb, rank),
        SparseGradient(twin, f"{prefix}sigma-zero-{aimed}{steps}", thin, rank),
    ]
