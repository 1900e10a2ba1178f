"""The set of inputs allowed around given samples, in the model's own precision."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.kinds import Kinds
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    import numpy.typing as npt

    from aigov_checks.model.robustness.budget import Budget

_L2_SLACK = 1 - 1e-9
"""Candidates are projected this much inside the ellipsoid, beyond the rounding of a sum in float64."""


@dataclass(frozen=True, slots=True, eq=False)
class Balls:
    """One ball a sample: centre `x`, and bounds `low` and `high` of every value, rounded inwards; shape (n, ...).

    For linf the bounds are the whole set. For l2 they are the box, and `eps` the semi-axes besides. For l0 they are
    the box, too, and `most` features may leave the centre. Where `kinds` are given, values that must be whole or a
    category are, and `most` of the features that they count may change; the bounds hold all of it.
    """

    norm: str
    x: Array
    low: Array
    high: Array
    eps: Array
    """Shape of one sample, float64; 0 for categories."""
    kinds: Kinds | None = None
    most: int = 0

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    def take(self, rows: Array) -> Balls:
        """Return the balls of some samples."""
        return replace(self, x=self.x[rows], low=self.low[rows], high=self.high[rows])

    def project(self, candidates: Array) -> Array:
        """Return finite candidates moved into the set, in the model's precision."""
        if self.kinds is None:
            return self._moved(candidates)
        given = np.asarray(candidates, dtype=self.x.dtype)
        keep = self.contain(given).reshape(-1, *[1] * (self.x.ndim - 1))
        return np.where(keep, given, self._permitted(candidates, self.kinds))

    def contain(self, candidates: Array) -> Array:
        """Return which candidates lie in the set, without tolerance."""
        rows = len(self)
        bounded = (candidates >= self.low) & (candidates <= self.high)
        inside: Array = np.asarray(bounded.reshape(rows, -1).all(axis=1))
        if self.norm == "l2":
            inside &= (_scaled(candidates, self) ** 2).reshape(rows, -1).sum(axis=1) <= 1.0
        if self.kinds is not None:
            inside &= self.kinds.contain(flat(candidates), flat(self.x), self.most)
        return inside

    def permitted(self, candidates: Array) -> Array:
        """Return candidates in the box, whole or a category where they must be, however many features change."""
        inside = np.clip(candidates, self.low, self.high).astype(np.float64)
        if self.kinds is not None:
            found = self.kinds.permitted(flat(inside), flat(self.low), flat(self.high))
            inside = found.reshape(self.x.shape)
        permitted: Array = inside.astype(self.x.dtype)
        return permitted

    def from_categories(self, points: Array) -> Balls:
        """Return the balls with every category as in `points` and nothing else that is counted (not for l0)."""
        if self.kinds is None:
            return self
        chosen = self.kinds.categorical.reshape(self.eps.shape)
        x, low, high = (np.where(chosen, points, item).astype(self.x.dtype) for item in (self.x, self.low, self.high))
        return replace(self, x=x, low=low, high=high, kinds=self.kinds.settled(), most=0)

    def stretched(self, points: Array, ratio: float) -> Array:
        """Return points at `ratio` times their distance from the centre; categories, and all with l0, stay."""
        centre = self.x.astype(np.float64)
        found: Array = centre + (points.astype(np.float64) - centre) * ratio
        if self.kinds is None:
            return found
        kept = self.kinds.categorical.reshape(self.eps.shape) | (self.norm == "l0")
        return np.where(kept, points, found)

    def _moved(self, candidates: Array) -> Array:
        """Return candidates moved into box and ellipsoid."""
        inside = np.clip(candidates, self.low, self.high)
        if self.norm == "l2":
            scaled = _scaled(inside, self)
            lengths = np.sqrt((scaled**2).reshape(len(self), -1).sum(axis=1))
            shrink = np.minimum(1.0, _L2_SLACK / np.maximum(lengths, 1e-300))
            moved = self.x + (inside - self.x.astype(np.float64)) * shrink.reshape(-1, *[1] * (self.x.ndim - 1))
            return _towards(np.clip(moved, self.low, self.high), self.x)
        projected: Array = inside.astype(self.x.dtype)
        return projected

    def _permitted(self, candidates: Array, kinds: Kinds) -> Array:
        """Return candidates with whole numbers and categories, in box and ellipsoid, and few enough changes."""
        x, low, high = flat(self.x), flat(self.low), flat(self.high)
        moved, clipped = flat(self._moved(candidates)), flat(np.clip(candidates, self.low, self.high))
        found = kinds.permitted(np.where(kinds.categorical, clipped, moved), low, high)
        if self.norm == "l2":
            found = np.where(kinds.whole, whole_within(x, moved, (low, high), self.eps.reshape(-1), kinds.whole), found)
        span = np.where(high > low, high - low, 1.0)
        found = kinds.limited(found, x, self.most, kinds.summed(np.abs(found - x) / span))
        permitted: Array = found.reshape(self.x.shape).astype(self.x.dtype)
        return permitted


