"""What a detector of anomalies finds, what it calls anomalous that is not, and what an attacker can hide from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import Interval, Measurement, ratio
from aigov_checks.model.robustness.weaker import weaker

if TYPE_CHECKING:
    from aigov_checks.model.robustness.anytime import Ratio
    from aigov_checks.model.robustness.measure import Result

_NORMAL, _ANOMALOUS = 0, 1


def rates(result: Result, points: dict[str, float], confidence: float) -> dict[str, Measurement]:
    """Return detection rate, false-alarm rate, and the share of detected anomalies that the attack hides.

    `points` are the endings of names of a curve, with the multiple of the budget that each stands for. What an attack
    hides is a lower bound of what can be hidden.
    """
    predicted, y = result.drawn
    anomalies, normal = np.flatnonzero(y == _ANOMALOUS), np.flatnonzero(y == _NORMAL)
    found = {
        "anomaly_recall": _share(int((predicted[anomalies] == _ANOMALOUS).sum()), len(anomalies), confidence),
        "false_alarm_rate": _share(int((predicted[normal] != _NORMAL).sum()), len(normal), confidence),
    }
    detected = np.flatnonzero((result.attacked.y == _ANOMALOUS) & (result.predicted == _ANOMALOUS))
    reason = weaker(result.slow, result.no_gradients) or result.cut
    for ending, multiple in {"": 1.0, **points}.items():
        hidden = np.isin(result.curve.broken[multiple], detected).sum()
        share = _share(int(hidden), len(detected), confidence, result.ratio)
        if reason is not None:
            share = replace(share, interval=Interval(share.low, 1.0, confidence), limits=reason)
        found[f"hidden_share{ending}"] = share
    return found


def _share(number: int, n: int, confidence: float, of: Ratio = ratio) -> Measurement:
    """Return a share of n; nothing is known of a share of none."""
    return of(number, n, confidence) if n else Measurement(0.0, "ratio", Interval(0.0, 1.0), 0)
