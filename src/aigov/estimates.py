"""Measurements as arguments of sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aigov.i18n import FrozenMap, Message, Quantity, msg

if TYPE_CHECKING:
    from aigov.model import Measured, Measurement


def numbers_of(measured: Measured) -> FrozenMap[str, Message]:
    """Return every number of a check by name, for the sentences `says.<check>.*` and `headline.<check>`."""
    return FrozenMap({name: estimate(value) for name, value in measured.measurements.items() if name.isidentifier()})


def estimate(measurement: Measurement) -> Message:
    """Return a measurement in words: `74 % (68-79 %, n = 300)`, `at least 38`, `0`."""
    unit, interval = measurement.unit, measurement.interval
    if interval is None or interval.low == interval.high:
        return msg("estimate.exact", value=measurement.quantity)
    if math.isinf(interval.high):
        return msg("estimate.at-least", value=Quantity(interval.low, unit))
    low, high = Quantity(interval.low, unit), Quantity(interval.high, unit)
    if measurement.n is None:
        return msg("estimate.range", value=measurement.quantity, low=low, high=high)
    return msg("estimate.interval", value=measurement.quantity, low=low, high=high, n=measurement.n)
