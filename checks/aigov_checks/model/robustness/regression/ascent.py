"""Projected gradient ascent with momentum and a step that halves where it no longer gains.

After Croce and Hein, ICML 2020 (arXiv 2003.01690), without its early end: the furthest value is wanted, not the first
that is too far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.sparse_gradient import pgd_zero

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Array

Slope = Callable[["Array"], "tuple[Array, Array]"]
"""From samples (n, ...) to values (n,) and their gradients (n, ...)."""
_MOMENTUM = 0.75
_PATIENCE = 4
"""Steps without a gain after which a step is halved."""


def ascend(slope: Slope, balls: Balls, sign: float, steps: int, random: np.random.Generator) -> Array:
    """Return the point of each ball at which the highest value was seen (the lowest for a sign of -1)."""
    if balls.norm == "l0":
        return pgd_zero(lambda x, _: _signed(slope(x), sign), balls, max(1, steps), random, end=np.inf)
    x = balls.project(balls.x + balls.eps * random.uniform(-0.5, 0.5, balls.x.shape))
    before, best = x, balls.x.copy()
    best_value = np.full(len(x), -np.inf)
    best_gradient, stale = np.zeros(x.shape), np.zeros(len(x), dtype=np.int64)
    step = np.ones(len(x))
    for _ in range(max(1, steps)):
        value, gradient = slope(x)
        value, gradient = sign * value, sign * np.nan_to_num(gradient)
        better = value > best_value
        best[better], best_value[better], best_gradient[better] = x[better], value[better], gradient[better]
        stale = np.where(better, 0, stale + 1)
        tired = stale >= _PATIENCE
        step, stale = np.where(tired, step / 2, step), np.where(tired, 0, stale)
        wide = tired.reshape(-1, *[1] * (x.ndim - 1))
        start, gradient = np.where(wide, best, x), np.where(wide, best_gradient, gradient)
        moved = step.reshape(wide.shape) * _direction(gradient, balls)
        ahead = balls.project(start + moved)
        x, before = balls.project(start + _MOMENTUM * (ahead - start) + (1 - _MOMENTUM) * (start - before)), start
    value = sign * slope(x)[0]
    better = value > best_value
    best[better] = x[better]
    return best


def _signed(values: tuple[Array, Array], sign: float) -> tuple[Array, Array]:
    return sign * values[0], sign * values[1]


def _direction(gradient: Array, balls: Balls) -> Array:
    """Return the steepest move within the budget: its corner, or the direction on its ellipsoid."""
    if balls.norm == "linf":
        return np.asarray(np.sign(gradient) * balls.eps)
    scaled = gradient * balls.eps
    lengths = np.sqrt((scaled.reshape(len(scaled), -1) ** 2).sum(axis=1)).reshape(-1, *[1] * (gradient.ndim - 1))
    return np.asarray(scaled / np.maximum(lengths, 1e-30) * balls.eps)
