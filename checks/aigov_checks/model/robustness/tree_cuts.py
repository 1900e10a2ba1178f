"""From the thresholds of a tree to the inputs at which it really changes, through scaling and casts, exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.predictor import Array


def cuts_of(feature: Array, threshold: Array, inner: Array, seen: Callable[[Array], Array], features: int) -> Array:
    """Return for each threshold the largest float64 input that the model, after scaling and casting, sends left.

    What a model sees grows with the input, so bisection over the ordered floats finds it exactly.
    """
    cuts = threshold.astype(np.float64).copy()
    groups = [np.unique(threshold[inner & (feature == place)]) for place in range(features)]
    table = np.full((max(map(len, groups)), features), 0.0)
    for place, group in enumerate(groups):
        table[: len(group), place] = group
    ends = np.finfo(np.float64).max
    if not len(table):
        return cuts
    low, high = _ordered(np.full(table.shape, -ends)), _ordered(np.full(table.shape, ends))
    with np.errstate(over="ignore"):
        while (low < high).any():
            middle = (low | high) - ((low ^ high) >> 1)
            goes_left = seen(_floats(middle)) <= table
            low, high = np.where(goes_left, middle, low), np.where(goes_left, high, middle - 1)
    found = _floats(low)
    for place, group in enumerate(groups):
        nodes = np.flatnonzero(inner & (feature == place))
        cuts[nodes] = found[np.searchsorted(group, threshold[nodes]), place]
    return cuts


def _ordered(values: Array) -> Array:
    """Return float64 values as integers in the same order."""
    bits = values.view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def _floats(order: Array) -> Array:
    bits = np.where(order < 0, np.int64(-(2**63)) - order, order)
    return bits.view(np.float64)
