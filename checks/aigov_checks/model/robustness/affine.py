"""Linear models of scikit-learn as one matrix, behind scalers or not, checked against the model itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from aigov_checks.model.robustness.predictor import Affine, Array

_TOLERANCE = 1e-9
_LINEAR = (
    "LogisticRegression",
    "LogisticRegressionCV",
    "LinearSVC",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "SGDClassifier",
    "Perceptron",
    "PassiveAggressiveClassifier",
    "LinearDiscriminantAnalysis",
)
_LINEAR_VALUES = (
    "LinearRegression",
    "Ridge",
    "RidgeCV",
    "Lasso",
    "LassoCV",
    "LassoLars",
    "ElasticNet",
    "ElasticNetCV",
    "BayesianRidge",
    "ARDRegression",
    "HuberRegressor",
    "QuantileRegressor",
    "SGDRegressor",
    "LinearSVR",
    "TheilSenRegressor",
    "Lars",
    "OrthogonalMatchingPursuit",
)


def affine_of(model: Any, scores: Array, clean: Array) -> Affine | None:  # a scikit-learn estimator
    """Return the matrix of a linear model, or None where the model is not known to be linear.

    `scores` are the model's own for the samples `clean`; the matrix must reproduce them to 1e-9 of their size.
    """
    steps = [step for _, step in model.steps] if hasattr(model, "steps") else [model]
    last = steps[-1]
    if type(last).__name__ not in (*_LINEAR, *_LINEAR_VALUES) or clean.ndim != 2:  # noqa: PLR2004  # rows and features
        return None
    weights, offset = _scores_matrix(last)
    for step in reversed(steps[:-1]):
        scaled = scaling_of(step, weights.shape[0])
        if scaled is None:
            return None
        slope, shift = scaled
        offset = offset + shift @ weights
        weights = weights * slope[:, None]
    found = clean.astype(np.float64) @ weights + offset
    agrees = found.shape == scores.shape and np.allclose(found, scores, rtol=_TOLERANCE, atol=_TOLERANCE)
    return Affine(weights, offset) if agrees else None


def _scores_matrix(model: Any) -> tuple[Array, Array]:  # a scikit-learn estimator
    weights = np.asarray(model.coef_, dtype=np.float64).reshape(-1, np.shape(model.coef_)[-1]).T
    offset = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), (weights.shape[1],))
    if weights.shape[1] == 1 and type(model).__name__ in _LINEAR:
        return np.hstack([-weights, weights]), np.concatenate([-offset, offset])
    return weights, offset


def scaling_of(step: Any, features: int) -> tuple[Array, Array] | None:  # a scikit-learn transformer
    """Return slope and shift of x -> x * slope + shift, or None for a step that is no plain scaling."""
    one, zero = np.ones(features), np.zeros(features)
    match type(step).__name__:
        case "StandardScaler" | "RobustScaler":
            slope = one if step.scale_ is None else 1.0 / np.asarray(step.scale_)
            middle = getattr(step, "mean_", None) if hasattr(step, "mean_") else getattr(step, "center_", None)
            return slope, zero if middle is None else -np.asarray(middle) * slope
        case "MinMaxScaler" if not step.clip:
            return np.asarray(step.scale_), np.asarray(step.min_)
        case "MaxAbsScaler":
            return 1.0 / np.asarray(step.scale_), zero
        case "str" if step == "passthrough":
            return one, zero
        case _:
            return None
