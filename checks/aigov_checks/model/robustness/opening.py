"""From a declared model to a predictor, by what the artifact is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aigov import Model, UnsupportedInputError, msg
from aigov_checks.model.boxed.clocked import Clocked
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.robustness.boosted import SUFFIXES
from aigov_checks.model.robustness.boosted.opening import open_boosted
from aigov_checks.model.robustness.detector import as_detector, is_detector, threshold_of
from aigov_checks.model.robustness.estimator_file import open_joblib, open_skops
from aigov_checks.model.robustness.networks.kinds import SUFFIXES as NETWORKS
from aigov_checks.model.robustness.networks.live import is_module, live_network
from aigov_checks.model.robustness.networks.opening import Asked, open_network, open_network_file
from aigov_checks.model.robustness.object_predictor import open_object
from aigov_checks.model.robustness.onnx_predictor import open_onnx
from aigov_checks.model.robustness.predictor import Wanted
from aigov_checks.model.served.opening import open_served
from aigov_checks.model.served.session import Session

if TYPE_CHECKING:
    from aigov.model import File
    from aigov_checks.model.robustness.predictor import Array, Opened

_ESTIMATORS = (".pkl", ".pickle", ".joblib")
_TASKS = {
    "classification": Wanted.CLASSES,
    "regression": Wanted.VALUES,
    "forecasting": Wanted.VALUES,
    "anomaly-detection": Wanted.CLASSES,  # normal and anomalous, by a score and a threshold
}


def open_model(model: Model, clean: Array, setting: Setting = HERE) -> Opened:
    """Return the predictor of a model; `clean` are samples of the data set it is measured on.

    Loading it, and each call, takes no longer than the clock of the setting allows; code in a file runs only where it
    was admitted, which only happens in the sandbox.

    Raises:
        MissingInputError: there is no file.
        UnsupportedInputError: a task that is not measured, or a format that is not read (pickle among them).
        MissingExtraError: a runtime is not installed.
    """
    wanted = wanted_of(model)
    with setting.clock():
        if is_detector(model):
            opened = as_detector(_opened(model, clean, setting.admitted, Wanted.VALUES), threshold_of(model))
        else:
            opened = _opened(model, clean, setting.admitted, wanted)
    opened.predictor = Clocked(opened.predictor, setting.clock)
    return opened


def wanted_of(model: Model) -> Wanted:
    """Return what is asked of a model of this task.

    Raises:
        UnsupportedInputError: neither classification nor the prediction of a value.
    """
    if model.task not in _TASKS:
        raise UnsupportedInputError(msg("robustness.task", model=model.name, task=model.task))
    return _TASKS[model.task]


def _opened(model: Model, clean: Array, admitted: frozenset[str], wanted: Wanted) -> Opened:
    if isinstance(model.value, Session):
        return open_served(model.value, clean, model.classes, wanted)
    asked = Asked(wanted, len(model.classes), threshold_of(model))
    if not model.live:
        return _of_file(_main_file(model), clean, admitted, asked)
    if is_module(model.value):
        return open_network(live_network(model.value), clean, asked)
    return replace(open_object(model.value, clean, asked.classes, wanted), from_samples=True)


def _of_file(file: File, clean: Array, admitted: frozenset[str], asked: Asked) -> Opened:
    match file.path.suffix.lower():
        case ".onnx":
            return open_onnx(file, asked.classes, asked.wanted, asked.threshold or 0.0)
        case ".skops":
            return replace(open_skops(file, clean, admitted, asked.wanted), from_samples=True)
        case suffix if suffix in _ESTIMATORS:
            return replace(open_joblib(file, clean, admitted, asked.wanted), from_samples=True)
        case suffix if suffix in NETWORKS:
            return open_network_file(file, clean, admitted, asked)
        case suffix if suffix in SUFFIXES:
            return open_boosted(file, asked.wanted)
        case _:
            raise UnsupportedInputError(msg("robustness.format", file=file.name))


def _main_file(model: Model) -> File:
    """Return the model's file; weights stored beside an ONNX graph are no model of their own."""
    graphs = [file for file in model.files if file.path.suffix.lower() == ".onnx"]
    return graphs[0] if len(graphs) == 1 else model.file
