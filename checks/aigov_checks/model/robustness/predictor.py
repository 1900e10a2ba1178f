"""The port behind which every model stands: inputs to scores, with gradients where there are any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from aigov import Message, UnsupportedInputError, msg
from aigov_checks.model.robustness.trees import Ensemble

Array = npt.NDArray[Any]
"""Any dtype: floats in the precision of the model, or labels."""

UNDEFINED = -1
"""Predicted class of a sample whose outputs are not finite; equal to no label, hence incorrect."""


class Answer(StrEnum):
    """What a model answers: a score a class, only the class, or a predicted value."""

    SCORES = "scores"
    LABELS = "labels"
    VALUES = "values"


class Wanted(StrEnum):
    """What is asked of a model: a class, or a value."""

    CLASSES = "classes"
    VALUES = "values"


class Predictor(Protocol):
    """A model as the attacks see it. Rows are independent samples."""

    @property
    def name(self) -> str:
        """Runtime and its version, `onnxruntime 1.20.0`."""

    @property
    def answer(self) -> Answer:
        """Whether scores carry information beyond the class."""

    @property
    def dtype(self) -> npt.DTypeLike:
        """Floating-point type that the model takes."""

    @property
    def labels(self) -> tuple[object, ...]:
        """Label of each class where the model knows them (scikit-learn's `classes_`), otherwise empty."""

    def scores(self, x: Array) -> Array:
        """Return one score a class, shape (n, classes), one-hot where the model answers labels; values as (n, 1)."""


class Gradients(Protocol):
    """Differentiable twin of a predictor, on torch tensors."""

    def logits(self, x: Any) -> Any:  # torch is imported by the attack only
        """Return scores before any final softmax, shape (n, classes), differentiable by `x`."""

    def straight(self) -> Gradients | None:
        """Return the same scores with a slope through rounding and quantisation, or None where there is none."""


class Twin(Gradients, Protocol):
    """A differentiable twin that also answers as the original does, and moves to another device."""

    @property
    def squashed(self) -> bool:
        """Whether the original ends in a softmax or sigmoid, which `logits` looks behind."""

    @property
    def device(self) -> str:
        """Name of the torch device on which it computes; it takes tensors of any."""

    def outputs(self, x: Any) -> Any:  # torch is imported by the attack only
        """Return the outputs as the original gives them, shape (n, classes), differentiable by `x`."""

    def values(self, x: Any) -> Any:  # torch is imported by the attack only
        """Return predicted values, shape (n,), differentiable by `x`."""

    def on(self, device: str) -> Twin:
        """Return the same twin on another device."""


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A linear model: scores = x @ weights + offset, with weights of shape (features, classes), or (features, 1)."""

    weights: Array
    offset: Array


@dataclass(slots=True)
class Opened:
    """A model made ready: the predictor, what else is known about its structure, and what the reader must know."""

    predictor: Predictor
    shape: tuple[int | None, ...] | None = None
    """Shape of one sample where the model fixes it; None for a free axis."""
    affine: Affine | None = None
    ensemble: Ensemble | None = None
    link: Callable[[Array], Array] | None = None
    """From the sums of the ensemble to what the model predicts, where these differ; growing."""
    differentiable: Callable[[Array], tuple[Twin | None, Message | None]] | None = None
    """Given clean samples, returns the twin (agreement checked on them) or the reason why there is none."""
    estimator: Any = None  # a scikit-learn estimator
    """The estimator itself where there is one, so that its training can be repeated."""
    edge: float | None = None
    """Score above which a detector of its own kind calls a sample anomalous; None where it does not say."""
    from_samples: bool = False
    """Whether what is known was found out on the clean samples, so that more of them say more."""
    names: tuple[str, ...] = ()
    """Names of the features in the model's order, where it knows them."""
    no_gradients: Message | None = None
    """Why the gradients that the model may have are out of reach; None where it has none, or gives them."""
    notes: list[Message] = field(default_factory=list)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Counted:
    """A predictor that counts the samples it was asked about."""

    inner: Predictor
    queries: int = 0

    def scores(self, x: Array) -> Array:
        """Return the scores of the inner predictor."""
        self.queries += len(x)
        return self.inner.scores(x)

    def predict(self, x: Array) -> Array:
        """Return the class of each sample, `UNDEFINED` where the outputs are not finite."""
        return classes_of(self.scores(x))


def classes_of(scores: Array) -> Array:
    """Return the index of the largest score (the first of equals), `UNDEFINED` where any score is not finite."""
    finite: Array = np.asarray(np.isfinite(scores).all(axis=1))
    safe = np.where(finite[:, None], scores, 0)
    return np.where(finite, safe.argmax(axis=1), UNDEFINED)


def margins(scores: Array, y: Array) -> Array:
    """Return the score of the true class less the best other one; minus infinity where not finite."""
    rows = np.arange(len(scores))
    true = scores[rows, y]
    others = scores.astype(np.float64, copy=True)
    others[rows, y] = -np.inf
    with np.errstate(invalid="ignore"):
        margin = true - others.max(axis=1)
    return np.where(np.isfinite(scores).all(axis=1), margin, -np.inf)


def one_hot(classes: Array, k: int) -> Array:
    """Return scores of shape (n, k) that are 1 for the given class; a class outside 0..k-1 gives NaN."""
    scores = np.zeros((len(classes), k))
    known: Array = np.asarray((classes >= 0) & (classes < k))
    scores[~known] = np.nan
    scores[np.flatnonzero(known), classes[known].astype(np.int64)] = 1
    return scores


def one_column(values: Array) -> Array:
    """Return predicted values as shape (n, 1).

    Raises:
        UnsupportedInputError: there is not exactly one a sample.
    """
    if values.size != len(values):
        shape = "x".join(map(str, values.shape[1:]))
        raise UnsupportedInputError(msg("robustness.several-values", shape=shape))
    return values.reshape(len(values), 1)


def two_columns(values: Array, threshold: float) -> Array:
    """Return scores of both classes from one value a sample that means class 1 above `threshold`."""
    flat = values.reshape(len(values)).astype(np.float64) - threshold
    return np.stack([-flat, flat], axis=1)