def balls_around(x: Array, budget: Budget, multiple: float, dtype: npt.DTypeLike) -> Balls:
    """Return the balls of `multiple` times the budget around samples of shape (n, ...).

    A value that already lies outside the box may stay where it is, but not move further out. Of the features that are
    counted, `multiple` times as many may change, rounded down.
    """
    centre = np.asarray(x, dtype=dtype)
    exact = centre.astype(np.float64)
    touchable = budget.eps > 0
    sparse = budget.norm == "l0"
    reach = np.where(touchable, budget.eps * (1.0 if sparse else multiple), 0.0)
    width = np.where(touchable, np.inf, 0.0) if sparse or budget.norm == "l2" else reach
    kinds = None if budget.kinds is None else budget.kinds.of(dtype)
    most = 0 if kinds is None else math.floor(kinds.most * multiple)
    if kinds is not None:
        chosen = kinds.categorical.reshape(budget.eps.shape)
        width = np.where(chosen & (most > 0), np.inf, 0.0 if sparse and not most else width)
    low = np.maximum(exact - width, np.minimum(budget.low, exact))
    high = np.minimum(exact + width, np.maximum(budget.high, exact))
    low, high = _round(low, dtype, up=True), _round(high, dtype, up=False)
    # the sum with the width was rounded too
    low = np.where(exact - low > width, np.nextafter(low, centre), low)
    high = np.where(high - exact > width, np.nextafter(high, centre), high)
    if kinds is not None:
        whole = kinds.whole.reshape(budget.eps.shape)
        low, high = np.where(whole, np.ceil(low), low), np.where(whole, np.floor(high), high)
    return Balls(budget.norm, centre, low, high, reach, kinds, most)


def whole_within(x: Array, moved: Array, box: tuple[Array, Array], eps: Array, whole: Array) -> Array:
    """Return points within box and ellipsoid near to (n, size) points in them, with whole numbers where they must be.

    Rounding to the nearest may leave the ellipsoid, rounding towards the centre cannot: from there the largest
    fractions are rounded up again, as many as fit.
    """
    found = np.where(whole, x + np.trunc(moved - x), moved)
    unit = np.where(eps > 0, eps, np.inf)
    further = found + np.sign(moved - found)
    usable = whole & (found != moved) & (further >= box[0]) & (further <= box[1])
    cost = np.where(usable, ((further - x) / unit) ** 2 - ((found - x) / unit) ** 2, np.inf)
    order = np.argsort(-np.where(usable, np.abs(moved - found), -1.0), axis=1, kind="stable")
    spent = np.cumsum(np.take_along_axis(cost, order, axis=1), axis=1)
    left = _L2_SLACK - (((found - x) / unit) ** 2).sum(axis=1, keepdims=True)
    fits = np.zeros(usable.shape, dtype=bool)
    np.put_along_axis(fits, order, spent <= left, axis=1)
    return np.where(fits & usable, further, found)


def flat(values: Array) -> Array:
    """Return samples as (n, size), float64."""
    return values.reshape(len(values), -1).astype(np.float64)


def _round(values: Array, dtype: npt.DTypeLike, *, up: bool) -> Array:
    """Return float64 values in another precision, rounded towards the inside of the interval."""
    rounded: Array = values.astype(dtype)
    outside = rounded.astype(np.float64) < values if up else rounded.astype(np.float64) > values
    towards = np.asarray(np.inf if up else -np.inf, dtype=dtype)
    return np.where(outside, np.nextafter(rounded, towards), rounded)


def _towards(values: Array, centre: Array) -> Array:
    """Return float64 values in the precision of `centre`, rounded towards it, so that no distance grows."""
    rounded: Array = values.astype(centre.dtype)
    exact = centre.astype(np.float64)
    further = np.abs(rounded.astype(np.float64) - exact) > np.abs(values - exact)
    return np.where(further, np.nextafter(rounded, centre), rounded)


def _scaled(candidates: Array, balls: Balls) -> Array:
    """Return the perturbation in units of the semi-axes, float64; 0 where nothing may move, and for categories."""
    moved = candidates.astype(np.float64) - balls.x.astype(np.float64)
    touchable = balls.eps > 0
    result: Array = np.where(touchable, moved / np.where(touchable, balls.eps, 1.0), 0.0)
    return result
