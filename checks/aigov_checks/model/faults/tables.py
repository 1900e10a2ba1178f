"""Faults of the columns of a table, where each row is one moment and each column one sensor or setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.faults.fault import Draw, Fault
from aigov_checks.model.faults.signals import UNIT_FACTORS, bias, clipping, gain, missing, noise, polarity, swapped
from aigov_checks.model.faults.signals import quantisation as rounded

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

_SPIKE = 8.0


def drift(x: Array, draw: Draw) -> Array:
    """Add what grows from row to row to the level in deviations at the last one."""
    ramp = np.linspace(0.0, 1.0, len(x)).reshape(-1, *(1,) * (x.ndim - 1))
    signs = draw.random.choice((-1.0, 1.0), (1, *x.shape[1:]))
    drifted: Array = x + ramp * signs * draw.level * draw.channels.spread(draw.deviation, x.ndim)
    return drifted


def stuck(x: Array, draw: Draw) -> Array:
    """Freeze the share of columns that is the level, and one at least, at their first value."""
    number = max(1, round(draw.level * x.shape[1]))
    columns = draw.random.permutation(x.shape[1])[:number]
    faulty = x.copy()
    faulty[:, columns] = x[:1, columns]
    return faulty


def spikes(x: Array, draw: Draw) -> Array:
    """Put the share of values that is the level eight deviations off."""
    where = draw.random.random(x.shape) < draw.level
    height = _SPIKE * draw.channels.spread(draw.deviation, x.ndim)
    return np.where(where, x + height * draw.random.choice((-1.0, 1.0), x.shape), x)


def dropout(x: Array, draw: Draw) -> Array:
    """Let the share of values that is the level read zero, what a lost telegram leaves in a register."""
    return np.where(draw.random.random(x.shape) < draw.level, 0.0, x)


def imputed(x: Array, draw: Draw) -> Array:
    """Replace the share of values that is the level by the mean of their column, as pipelines do with gaps."""
    mean = draw.channels.spread(draw.channels.mean, x.ndim)
    return np.where(draw.random.random(x.shape) < draw.level, mean, x)


def stale(x: Array, draw: Draw) -> Array:
    """Deliver the share of rows that is the level late: they repeat the row before."""
    lost = draw.random.random(len(x)) < draw.level
    lost[:1] = False
    place = np.maximum.accumulate(np.where(lost, 0, np.arange(len(x))))
    return x[place]


def one_unit(x: Array, draw: Draw) -> Array:
    """Multiply one column by the level: the usual confusions of units."""
    faulty = x.copy()
    faulty[:, draw.random.integers(x.shape[1])] *= draw.level
    return faulty


TABLE_FAULTS = (
    Fault("noise", (0.1, 0.25, 0.5, 1, 2), noise, analog=True),
    Fault("bias", (0.1, 0.25, 0.5, 1, 2), bias, analog=True),
    Fault("drift", (0.25, 0.5, 1, 2, 4), drift, analog=True),
    Fault("gain-loss", (0.98, 0.95, 0.9, 0.75, 0.5), gain),
    Fault("gain-rise", (1.02, 1.05, 1.1, 1.25, 1.5), gain, analog=True),
    Fault("stuck-at", (0.1, 0.2, 0.4, 0.6, 1), stuck),
    Fault("spike", (0.01, 0.02, 0.05, 0.1, 0.2), spikes, analog=True),
    Fault("dropout", (0.01, 0.05, 0.1, 0.25, 0.5), dropout),
    Fault("imputed-gaps", (0.05, 0.1, 0.25, 0.5, 0.75), imputed),
    Fault("packet-loss", (0.05, 0.1, 0.2, 0.4, 0.6), stale),
    Fault("clipping", (3, 2, 1.5, 1, 0.5), clipping),
    Fault("quantisation", (0.05, 0.1, 0.25, 0.5, 1), rounded),
    Fault("missing-channel", (0.1, 0.2, 0.4, 0.6, 1), missing),
    Fault("swapped-channels", (0.2, 0.4, 0.6, 0.8, 1), swapped, channels=2),
    Fault("unit-error", UNIT_FACTORS, one_unit),
    Fault("polarity", (0.1, 0.2, 0.4, 0.6, 1), polarity),
)
"""Levels by severity; shares of values, rows or columns, factors, or standard deviations of the column."""
