"""Scores of a classifier as probabilities, whatever it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

_SUM = 1e-3


def are_probabilities(scores: Array) -> bool:
    """Return whether scores of shape (n, classes) lie within 0 and 1 and sum to 1, rounding and rare rows apart."""
    return bool((scores >= 0).all() and (np.abs(scores.sum(axis=1) - 1) < _SUM).mean() > 1 - _SUM)


def probabilities(scores: Array) -> Array:
    """Return probabilities of shape (n, classes); anything else counts as logits. Scores must be finite."""
    exact = scores.astype(np.float64)
    if are_probabilities(exact):
        return exact
    raised = np.exp(exact - exact.max(axis=1, keepdims=True))
    shares: Array = raised / raised.sum(axis=1, keepdims=True)
    return shares
