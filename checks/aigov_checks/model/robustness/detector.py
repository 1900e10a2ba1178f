"""Detectors of anomalies: a score a sample, and a threshold above which the sample counts as anomalous."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.predictor import Affine, Answer, Array, Opened, Predictor, two_columns

if TYPE_CHECKING:
    import numpy.typing as npt

    from aigov import Model
    from aigov_checks.model.robustness.trees import Ensemble

_BISECTIONS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Thresholded:
    """A predictor of scores as a classifier: class 1, anomalous, above the threshold."""

    inner: Predictor
    threshold: float

    @property
    def name(self) -> str:
        """As of the predictor."""
        return self.inner.name

    @property
    def answer(self) -> Answer:
        """A score a class."""
        return Answer.SCORES

    @property
    def dtype(self) -> npt.DTypeLike:
        """As of the predictor."""
        return self.inner.dtype

    @property
    def labels(self) -> tuple[object, ...]:
        """None: labels are 0 and 1."""
        return ()

    def scores(self, x: Array) -> Array:
        """Return the distance from the threshold for both classes, shape (n, 2)."""
        return two_columns(self.inner.scores(x), self.threshold)


def is_detector(model: Model) -> bool:
    """Return whether the model is declared to find anomalies."""
    return model.task == "anomaly-detection"


def anomaly_labels(y: Array) -> Array:
    """Return 1 for anomalies; labels as scikit-learn writes them, -1 for an anomaly and 1 for none, become 1 and 0."""
    if y.dtype.kind in "if" and set(np.unique(y).tolist()) <= {-1, 1} and bool((y == -1).any()):
        return np.asarray((y == -1).astype(np.int64))
    return y


def threshold_of(model: Model) -> float | None:
    """Return the declared threshold, None where there is none.

    Raises:
        UnsupportedInputError: it is no finite number.
    """
    given = model.output.get("threshold")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not np.isfinite(given):
        raise UnsupportedInputError(msg("robustness.bad-threshold", model=model.name, value=str(given)[:40]))
    return float(given)


def as_detector(opened: Opened, declared: float | None) -> Opened:
    """Return a model of values as a classifier of normal and anomalous samples, with its exact structure.

    Raises:
        UnsupportedInputError: no threshold is declared, and the model has none of its own.
    """
    threshold = opened.edge if declared is None else declared
    if threshold is None:
        raise UnsupportedInputError(msg("robustness.no-threshold", model=opened.predictor.name))
    made = replace(opened, predictor=Thresholded(opened.predictor, threshold))
    made.facts = {**opened.facts, "threshold": f"{threshold:.6g}"}
    if opened.affine is not None:
        made.affine = _columns(opened.affine, threshold)
    if opened.ensemble is not None:
        made.ensemble = _parted(opened, opened.ensemble, threshold)
    return made


def _columns(affine: Affine, threshold: float) -> Affine:
    offset = affine.offset - threshold
    return Affine(np.hstack([-affine.weights, affine.weights]), np.concatenate([-offset, offset]))


def _parted(opened: Opened, ensemble: Ensemble, threshold: float) -> Ensemble | None:
    """Return the sum less the sum at which the threshold is reached, for both classes; None where it never is."""
    edge = threshold if opened.link is None else _reached(opened, threshold)
    if edge is None:
        return None
    offset = ensemble.offset - edge
    value = np.hstack([-ensemble.value, ensemble.value])
    return replace(ensemble, value=value, offset=np.concatenate([-offset, offset]))


def _reached(opened: Opened, threshold: float) -> float | None:
    """Return the largest sum whose value does not exceed the threshold, by bisection; None where there is none."""
    link = opened.link
    low, high = -1e9, 1e9
    if link is None or not (link(np.array([low]))[0] <= threshold < link(np.array([high]))[0]):
        return None
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if link(np.array([middle]))[0] <= threshold else (low, middle)
    return low
