"""Errors of predicted values against references, with bootstrap intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Interval, Measurement

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.predictor import Array

_RESAMPLES, _AT_A_TIME = 1000, 50
"""Bootstrap resamples, and how many of them are held in memory at a time."""


def rmse(predicted: Array, y: Array, confidence: float, seed: int) -> Measurement:
    """Return the root mean squared error in the unit of the output; predicted values must be finite."""
    return _estimated(lambda p, r: np.sqrt(((p - r) ** 2).mean(axis=-1)), predicted, y, (confidence, seed))


def mae(predicted: Array, y: Array, confidence: float, seed: int) -> Measurement:
    """Return the mean absolute error in the unit of the output."""
    return _estimated(lambda p, r: np.abs(p - r).mean(axis=-1), predicted, y, (confidence, seed))


def r2(predicted: Array, y: Array, confidence: float, seed: int) -> Measurement | None:
    """Return the coefficient of determination; None where the references do not vary."""
    if len(y) < 2 or np.ptp(y) == 0:  # noqa: PLR2004  # variance needs two
        return None
    return _estimated(_determination, predicted, y, (confidence, seed))


def _determination(predicted: Array, y: Array) -> Array:
    spread = ((y - y.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = 1 - ((predicted - y) ** 2).sum(axis=-1) / spread
    return found


def _estimated(
    figure: Callable[[Array, Array], Array], predicted: Array, y: Array, how: tuple[float, int]
) -> Measurement:
    """Return a figure with the percentile interval of a bootstrap over samples.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    (confidence, seed), n = how, len(y)
    random = np.random.default_rng((seed, n))
    found = []
    for _ in range(0, _RESAMPLES, _AT_A_TIME):
        rows = random.integers(0, n, (_AT_A_TIME, n))
        found.append(figure(predicted[rows], y[rows]))
    drawn = np.concatenate(found)
    tail = (1 - confidence) / 2
    value = float(figure(predicted, y))
    low, high = (float(end) for end in np.quantile(drawn[np.isfinite(drawn)], [tail, 1 - tail]))
    return Measurement(value, "number", Interval(min(low, value), max(high, value), confidence), n)


def within(predicted: Array, y: Array, tolerance: float) -> Array:
    """Return which predicted values lie within the tolerance of their references; none that is not finite does."""
    with np.errstate(invalid="ignore"):
        found: Array = np.abs(predicted - y) <= tolerance
    return found
