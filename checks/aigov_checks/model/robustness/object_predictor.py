"""Live models: scikit-learn estimators, boosted trees, callables and `art.estimators` objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aigov import UnsupportedInputError, msg, need
from aigov_checks.model.robustness.affine import affine_of
from aigov_checks.model.robustness.boosted.opening import live_boosted
from aigov_checks.model.robustness.isolation import isolation_link
from aigov_checks.model.robustness.predictor import Answer, Array, Opened, Wanted, one_column, one_hot, two_columns
from aigov_checks.model.robustness.tree_parts import UnsoundTreeError
from aigov_checks.model.robustness.tree_reading import agrees, ensemble_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Predictor
    from aigov_checks.model.robustness.trees import Ensemble

_MATRIX = 2
REFUSALS = (ValueError, TypeError, IndexError, KeyError, AttributeError, RuntimeError, ArithmeticError)


@dataclass(frozen=True, slots=True, eq=False)
class FunctionPredictor:
    """A model behind a Python function that returns scores or labels."""

    function: Callable[[Array], Any]  # the user's: an array, a list, a tensor
    answer: Answer
    classes: int
    name: str
    dtype: npt.DTypeLike
    labels: tuple[object, ...] = ()
    threshold: float = 0.0
    """Where a model with one value a sample changes to class 1."""

    def scores(self, x: Array) -> Array:
        """Return one score a class, one-hot where the model answers labels.

        Raises:
            UnsupportedInputError: the model refuses the samples, or its outputs are not one row a sample.
        """
        try:
            raw = np.asarray(self.function(x))
        except REFUSALS as error:
            shape = "x".join(map(str, x.shape))
            raise UnsupportedInputError(
                msg("robustness.model-refuses", shape=shape, error=type(error).__name__)
            ) from error
        if raw.ndim == 0 or len(raw) != len(x):
            raise UnsupportedInputError(msg("robustness.output-rows", rows=raw.size, samples=len(x)))
        if self.answer is Answer.VALUES:
            return one_column(raw)
        if self.answer is Answer.LABELS:
            return one_hot(_indices(raw.reshape(len(raw)), self.labels), self.classes)
        return two_columns(raw, self.threshold) if raw.size == len(x) else raw.reshape(len(raw), -1)


def open_object(
    model: Any,  # any object of the user's
    clean: Array,
    classes: int,
    wanted: Wanted = Wanted.CLASSES,
) -> Opened:
    """Return a live model: an estimator of scikit-learn or ART, or a function from samples to scores, labels or values.

    `clean` are samples on which it is decided what the model answers; `classes` is 0 where none are declared.

    Raises:
        UnsupportedInputError: the object can neither predict nor be called.
    """
    boosted = live_boosted(model, clean, wanted)
    if boosted is not None:
        return boosted
    if wanted is Wanted.VALUES:
        return _regressor(model, clean)
    if hasattr(model, "classes_") and hasattr(model, "predict"):
        return _estimator(model, clean)
    if hasattr(model, "predict") and hasattr(model, "nb_classes"):
        return _function(model.predict, f"art {type(model).__name__}", clean, int(model.nb_classes), np.float32)
    if hasattr(model, "predict"):
        return _function(model.predict, type(model).__name__, clean, classes)
    if callable(model):
        return _function(model, "callable", clean, classes)
    raise UnsupportedInputError(msg("robustness.no-predict", type=type(model).__name__))


def _regressor(model: Any, clean: Array) -> Opened:  # any object of the user's
    """Return a model of values; linear ones and trees of scikit-learn with their exact structure.

    Detectors of scikit-learn say -1 above a score of zero, which is their decision function with its sign turned.
    """
    detector = is_detector_of_sklearn(model)
    function = (lambda x: -model.decision_function(x)) if detector else getattr(model, "predict", model)
    if not callable(function):
        raise UnsupportedInputError(msg("robustness.no-predict", type=type(model).__name__))
    fitted = type(model).__module__.startswith("sklearn.")
    kept: npt.DTypeLike = np.float64 if fitted or clean.dtype.kind != "f" else clean.dtype
    name = f"scikit-learn {need('sklearn', 'robustness').__version__} " if fitted else ""
    predictor = FunctionPredictor(function, Answer.VALUES, 1, name + type(model).__name__, kept)
    values = predictor.scores(clean.astype(kept))
    if not fitted:
        return Opened(predictor)
    if detector:
        return _detector(model, predictor, values, clean)
    return Opened(predictor, affine=affine_of(model, values, clean), ensemble=_ensemble(model, values, clean))


def is_detector_of_sklearn(model: Any) -> bool:  # any object of the user's
    """Return whether an object is an outlier detector of scikit-learn, alone or behind transformers."""
    return type(model).__module__.startswith("sklearn.") and bool(
        need("sklearn.base", "robustness").is_outlier_detector(model)
    )


def _detector(model: Any, predictor: Predictor, values: Array, clean: Array) -> Opened:  # an outlier detector
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    opened = Opened(predictor, edge=0.0)
    if type(last).__name__ == "IsolationForest":
        link = isolation_link(last)
        found = _read_trees(model, clean)
        if found is not None and np.allclose(link(found.scores(clean.astype(np.float64))), values, rtol=0, atol=1e-9):
            opened.ensemble, opened.link = found, link
    return opened


def _estimator(model: Any, clean: Array) -> Opened:  # a scikit-learn estimator
    """Prefer the scores whose largest is what `predict` says; an estimator may have none such."""
    labels = tuple(np.asarray(model.classes_).tolist())
    name = f"scikit-learn {need('sklearn', 'robustness').__version__} {type(model).__name__}"
    dtype: npt.DTypeLike = np.float64
    clean = clean.astype(dtype)  # in the precision in which it will be asked
    plain = FunctionPredictor(model.predict, Answer.LABELS, len(labels), name, dtype, labels)
    expected = plain.scores(clean).argmax(axis=1)
    for method, threshold in (("decision_function", 0.0), ("predict_proba", 0.5)):
        function = getattr(model, method, None)
        if function is None:
            continue
        scored = FunctionPredictor(function, Answer.SCORES, len(labels), name, dtype, labels, threshold)
        scores = scored.scores(clean)
        if scores.shape[1] == len(labels) and np.array_equal(scores.argmax(axis=1), expected):
            linear, trees = affine_of(model, scores, clean), _ensemble(model, scores, clean)
            return Opened(scored, affine=linear, ensemble=trees, estimator=model)
    return Opened(plain, estimator=model, notes=[msg("robustness.note.labels-only")])


def _ensemble(model: Any, scores: Array, clean: Array) -> Ensemble | None:  # a scikit-learn estimator
    """Return the trees of a live model where they reproduce its scores; scikit-learn is its own judge of them."""
    found = _read_trees(model, clean)
    return found if found is not None and agrees(found, scores, clean.astype(np.float64)) else None


def _read_trees(model: Any, clean: Array) -> Ensemble | None:  # a scikit-learn estimator
    try:
        return ensemble_of(model, clean)
    except UnsoundTreeError:
        return None


def _function(
    function: Callable[[Array], Any],  # the user's
    name: str,
    clean: Array,
    classes: int,
    dtype: npt.DTypeLike | None = None,
) -> Opened:
    kept = dtype or (clean.dtype if clean.dtype.kind == "f" else np.float64)
    scored = FunctionPredictor(function, Answer.SCORES, classes, name, kept)
    try:
        raw = np.asarray(function(clean.astype(kept)))
    except REFUSALS as error:
        shape = "x".join(map(str, clean.shape))
        raise UnsupportedInputError(msg("robustness.model-refuses", shape=shape, error=type(error).__name__)) from error
    if raw.ndim == _MATRIX and raw.shape[1] > 1:
        return Opened(scored)
    if raw.dtype.kind == "f" and classes in (0, _MATRIX) and not _are_labels(raw):
        inside = bool(((raw >= 0) & (raw <= 1)).all())
        threshold = 0.5 if inside else 0.0
        return Opened(
            FunctionPredictor(function, Answer.SCORES, _MATRIX, name, kept, threshold=threshold),
            notes=[msg("robustness.note.one-value", threshold=threshold)],
        )
    known = classes or (int(raw.max()) + 1 if raw.dtype.kind in "iub" and raw.size else 0)
    plain = FunctionPredictor(function, Answer.LABELS, known, name, kept)
    return Opened(plain, notes=[msg("robustness.note.labels-only")])


def _are_labels(raw: Array) -> bool:
    return bool((raw == np.round(raw)).all()) and len(np.unique(raw)) > 1


def _indices(values: Array, labels: tuple[object, ...]) -> Array:
    if not labels:
        return values.astype(np.int64)
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place.get(value, -1) for value in values.tolist()], dtype=np.int64)
