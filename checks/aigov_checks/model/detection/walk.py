"""A random search from the clean sample outwards: what a detector watches may have to move less than the budget allows.

Square Attack (arXiv 1912.00049) stays near the edge of the budget, where a detector that measures distance sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array, Counted, margins
from aigov_checks.model.robustness.square import changed_share, regions

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Changes regions to any value within the budget, and keeps what brings the margin down."""

    model: Counted
    queries: int
    name: str = "joint-walk"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return the best point of each walk."""
        rng = np.random.default_rng(seed)
        best = balls.x.copy()
        lowest = margins(self.model.scores(best), y)
        for query in range(1, self.queries):
            standing = np.flatnonzero(lowest > 0)
            if not len(standing):
                break
            part = balls.take(standing)
            proposal = _proposal(part, best[standing], changed_share(query, self.queries), rng)
            found = margins(self.model.scores(proposal), y[standing])
            better = found < lowest[standing]
            best[standing[better]] = proposal[better]
            lowest[standing[better]] = found[better]
        return best


def _proposal(balls: Balls, points: Array, share: float, rng: np.random.Generator) -> Array:
    """Return points with one region each set anew: half of them to one value a channel, half to one a place."""
    region = regions(points.shape, share, rng)
    flat = rng.random((len(points), *[1] * (points.ndim - 1))) < 0.5  # noqa: PLR2004  # even chance
    wide = (*points.shape[:2], *[1] * (points.ndim - 2))
    change = np.where(flat, rng.uniform(-1, 1, wide), rng.uniform(-1, 1, points.shape))
    return balls.project(np.where(region, balls.x + balls.eps * change, points))
