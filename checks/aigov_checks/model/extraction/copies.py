"""Copies of a model: estimators of scikit-learn that learn from what it answered.

Sources: Tramèr et al., USENIX Security 2016 (arXiv 1609.02943): scores of a linear model give its weights; Orekondy,
Schiele and Fritz, CVPR 2019 (arXiv 1812.02766): any model can be copied by training on its answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import need
from aigov_checks.model.extraction.features import Rows, features, flat
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from collections.abc import Mapping

Guess = Callable[[Array], Array]
"""Returns the class that the copy gives each sample."""
_TREES = 100
_LEAST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the attacker has: samples (n, ...), and for each the answer of the model."""

    x: Array
    classes: Array
    """Class numbers, shape (n,)."""
    probabilities: Array
    """Shape (n, classes); one-hot where the model answers labels."""
    soft: bool
    """Whether the probabilities say more than the class."""

    def take(self, rows: Array) -> Answers:
        """Return some of them."""
        return Answers(self.x[rows], self.classes[rows], self.probabilities[rows], self.soft)


Maker = Callable[[Answers, int], Guess]  # what is known, seed -> a copy


def makers() -> Mapping[str, Maker]:
    """Return the copies that scikit-learn can make, by name.

    Raises:
        MissingExtraError: it is not installed.
    """
    need("sklearn", "robustness")
    return {"linear": _linear, "trees": _trees, "perceptron": _perceptron}


def constant(answers: Answers) -> Guess | None:
    """Return a copy that always gives the one class that the model ever answered, where it is one."""
    known = np.unique(answers.classes)
    return (lambda x: np.full(len(x), known[0])) if len(known) == 1 else None


def _linear(answers: Answers, seed: int) -> Guess:
    """Fit the log of the probabilities, or the classes, by a linear model."""
    models = need("sklearn.linear_model", "robustness")
    scale = _Scaled(answers.x, flat)
    if answers.soft:
        logs = np.log(np.clip(answers.probabilities, _LEAST, None))
        fitted = models.Ridge(alpha=1e-3).fit(scale(answers.x), logs - logs.mean(axis=1, keepdims=True))
        return lambda x: np.asarray(fitted.predict(scale(x))).argmax(axis=1)
    fitted = models.LogisticRegression(C=10.0, max_iter=200, random_state=seed)
    return _classes(fitted.fit(scale(answers.x), answers.classes), scale)


def _trees(answers: Answers, seed: int) -> Guess:
    forests = need("sklearn.ensemble", "robustness")
    scale, common = _Scaled(answers.x, features), {"n_estimators": _TREES, "max_features": "sqrt", "random_state": seed}
    if answers.soft:
        fitted = forests.ExtraTreesRegressor(**common).fit(scale(answers.x), answers.probabilities)
        return lambda x: np.asarray(fitted.predict(scale(x))).argmax(axis=1)
    return _classes(forests.ExtraTreesClassifier(**common).fit(scale(answers.x), answers.classes), scale)


def _perceptron(answers: Answers, seed: int) -> Guess:
    networks = need("sklearn.neural_network", "robustness")
    scale = _Scaled(answers.x, features)
    common = {"hidden_layer_sizes": (64,), "max_iter": 60, "random_state": seed}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged is no news
        if answers.soft:
            fitted = networks.MLPRegressor(**common).fit(scale(answers.x), answers.probabilities)
            return lambda x: np.asarray(fitted.predict(scale(x))).reshape(len(x), -1).argmax(axis=1)
        return _classes(networks.MLPClassifier(**common).fit(scale(answers.x), answers.classes), scale)


def _classes(fitted: Any, scale: _Scaled) -> Guess:  # a scikit-learn estimator
    return lambda x: np.asarray(fitted.predict(scale(x)))


class _Scaled:
    """Samples as rows of features with mean 0 and deviation 1."""

    def __init__(self, x: Array, rows: Rows) -> None:
        self.rows = rows
        first = rows(x)
        self.mean, spread = first.mean(axis=0), first.std(axis=0)
        self.spread = np.where(spread > 0, spread, 1.0)

    def __call__(self, x: Array) -> Array:
        scaled: Array = (self.rows(x) - self.mean) / self.spread
        return scaled
