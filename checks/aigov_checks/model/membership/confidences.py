"""How sure a model is of the label of a sample, as log-odds: the one number that the attacks look at.

The cross-entropy of a sample is `log(1 + exp(-log_odds))`, so a threshold of the one is a threshold of the other.
Source: Carlini et al., IEEE S&P 2022 (arXiv 2112.03570), section VI-A: logit scaling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.model.boxed.chances import are_probabilities
from aigov_checks.model.robustness.object_predictor import open_object

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

_LEAST = 1e-6
"""Probabilities are held this far from 0 and 1: an average of trees reaches both."""
_UNDEFINED = -1e3
"""Log-odds of a sample whose scores are not finite."""


def log_odds(scores: Array, y: Array) -> Array:
    """Return the log-odds of the label, shape (n,), of probabilities or logits of shape (n, classes)."""
    rows = np.arange(len(y))
    finite: Array = np.asarray(np.isfinite(scores).all(axis=1))
    exact = np.where(finite[:, None], scores, 0).astype(np.float64)
    true = exact[rows, y]
    if are_probabilities(exact):
        others = exact.sum(axis=1) - true
        odds = np.log(np.clip(true, _LEAST, None)) - np.log(np.clip(others, _LEAST, None))
    else:
        exact[rows, y] = -np.inf
        highest = exact.max(axis=1)
        odds = true - highest - np.log(np.exp(exact - highest[:, None]).sum(axis=1))
    return np.where(finite, odds, _UNDEFINED)


def answers(model: Any, x: Array, labels: tuple[object, ...], classes: int) -> Array:  # any object of the user's
    """Return the answers of an estimator or a function, one column a class of the model under attack.

    Probabilities where there are any, so that shadow models and the model are asked the same.

    Raises:
        UnsupportedInputError: it cannot predict, or refuses the samples.
    """
    if hasattr(model, "predict_proba") and hasattr(model, "classes_"):
        return _columns(np.asarray(model.predict_proba(x)), model.classes_, labels)
    predictor = open_object(model, x, classes).predictor
    scores = predictor.scores(x)
    if not predictor.labels or scores.shape[1] != len(predictor.labels):
        return scores
    return _columns(scores, np.asarray(predictor.labels), labels)


def _columns(scores: Array, own: Array, labels: tuple[object, ...]) -> Array:
    """Return scores in the order of `labels`; a class that a shadow model never saw gets the lowest of the row."""
    if list(own.tolist()) == list(labels):
        return scores
    place = {label: index for index, label in enumerate(own.tolist())}
    wanted = [place.get(label, -1) for label in labels]
    padded = np.concatenate([scores, scores.min(axis=1, keepdims=True)], axis=1)
    if are_probabilities(scores):
        padded[:, -1] = 0
    return padded[:, wanted]
