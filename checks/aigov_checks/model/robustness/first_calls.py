"""The first calls of a model, which are timed: how many samples it can be asked about."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from aigov_checks.model.robustness.opening import open_model
from aigov_checks.model.robustness.pace import FEW, affordable
from aigov_checks.model.robustness.samples import Drawn, shaped

if TYPE_CHECKING:
    from aigov import Model
    from aigov_checks.model.boxed.setting import Setting
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Opened

_WARM_UP, _LONG = 0.05, 100
"""A first call longer than so many seconds, but short beside the limit (its hundredth), is made once more."""


def opened_within(model: Model, full: Drawn, params: RobustnessParams, setting: Setting) -> tuple[Drawn, Opened, float]:
    """Return the samples that the model can be asked about, the model, and the seconds of a call with a few of them."""
    few = replace(full, x=full.x[:FEW], y=full.y[:FEW])
    opened = open_model(model, few.x, setting)
    x = shaped(few.x, opened).astype(opened.predictor.dtype)
    seconds = params.seconds
    for _ in range(2):  # what happens once only, at a first call, is no cost of a call
        started = perf_counter()
        opened.predictor.scores(x)
        seconds = min(seconds, perf_counter() - started)
        if not _WARM_UP < seconds < params.seconds / _LONG:
            break
    drawn = affordable(full, seconds, params.seconds)
    again = opened.from_samples and len(drawn.x) > FEW
    return drawn, open_model(model, drawn.x, setting) if again else opened, seconds
