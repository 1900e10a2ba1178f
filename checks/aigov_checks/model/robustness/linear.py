"""The nearest class change of a linear model, exact, with budget, box and immutable features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Affine, Array

_BISECTIONS = 200


def linear_candidates(model: Affine, balls: Balls, y: Array) -> Array:
    """Return the point at which some other class exceeds the true class the most; exact.

    If it does not change the class, no point of the set does: the difference of two scores is linear, so its
    maximum over a box (linf) is at a corner, and over box and ellipsoid (l2) it satisfies the KKT conditions.
    """
    rows = np.arange(len(y))
    best = balls.x.copy()
    worst = np.full(len(y), np.inf)
    for shift in range(1, model.weights.shape[1]):
        rival = (y + shift) % model.weights.shape[1]
        slope = (model.weights[:, rival] - model.weights[:, y]).T
        points = steepest(balls, slope)
        scores = points.astype(np.float64) @ model.weights + model.offset
        gap = scores[rows, y] - scores[rows, rival]
        best = np.where((gap < worst)[:, None], points, best)
        worst = np.minimum(worst, gap)
    return best


def steepest(balls: Balls, slope: Array) -> Array:
    """Return the point of each ball at which slope·x is largest, for slopes of shape (n, features)."""
    return _corner(balls, slope) if balls.norm == "linf" else _clipped_ray(balls, slope)


def _corner(balls: Balls, slope: Array) -> Array:
    corner: Array = np.where(slope > 0, balls.high, np.where(slope < 0, balls.low, balls.x))
    return corner.astype(balls.x.dtype)


def _clipped_ray(balls: Balls, slope: Array) -> Array:
    """Maximise slope·d over the ellipsoid and box: d = clip(t * slope * eps^2), t found by bisection."""
    direction = slope * balls.eps**2
    unit = np.where(balls.eps > 0, balls.eps, 1.0)
    low, high = balls.low - balls.x, balls.high - balls.x
    shortest = np.zeros(len(balls))
    longest = np.full(len(balls), 1e30)
    for _ in range(_BISECTIONS):
        middle = np.where(shortest > 0, np.sqrt(shortest * longest), longest * 1e-30)
        moved = np.clip(middle[:, None] * direction, low, high)
        outside = ((moved / unit) ** 2).sum(axis=1) > 1.0
        longest = np.where(outside, middle, longest)
        shortest = np.where(outside, shortest, middle)
        if not outside.any() and bool((middle >= longest).all()):
            break
    return balls.project(balls.x + np.clip(shortest[:, None] * direction, low, high))
