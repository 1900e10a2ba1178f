"""Attacks that need no gradient, as stages of the cascade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.art_attacks import ByDecisions, Decisions, hop_skip_jump
from aigov_checks.model.robustness.cascade import Answered
from aigov_checks.model.robustness.linear import linear_candidates
from aigov_checks.model.robustness.linear_choices import linear_answers
from aigov_checks.model.robustness.predictor import Affine, Array, Counted
from aigov_checks.model.robustness.square import Limits, square

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls


@dataclass(frozen=True, slots=True, eq=False)
class ExactLinear:
    """The closed form of a linear model: what it leaves standing, nothing can break."""

    affine: Affine
    name: str = "exact-linear"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Answered:  # noqa: ARG002  # part of the port; nothing is drawn
        """Return the worst point of each ball; where it is not of another class, none is, or it is said to be open."""
        if balls.kinds is not None:
            return Answered(*linear_answers(self.affine, balls, y))
        return Answered(linear_candidates(self.affine, balls, y), np.ones(len(y), dtype=bool))


@dataclass(frozen=True, slots=True, eq=False)
class RandomSearch:
    """Score-based random search."""

    model: Counted
    limits: Limits
    name: str = "square"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return the best point of each search."""
        rng = np.random.default_rng(seed)
        return square(self.model.scores, balls, y, self.limits, rng)[0]


@dataclass(frozen=True, slots=True, eq=False)
class DecisionBased:
    """An attack of ART that asks for classes only."""

    model: Counted
    classes: int
    queries: int
    name: str = "art-hop-skip-jump"
    attack: ByDecisions = hop_skip_jump
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return the nearest point of another class that was found."""
        kinds = balls.kinds

        def predict(points: Array) -> Array:
            """Answer at the nearest whole numbers; categories stay as they are."""
            if kinds is None or not kinds.whole.any():
                return self.model.predict(points)
            whole = kinds.whole.reshape(balls.eps.shape)
            return self.model.predict(np.where(whole, np.rint(points), points).astype(points.dtype))

        return self.attack(Decisions(predict, self.classes, self.queries), balls, y, seed)


@dataclass(frozen=True, slots=True, eq=False)
class Rescaled:
    """Perturbations that worked at another size, stretched or shrunk to this one."""

    known: dict[bytes, Array]
    """Bytes of a centre to the perturbed sample."""
    ratio: float
    name: str = "rescaled"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:  # noqa: ARG002  # part of the port; nothing is drawn
        """Return the known perturbations times the ratio, the sample itself where none is known."""
        points = balls.x.astype(np.float64)
        for row, centre in enumerate(balls.x):
            known = self.known.get(centre.tobytes())
            if known is not None:
                points[row] = known
        return balls.stretched(points, self.ratio)


def is_flat(model: Counted, balls: Balls, seed: int) -> bool:
    """Return whether a random step within the budget leaves the scores of most samples exactly as they are."""
    rng = np.random.default_rng(seed)
    step = rng.uniform(-1, 1, balls.x.shape) * balls.eps
    before, after = model.scores(balls.x), model.scores(balls.project(balls.x + step))
    return bool((before == after).all(axis=1).mean() > 0.5)  # noqa: PLR2004  # most
