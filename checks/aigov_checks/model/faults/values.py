"""What a fault does to a model that predicts a value: its error at fault time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import Interval, Measurement, msg
from aigov_checks.model.robustness.opening import wanted_of
from aigov_checks.model.robustness.predictor import Array, Wanted
from aigov_checks.model.robustness.regression.errors import rmse, within
from aigov_checks.model.robustness.regression.tolerance import tolerance_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aigov import Model
    from aigov_checks.model.faults.measure import Outcome, Run
    from aigov_checks.model.faults.params import FaultParams


def tolerated(model: Model, params: FaultParams) -> float | None:
    """Return the tolerance of a model of values, None for a classifier.

    Raises:
        UnsupportedInputError: another task, or no tolerance that can be read.
    """
    return tolerance_of(model, params.tolerance) if wanted_of(model) is Wanted.VALUES else None


def right(predicted: Array, y: Array, tolerance: float | None) -> Array:
    """Return for which samples the class is that of the label, or the value within the tolerance of the reference."""
    return np.asarray(predicted == y if tolerance is None else within(predicted, y, tolerance))


def value_errors(
    outcome: Outcome, by_fault: Mapping[str, Sequence[Run]], params: FaultParams
) -> dict[str, Measurement]:
    """Return the error without a fault, under the worst one, and under each at the severity that costs most."""
    if outcome.tolerance is None:
        return {}
    costliest = {name: max(runs, key=lambda run: _squared(run.predicted, outcome.y)) for name, runs in by_fault.items()}
    ordered = sorted(costliest.items(), key=lambda item: (-_squared(item[1].predicted, outcome.y), item[0]))
    found = {name: _error(run.predicted, outcome.y, params) for name, run in ordered}
    return {
        "rmse": _error(outcome.clean, outcome.y, params),
        "worst_fault_rmse": found[ordered[0][0]],
        **{f"fault_rmse[fault={name}]": error for name, error in found.items()},
    }


def _squared(predicted: Array, y: Array) -> float:
    """Return the mean squared error, infinite where a prediction is not finite."""
    return float(((predicted - y) ** 2).mean()) if np.isfinite(predicted).all() else float("inf")


def _error(predicted: Array, y: Array, params: FaultParams) -> Measurement:
    fine = np.flatnonzero(np.isfinite(predicted))
    if not len(fine):
        return Measurement(float("nan"), "number", Interval(0.0, float("inf")), 0)
    found = rmse(predicted[fine], y[fine], params.confidence, params.seed)
    if len(fine) == len(y):
        return found
    limits = msg("robustness.note.not-finite", count=len(y) - len(fine))
    return replace(found, interval=Interval(found.low, float("inf"), params.confidence), limits=limits)
