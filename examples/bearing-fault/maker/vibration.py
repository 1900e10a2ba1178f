"""One window of acceleration, by physics: strikes with slip excite a damped resonance under load, shaft and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maker.bearing import Bearing

RATE = 12_000
"""Samples a second."""
LENGTH = 1024
"""Samples a window."""
FULL_SCALE = 4.0
"""The accelerometer's range is -4 g to 4 g."""
ACCURACY = 0.005 * 2 * FULL_SCALE
"""0.5 % of the full span, in g: what the sensor itself may be wrong by."""
_EARLIER = 0.01  # seconds before the window from which strikes still ring


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of the machine while one window is recorded."""

    fault: str
    load: float
    """Share of the rated load, 0 to 1."""
    severity: float
    """Peak acceleration of a strike at rated load, in g; not used when healthy."""

    @property
    def speed(self) -> float:
        """Shaft speed in turns a second: an induction motor slips with load (1,797 to 1,730 1/min)."""
        return (1797 - 67 * self.load) / 60


def window(condition: Condition, rng: np.random.Generator, bearing: Bearing = Bearing()) -> np.ndarray:  # noqa: B008  # a frozen value
    """Return float32 of shape (LENGTH,), in g, clipped to the sensor's range."""
    time = np.arange(LENGTH) / RATE
    speed = condition.speed * rng.normal(1.0, 0.004)
    signal = _shaft(time, speed, condition.load, rng) + _noise(rng)
    if condition.fault != "healthy":
        signal = signal + _strikes(time, speed, condition, (bearing, rng))
    return np.clip(signal, -FULL_SCALE, FULL_SCALE).astype(np.float32)


def _strikes(
    time: np.ndarray,
    speed: float,
    condition: Condition,
    source: tuple[Bearing, np.random.Generator],
) -> np.ndarray:
    """Sum the ring of every strike: a jittered train, each strike weighted by the load that the flaw carries."""
    bearing, rng = source
    period = 1 / (bearing.strikes(condition.fault) * speed)
    number = int((time[-1] + _EARLIER) / period) + 2
    gaps = period * rng.normal(1.0, 0.015, number)  # slip: 1.5 % of a period, accumulating
    at = np.cumsum(gaps) - _EARLIER - period * rng.random()
    weight = condition.severity * (0.5 + 0.5 * condition.load) * rng.lognormal(0.0, 0.12, number)
    weight = weight * _load_zone(at, speed, condition.fault, (bearing, rng))
    natural = 2 * np.pi * rng.normal(2900.0, 60.0)
    damping = rng.uniform(0.05, 0.07)
    since = time[None, :] - at[:, None]
    alive = since >= 0
    ring = np.exp(-damping * natural * np.where(alive, since, 0)) * np.sin(natural * since) * alive
    return weight @ ring


def _load_zone(at: np.ndarray, speed: float, fault: str, source: tuple[Bearing, np.random.Generator]) -> np.ndarray:
    """Return the share of the load that the flaw carries at each strike: an outer-race flaw never leaves the zone."""
    bearing, rng = source
    turning = {"outer-race": 0.0, "inner-race": 1.0, "ball": bearing.cage}[fault]
    depth = {"outer-race": 0.0, "inner-race": 0.45, "ball": 0.35}[fault]
    phase = 2 * np.pi * rng.random()
    return 1 - depth * (1 - np.cos(2 * np.pi * turning * speed * at + phase)) / 2


def _shaft(time: np.ndarray, speed: float, load: float, rng: np.random.Generator) -> np.ndarray:
    """Return unbalance and misalignment: the first three harmonics of the shaft, stronger with load."""
    level = np.array([0.10, 0.06, 0.03]) * (0.7 + 0.6 * load) * rng.lognormal(0.0, 0.2, 3)
    phase = 2 * np.pi * rng.random(3)
    order = np.arange(1, 4)
    return level @ np.sin(2 * np.pi * order[:, None] * speed * time[None, :] + phase[:, None])


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Return broadband noise, a little of it coloured by the structure."""
    white = rng.normal(0.0, 1.0, LENGTH + 2)
    return 0.08 * white[2:] + 0.04 * (white[2:] + white[1:-1] + white[:-2]) / np.sqrt(3)
