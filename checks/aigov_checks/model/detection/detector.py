"""A detector made ready: one number a sample, above 0 where it raises an alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.boxed.setting import Clock
from aigov_checks.model.detection.declared import Alarm
from aigov_checks.model.robustness.estimator_file import open_joblib, open_skops
from aigov_checks.model.robustness.networks.kinds import SUFFIXES as NETWORKS
from aigov_checks.model.robustness.networks.opening import Asked, open_network_file
from aigov_checks.model.robustness.object_predictor import REFUSALS, FunctionPredictor
from aigov_checks.model.robustness.onnx_predictor import OnnxPredictor, open_onnx
from aigov_checks.model.robustness.predictor import Answer, Array, Opened, Wanted
from aigov_checks.model.robustness.samples import shaped

if TYPE_CHECKING:
    from aigov import Model
    from aigov.model import File
    from aigov_checks.model.boxed.setting import Setting
    from aigov_checks.model.robustness.predictor import Predictor

_PAIR = 2


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """The detector of a model."""

    numbers: Callable[[Array], Array]
    """From samples in the shape of the model to what the detector answers, shape (n,)."""
    alarm: Alarm
    clock: Clock
    slope: Callable[[Any], Any] | None = None  # torch is untyped
    """The same margin, up to a monotone function that keeps its sign, differentiable; None without gradients."""

    def margins(self, x: Array) -> Array:
        """Return how far each sample lies above the alarm, shape (n,); infinity where the answer is not finite."""
        with self.clock():
            numbers = self.numbers(x)
        finite = np.isfinite(numbers)
        found: Array = np.where(finite, self.alarm.sign * (np.where(finite, numbers, 0) - self.alarm.threshold), np.inf)
        return found


def open_detector(model: Model, alarm: Alarm, x: Array, setting: Setting) -> Detector:
    """Return the detector that a model is; `x` are samples in the shape of the model that it guards.

    Raises:
        MissingInputError: there is no file.
        UnsupportedInputError: a format that is not read, or answers that are not one number, or two scores, a sample.
        MissingExtraError: a runtime is not installed.
    """
    if model.live:
        return Detector(_function(model.value), alarm, setting.clock)
    with setting.clock():
        opened = _opened(model.file, x, setting)
        if opened.estimator is not None:
            return Detector(_function(opened.estimator), alarm, setting.clock)
        _check(opened, x, model)
        return _of_file(opened, alarm, x, setting.clock)


def _function(detector: Any) -> Callable[[Array], Array]:  # any object of the user's
    """Return what a live detector answers: probability or score where it has one, otherwise the function itself."""
    names = ("predict_proba", "decision_function", "predict")
    function = next((getattr(detector, name) for name in names if hasattr(detector, name)), detector)

    def numbers(x: Array) -> Array:
        try:
            raw = np.asarray(function(x), dtype=np.float64)
        except REFUSALS as error:
            shape, word = "x".join(map(str, x.shape)), type(error).__name__
            raise UnsupportedInputError(msg("robustness.model-refuses", shape=shape, error=word)) from error
        if raw.size == len(x):
            return raw.reshape(len(x))
        if raw.ndim == _PAIR and raw.shape == (len(x), _PAIR):
            return raw[:, 1]
        raise UnsupportedInputError(msg("detection.outputs", shape="x".join(map(str, raw.shape))))

    return numbers


def _opened(file: File, x: Array, setting: Setting) -> Opened:
    match file.path.suffix.lower():
        case ".onnx":
            return open_onnx(file, 0)
        case ".skops":
            return open_skops(file, x, setting.admitted, Wanted.CLASSES)
        case ".pkl" | ".pickle" | ".joblib":
            return open_joblib(file, x, setting.admitted, Wanted.CLASSES)
        case suffix if suffix in NETWORKS:
            return open_network_file(file, x, setting.admitted, Asked())
        case _:
            raise UnsupportedInputError(msg("robustness.format", file=file.name))


def _threshold_of(predictor: Predictor) -> float:
    """Return what a predictor took from the one value of a sample."""
    match predictor:
        case OnnxPredictor():
            return predictor.head.threshold
        case FunctionPredictor():
            return predictor.threshold
        case _:
            return 0.0


def _check(opened: Opened, x: Array, model: Model) -> None:
    if opened.predictor.answer is Answer.LABELS:
        raise UnsupportedInputError(msg("detection.labels", detector=model.name))
    few = shaped(x[:1], opened).astype(opened.predictor.dtype)
    columns = opened.predictor.scores(few).shape[1]
    if columns != _PAIR:
        raise UnsupportedInputError(msg("detection.outputs", shape=f"n x {columns}"))


def _of_file(opened: Opened, alarm: Alarm, x: Array, clock: Clock) -> Detector:
    """One value a sample has become two columns, minus and plus the value less a threshold; undo that."""
    predictor = opened.predictor
    few = predictor.scores(shaped(x, opened).astype(predictor.dtype))
    single = bool((few[:, 0] == -few[:, 1]).all())
    offset = _threshold_of(predictor) if single else 0.0

    def numbers(samples: Array) -> Array:
        return predictor.scores(shaped(samples, opened).astype(predictor.dtype))[:, 1].astype(np.float64) + offset

    same = shaped(x[:1], opened).shape == x[:1].shape and np.dtype(predictor.dtype) == x.dtype
    twin = opened.differentiable(x)[0] if same and opened.differentiable is not None else None
    if twin is None:
        return Detector(numbers, alarm, clock)
    from aigov_checks.model.detection.slopes import slope_of  # needs torch, an extra

    return Detector(numbers, alarm, clock, slope_of(twin, alarm, offset, single=single))
