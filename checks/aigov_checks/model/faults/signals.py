"""Faults of a chain from sensor to window: transducer, cable, amplifier, converter, clock, network, configuration.

The unit of a severity is that of the channel (its standard deviation), of the window (shares) or of the sampling
interval. Names follow the fault vocabulary of sensor validation (Balaban et al., IEEE Sensors J. 9 (2009), 1907-1917:
bias, drift, scaling, noise, dropout, stuck) and of power quality (IEC 61000-4-4: bursts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.faults.fault import Draw, Fault

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

UNIT_FACTORS = (1.8, 9.80665, 14.5038, 25.4, 1000.0)
"""Kelvin to degrees Fahrenheit, g to m/s2, bar to psi, inch to mm, a lost prefix: the usual confusions, by size."""
_BURST_SHARE = 0.1
_SPIKE = 8.0
"""Height of a spike in standard deviations."""
_PACKETS = 32
"""Packets that a window arrives in."""
_MAINS = 50.0
_CYCLES = 5.0
"""Cycles of hum a window where no sampling rate is declared."""


def noise(x: Array, draw: Draw) -> Array:
    """Add white noise."""
    return x + draw.random.normal(size=x.shape) * _scaled(x, draw)


def bias(x: Array, draw: Draw) -> Array:
    """Add a constant, up or down."""
    shifted: Array = x + _signs(x, draw) * _scaled(x, draw)
    return shifted


def drift(x: Array, draw: Draw) -> Array:
    """Add a ramp that reaches the level at the end of the window."""
    ramp = np.linspace(0.0, 1.0, x.shape[-1])
    return x + _signs(x, draw) * _scaled(x, draw) * ramp


def gain(x: Array, draw: Draw) -> Array:
    """Multiply by the level."""
    return x * draw.level


def stuck(x: Array, draw: Draw) -> Array:
    """Freeze the end of the window, for the share that is the level, at the last value before it."""
    length = x.shape[-1]
    start = min(length - 1, round(length * (1 - draw.level)))
    faulty = x.copy()
    faulty[..., start:] = x[..., start : start + 1]
    return faulty


def spikes(x: Array, draw: Draw) -> Array:
    """Put the share of values that is the level, and one at least, eight deviations off."""
    where = draw.random.random(x.shape) < draw.level
    one = draw.random.integers(0, x.shape[-1], x.shape[:-1])
    np.put_along_axis(where, one[..., None], values=True, axis=-1)
    height = _SPIKE * draw.channels.spread(draw.deviation, x.ndim)
    return np.where(where, x + height * draw.random.choice((-1.0, 1.0), x.shape), x)


def dropout(x: Array, draw: Draw) -> Array:
    """Lose one stretch of every window, which then reads zero."""
    return np.where(_stretch(x, draw.level, draw), 0.0, x)


def packet_loss(x: Array, draw: Draw) -> Array:
    """Lose packets at random; the receiver holds the last value that it had."""
    packets = min(_PACKETS, x.shape[-1])
    lost = draw.random.random((*x.shape[:-1], packets)) < draw.level
    lost[..., 0] = False
    number = np.arange(x.shape[-1]) * packets // x.shape[-1]
    place = np.where(lost[..., number], 0, np.arange(x.shape[-1]))
    return np.take_along_axis(x, np.maximum.accumulate(place, axis=-1), axis=-1)


def jitter(x: Array, draw: Draw) -> Array:
    """Take every value at a time that is off by the level in sampling intervals, one standard deviation."""
    place = np.arange(x.shape[-1]) + draw.random.normal(size=(len(x), 1, x.shape[-1])) * draw.level
    return _at(x, np.broadcast_to(place, x.shape))


def clock_skew(x: Array, draw: Draw) -> Array:
    """Sample too fast by the level: the window covers less time, its last values repeat."""
    place = np.arange(x.shape[-1]) * draw.level
    return _at(x, np.broadcast_to(place, x.shape))


def clipping(x: Array, draw: Draw) -> Array:
    """Saturate at the level in deviations around the mean."""
    centre = draw.channels.spread(draw.channels.mean, x.ndim)
    return np.clip(x, centre - _scaled(x, draw), centre + _scaled(x, draw))


def quantisation(x: Array, draw: Draw) -> Array:
    """Round to steps of the level in deviations."""
    step = _scaled(x, draw)
    return np.round(x / step) * step


def burst(x: Array, draw: Draw) -> Array:
    """Add a burst of alternating disturbance over a tenth of the window, as switching gear does."""
    where = _stretch(x, _BURST_SHARE, draw)
    sign = np.where(np.arange(x.shape[-1]) % 2, -1.0, 1.0)
    disturbed: Array = x + where * sign * draw.random.random(x.shape) * _scaled(x, draw)
    return disturbed


def hum(x: Array, draw: Draw) -> Array:
    """Add mains hum of 50 Hz at a random phase; five cycles a window where no sampling rate is declared."""
    length = x.shape[-1]
    cycles = _CYCLES if draw.channels.rate is None else _MAINS * length / draw.channels.rate
    phase = draw.random.random((len(x), 1, 1)) * 2 * np.pi
    hummed: Array = x + np.sin(2 * np.pi * cycles * np.arange(length) / length + phase) * _scaled(x, draw)
    return hummed


def low_pass(x: Array, draw: Draw) -> Array:
    """Average over the level in sampling intervals, as a loose mount or a wrong filter does."""
    width = min(int(draw.level), x.shape[-1])
    padded = np.concatenate([np.repeat(x[..., :1], width - 1, axis=-1), x], axis=-1)
    total = np.cumsum(np.concatenate([np.zeros_like(x[..., :1]), padded], axis=-1), axis=-1)
    mean: Array = (total[..., width:] - total[..., :-width]) / width
    return mean


def missing(x: Array, draw: Draw) -> Array:
    """Let the share of channels that is the level, and one at least, read zero."""
    return np.where(_hit(x, draw), 0.0, x)


def swapped(x: Array, draw: Draw) -> Array:
    """Exchange channels: as many neighbours as the level says, at least one pair."""
    order = np.arange(x.shape[1])
    pairs = max(1, round(draw.level * (x.shape[1] // 2)))
    first = draw.random.permutation(x.shape[1] // 2)[:pairs] * 2
    order[first], order[first + 1] = order[first + 1], order[first].copy()
    return x[:, order]


def polarity(x: Array, draw: Draw) -> Array:
    """Turn the sign of the share of channels that is the level, and one at least."""
    return np.where(_hit(x, draw), -x, x)


def _scaled(x: Array, draw: Draw) -> Array:
    return draw.level * draw.channels.spread(draw.deviation, x.ndim)


def _signs(x: Array, draw: Draw) -> Array:
    shape = x.shape[:2] + (1,) * (x.ndim - 2)
    signs: Array = draw.random.choice((-1.0, 1.0), shape)
    return signs


def _stretch(x: Array, share: float, draw: Draw) -> Array:
    """Return one stretch of every window as a mask, at a random place."""
    length = x.shape[-1]
    size = max(1, round(share * length))
    start = draw.random.integers(0, length - size + 1, (*x.shape[:-1], 1))
    place = np.arange(length)
    mask: Array = (place >= start) & (place < start + size)
    return mask


def _hit(x: Array, draw: Draw) -> Array:
    """Return which channels are hit, the same ones in every sample."""
    number = min(x.shape[1], max(1, round(draw.level * x.shape[1])))
    hit = np.zeros(x.shape[1], dtype=bool)
    hit[draw.random.permutation(x.shape[1])[:number]] = True
    return draw.channels.spread(hit, x.ndim)


def _at(x: Array, place: Array) -> Array:
    """Return the values between the samples, by linear interpolation; beyond the ends the last one holds."""
    last = x.shape[-1] - 1
    place = np.clip(place, 0, last)
    below = np.minimum(place.astype(np.int64), max(last - 1, 0))
    above = np.minimum(below + 1, last)
    share = place - below
    values: Array = np.take_along_axis(x, below, -1) * (1 - share) + np.take_along_axis(x, above, -1) * share
    return values


SIGNAL_FAULTS = (
    Fault("noise", (0.1, 0.25, 0.5, 1, 2), noise, analog=True),
    Fault("bias", (0.25, 0.5, 1, 2, 4), bias, analog=True),
    Fault("drift", (0.5, 1, 2, 4, 8), drift, analog=True),
    Fault("gain-loss", (0.9, 0.75, 0.5, 0.25, 0.1), gain),
    Fault("gain-rise", (1.1, 1.25, 1.5, 2, 4), gain, analog=True),
    Fault("stuck-at", (0.1, 0.25, 0.5, 0.75, 1), stuck),
    Fault("spike", (0.001, 0.005, 0.01, 0.02, 0.05), spikes, analog=True),
    Fault("dropout", (0.05, 0.1, 0.25, 0.5, 0.75), dropout),
    Fault("packet-loss", (0.05, 0.1, 0.2, 0.4, 0.6), packet_loss),
    Fault("jitter", (0.25, 0.5, 1, 2, 4), jitter),
    Fault("clock-skew", (1.005, 1.01, 1.02, 1.05, 1.1), clock_skew),
    Fault("clipping", (3, 2, 1.5, 1, 0.5), clipping),
    Fault("quantisation", (0.05, 0.1, 0.25, 0.5, 1), quantisation),
    Fault("emi-burst", (1, 2, 4, 8, 16), burst, analog=True),
    Fault("mains-hum", (0.25, 0.5, 1, 2, 4), hum, analog=True),
    Fault("low-pass", (2, 4, 8, 16, 32), low_pass),
    Fault("missing-channel", (0.2, 0.4, 0.6, 0.8, 1), missing),
    Fault("swapped-channels", (0.2, 0.4, 0.6, 0.8, 1), swapped, channels=2),
    Fault("unit-error", UNIT_FACTORS, gain),
    Fault("polarity", (0.2, 0.4, 0.6, 0.8, 1), polarity),
)
"""Levels by severity; shares of the window or of the channels, factors, sampling intervals, or standard deviations."""
