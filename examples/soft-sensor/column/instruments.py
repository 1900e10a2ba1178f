"""The instruments of the column: what they read, how exactly, and what the laboratory says an hour later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from column.distillation import Operation, State, steady_state

_KELVIN = 273.15
_LABORATORY = 0.1
"""Repeatability of the gas chromatograph, one standard deviation, in mol %."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One transmitter; `accuracy` is the largest error in its unit, as aigov.yaml declares it."""

    name: str
    accuracy: float


INSTRUMENTS = (
    Instrument("bottom_temperature", 0.2),
    Instrument("tray_2_temperature", 0.2),
    Instrument("tray_5_temperature", 0.2),
    Instrument("top_temperature", 0.2),
    Instrument("pressure", 0.002),
    Instrument("feed_flow", 0.75),
    Instrument("reflux_flow", 1.0),
    Instrument("boilup", 1.5),
)
NAMES = tuple(instrument.name for instrument in INSTRUMENTS)
ACCURACY = np.array([instrument.accuracy for instrument in INSTRUMENTS], dtype=np.float32)
_STAGES = (0, 2, 5, 13)


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings x (n, 8) float32, in the order of `NAMES`, and butane in the bottoms y (n,) float64 in mol %."""

    x: np.ndarray
    y: np.ndarray


def read(size: int, seed: int) -> Readings:
    """Return `size` hours around the operating point, as the instruments and the laboratory see them.

    A transmitter errs by a third of its accuracy, one standard deviation.
    """
    rng = np.random.default_rng(seed)
    operation = _operated(size, rng)
    state = steady_state(operation)
    exact = _seen(operation, state)
    x = exact + rng.normal(size=exact.shape) * ACCURACY / 3
    y = 100 * state.bottoms + rng.normal(0, _LABORATORY, size)
    return Readings(x.astype(np.float32), np.maximum(0.0, y))


def _operated(size: int, rng: np.random.Generator) -> Operation:
    feed, butane = rng.uniform(90, 110, size), rng.uniform(0.35, 0.55, size)
    boilup = feed * rng.uniform(1.3, 1.7, size)
    distilled = feed * (butane + rng.normal(-0.02, 0.02, size))
    return Operation(feed, butane, boilup, boilup - distilled, rng.uniform(2.4, 2.6, size))


def _seen(operation: Operation, state: State) -> np.ndarray:
    temperatures = [state.temperature[:, stage] - _KELVIN for stage in _STAGES]
    flows = [operation.pressure, operation.feed, operation.reflux, operation.boilup]
    return np.stack([*temperatures, *flows], axis=1)
