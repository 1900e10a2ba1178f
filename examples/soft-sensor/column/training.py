"""Training the soft sensor, and its maker's own idea of how far it can be pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xgboost

from column.instruments import ACCURACY, NAMES, Readings

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS, SEED, TOLERANCE = 120, 7, 0.5
"""Tolerance in mol %: what the controller of the boilup bears."""
_COPIES = 3
_SWEEPS = 3
PARAMETERS = {
    "objective": "reg:squarederror",
    "max_depth": 4,
    "eta": 0.1,
    "min_child_weight": 20,
    "seed": SEED,
    "nthread": 1,
    "tree_method": "hist",
}


def train(readings: Readings, path: Path) -> xgboost.Booster:
    """Train on the readings and on copies that err by up to the accuracy of each transmitter; write and return it."""
    rng = np.random.default_rng(SEED)
    copies = [readings.x + rng.uniform(-1, 1, readings.x.shape) * ACCURACY for _ in range(_COPIES)]
    x = np.concatenate([readings.x, *copies]).astype(np.float32)
    table = xgboost.DMatrix(x, np.tile(readings.y, _COPIES + 1), feature_names=list(NAMES))
    booster = xgboost.train(PARAMETERS, table, ROUNDS)
    path.parent.mkdir(parents=True, exist_ok=True)
    booster.save_model(path)
    return booster


def predicted(booster: xgboost.Booster, x: np.ndarray) -> np.ndarray:
    """Return butane in the bottoms in mol %, shape (n,)."""
    return np.asarray(booster.predict(xgboost.DMatrix(x, feature_names=list(NAMES))))


def pushed(booster: xgboost.Booster, readings: Readings) -> np.ndarray:
    """Return the largest error that moving one transmitter after the other within its accuracy reached, shape (n,)."""
    worst = np.abs(predicted(booster, readings.x) - readings.y)
    for sign in (1.0, -1.0):
        x = readings.x.copy()
        best = sign * predicted(booster, x)
        for place in [*range(len(NAMES))] * _SWEEPS:
            for step in (-1.0, -0.5, 0.0, 0.5, 1.0):
                moved = x.copy()
                moved[:, place] = readings.x[:, place] + np.float32(step) * ACCURACY[place]
                value = sign * predicted(booster, moved)
                x[value > best], best = moved[value > best], np.maximum(best, value)
        worst = np.maximum(worst, np.abs(sign * best - readings.y))
    return worst
