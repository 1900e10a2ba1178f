"""Where a linear function is largest over whole numbers, categories and few features: exact, or with an upper bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.linear import steepest
from aigov_checks.model.robustness.predictor import Affine, Array

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.kinds import Category

_ROUNDING = 1e-8
"""Share of the size of its terms by which a sum may be off."""


@dataclass(frozen=True, slots=True, eq=False)
class Furthest:
    """One point a ball, and how much more than at the centre the function can be at most."""

    points: Array
    """Shape (n, ...), in the set."""
    most: Array
    """Shape (n,), float64; attained at the points unless whole numbers lie in an ellipsoid."""


def is_exact(balls: Balls) -> bool:
    """Return whether the largest value of a linear function over such sets is found, not only bounded."""
    return balls.kinds is None or balls.norm != "l2" or not balls.kinds.whole.any()


def furthest(balls: Balls, slope: Array) -> Furthest:
    """Return where slope·x is largest in each ball; `slope` of shape (n, ...).

    Within a box every value goes to its end by itself (whole numbers to the last one within it), a category to the
    best one of those there are, and of the features that are counted the best ones change: the sum is separable, so
    this is the maximum. Within an ellipsoid whole numbers are left out of account for the bound, and rounded for the
    point.
    """
    if balls.kinds is None:
        points = steepest(balls, slope)
        return Furthest(points, (flat(slope) * (flat(points) - flat(balls.x))).sum(axis=1))
    kinds, x, along = balls.kinds, flat(balls.x), flat(slope)
    ends = _ends(balls, along)
    for category in kinds.categories:
        ends[:, category.places] = _best(category, along)
    ends = np.where(along * (ends - x) > 0, ends, np.where(kinds.categorical, ends, x))
    gains = kinds.summed(along * (ends - x))
    kept = np.zeros(gains.shape, dtype=bool)
    order = np.argsort(-gains, axis=1, kind="stable")[:, : balls.most]
    np.put_along_axis(kept, order, True, axis=1)  # noqa: FBT003  # a value, no option
    kept &= gains > 0
    free = np.where(kinds.spread(kept, uncounted=True), ends, x)
    most = (along * (free - x)).sum(axis=1)
    if is_exact(balls):
        return Furthest(free.reshape(balls.x.shape).astype(balls.x.dtype), most)
    return Furthest(_rounded(balls, free.reshape(balls.x.shape), slope), most)


def linear_answers(model: Affine, balls: Balls, y: Array) -> tuple[Array, Array]:
    """Return the point at which some other class exceeds the true class the most, and where none provably does."""
    rows = np.arange(len(y))
    best, worst, exact = balls.x.copy(), np.full(len(y), np.inf), is_exact(balls)
    proven, still = np.ones(len(y), dtype=bool), flat(balls.x) @ model.weights + model.offset
    for shift in range(1, model.weights.shape[1]):
        rival = (y + shift) % model.weights.shape[1]
        slope = (model.weights[:, rival] - model.weights[:, y]).T
        found = furthest(balls, slope)
        scores = flat(found.points) @ model.weights + model.offset
        gap = scores[rows, y] - scores[rows, rival]
        best = np.where((gap < worst)[:, None], found.points, best)
        worst = np.minimum(worst, gap)
        if not exact:
            size = np.abs(slope) * np.maximum(np.abs(flat(balls.low)), np.abs(flat(balls.high)))
            least = still[rows, y] - still[rows, rival] - found.most
            proven &= least > _ROUNDING * (1 + np.where(np.isfinite(size), size, 0.0).sum(axis=1))
    return best, proven


def _ends(balls: Balls, along: Array) -> Array:
    """Return where every value that is no category would go by itself, within box and ellipsoid."""
    if balls.norm != "l2":
        return np.where(along > 0, flat(balls.high), np.where(along < 0, flat(balls.low), flat(balls.x)))
    return flat(_relaxed(balls, along))


def _relaxed(balls: Balls, along: Array) -> Array:
    """Return the maximum over box and ellipsoid as if all values that can move were real numbers."""
    movable = balls.kinds is not None and balls.kinds.categorical.reshape(balls.eps.shape)
    still = np.where(movable, balls.x, balls.low), np.where(movable, balls.x, balls.high)
    bare = replace(balls, x=balls.x.astype(np.float64), low=still[0], high=still[1], kinds=None)
    return steepest(bare, along.reshape(balls.x.shape))


def _best(category: Category, along: Array) -> Array:
    """Return the category in which the function is largest, shape (n, m)."""
    found: Array = category.values[(along[:, category.places] @ category.values.T).argmax(axis=1)]
    return found


def _rounded(balls: Balls, free: Array, slope: Array) -> Array:
    """Return points of the set near the relaxed maximum, then moved on by whole steps while that gains most."""
    points = balls.project(free)
    if balls.kinds is None:
        return points
    whole = np.flatnonzero(balls.kinds.whole & (flat(slope) != 0).any(axis=0))
    value = (flat(slope) * flat(points)).sum(axis=1)
    for _ in range(2 * len(whole)):
        best, gained = points, value
        for place in whole:
            for step in (-1.0, 1.0):
                tried = points.reshape(len(points), -1).copy()
                tried[:, place] += step
                found = tried.reshape(points.shape)
                other = (flat(slope) * flat(found)).sum(axis=1)
                better = balls.contain(found) & (other > gained)
                best = np.where(better.reshape(-1, *[1] * (points.ndim - 1)), found, best)
                gained = np.where(better, other, gained)
        if (gained <= value).all():
            break
        points, value = best, gained
    return points
