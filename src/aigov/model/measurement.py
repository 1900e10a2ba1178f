"""A number, its unit and how sure we are of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.i18n import Message, Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = ("ratio", "count", "boolean", "bytes", "seconds", "number")
"""Units that a check may declare; `ratio` lies in [0, 1], `boolean` is 0 or 1."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval that holds the true value; `high` may be infinite where coverage was lost."""

    low: float
    high: float
    confidence: float | None = None
    """Probability that the interval holds the true value, in (0, 1); None where it is certain."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value that a check measured. Exact values have no interval."""

    value: float
    unit: str
    interval: Interval | None = None
    n: int | None = None
    """Number of samples behind an estimate."""
    limits: Message | None = None
    """Why the interval is open or wide where that is not the sample size (lost coverage, say)."""

    @property
    def low(self) -> float:
        """Lower end of what the value may be."""
        return self.value if self.interval is None else self.interval.low

    @property
    def high(self) -> float:
        """Upper end of what the value may be."""
        return self.value if self.interval is None else self.interval.high

    @property
    def finite(self) -> bool:
        """Whether the value is a number and the interval has no NaN."""
        return math.isfinite(self.value) and not math.isnan(self.low) and not math.isnan(self.high)

    @property
    def quantity(self) -> Quantity:
        """The value as a message argument."""
        return Quantity(self.value, self.unit)


def base_name(name: str) -> str:
    """Return the declared name of a measurement: `robust_accuracy` of `robust_accuracy[eps=0.03]`."""
    return name.partition("[")[0]


def kind_of(name: str) -> tuple[str, str, str] | None:
    """Return name, argument and kind of one of a family, `occurrences[type=email]`.

    None for a bare name, and for a point of a curve, `robust_accuracy[eps=0.03]`, whose argument is a number.
    """
    base, _, rest = name.partition("[")
    argument, equals, kind = rest.removesuffix("]").partition("=")
    if not equals or not argument or not kind:
        return None
    try:
        float(kind)
    except ValueError:
        return base, argument, kind
    return None


def families(measurements: Mapping[str, Measurement]) -> dict[str, dict[str, dict[str, Measurement]]]:
    """Return those of families as argument to kind to name to measurement, in their order."""
    found: dict[str, dict[str, dict[str, Measurement]]] = {}
    for whole, measurement in measurements.items():
        parts = kind_of(whole)
        if parts is not None:
            name, argument, kind = parts
            found.setdefault(argument, {}).setdefault(kind, {})[name] = measurement
    return found
