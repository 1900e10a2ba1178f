"""The set of inputs allowed around given samples, in the model's own precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    import numpy.typing as npt

    from aigov_checks.model.robustness.budget import Budget

_L2_SLACK = 1 - 1e-9
"""Candidates are projected this much inside the ellipsoid, beyond the rounding of a sum in float64."""


@dataclass(frozen=True, slots=True, eq=False)
class Balls:
    """One ball a sample: centre `x`, and bounds `low` and `high` of every value, rounded inwards; shape (n, ...).

    For linf the bounds are the whole set. For l2 they are the box, and `eps` the semi-axes besides.
    """

    norm: str
    x: Array
    low: Array
    high: Array
    eps: Array
    """Shape of one sample, float64."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    def take(self, rows: Array) -> Balls:
        """Return the balls of some samples."""
        return Balls(self.norm, self.x[rows], self.low[rows], self.high[rows], self.eps)

    def project(self, candidates: Array) -> Array:
        """Return finite candidates moved into the set, in the model's precision."""
        inside = np.clip(candidates, self.low, self.high)
        if self.norm == "l2":
            scaled = _scaled(inside, self)
            lengths = np.sqrt((scaled**2).reshape(len(self), -1).sum(axis=1))
            shrink = np.minimum(1.0, _L2_SLACK / np.maximum(lengths, 1e-300))
            moved = self.x + (inside - self.x.astype(np.float64)) * shrink.reshape(-1, *[1] * (self.x.ndim - 1))
            return _towards(np.clip(moved, self.low, self.high), self.x)
        projected: Array = inside.astype(self.x.dtype)
        return projected

    def contain(self, candidates: Array) -> Array:
        """Return which candidates lie in the set, without tolerance."""
        rows = len(self)
        bounded = (candidates >= self.low) & (candidates <= self.high)
        inside: Array = np.asarray(bounded.reshape(rows, -1).all(axis=1))
        if self.norm == "l2":
            inside &= (_scaled(candidates, self) ** 2).reshape(rows, -1).sum(axis=1) <= 1.0
        return inside


def balls_around(x: Array, budget: Budget, multiple: float, dtype: npt.DTypeLike) -> Balls:
    """Return the balls of `multiple` times the budget around samples of shape (n, ...).

    A value that already lies outside the box may stay where it is, but not move further out.
    """
    centre = np.asarray(x, dtype=dtype)
    exact = centre.astype(np.float64)
    touchable = budget.eps > 0
    reach = np.where(touchable, budget.eps * multiple, 0.0)
    width = np.where(touchable, np.inf, 0.0) if budget.norm == "l2" else reach
    low = np.maximum(exact - width, np.minimum(budget.low, exact))
    high = np.minimum(exact + width, np.maximum(budget.high, exact))
    low, high = _round(low, dtype, up=True), _round(high, dtype, up=False)
    # the sum with the width was rounded too
    low = np.where(exact - low > width, np.nextafter(low, centre), low)
    high = np.where(high - exact > width, np.nextafter(high, centre), high)
    return Balls(budget.norm, centre, low, high, reach)


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
    """Return the perturbation in units of the semi-axes, float64; 0 where nothing may move."""
    moved = candidates.astype(np.float64) - balls.x.astype(np.float64)
    result: Array = moved / np.where(balls.eps > 0, balls.eps, 1.0)
    return result
