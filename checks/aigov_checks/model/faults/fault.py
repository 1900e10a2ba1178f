"""What a fault is: a name, five severities, and a function from clean samples to faulty ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aigov_checks.model.robustness.predictor import Array


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """What is known of the channels; arrays of shape (channels,)."""

    mean: Array
    deviation: Array
    """Standard deviation over the whole data set, the unit of most severities; 1 where a channel never moves."""
    low: Array
    high: Array
    """Declared range, where a converter saturates; infinite where none is declared. For images the span of the data."""
    rate: float | None = None
    """Samples a second, where it is declared."""

    def spread(self, values: Array, rank: int) -> Array:
        """Return an array of (channels,) in the shape of a batch of that rank, whose second axis is the channel."""
        shape = (1, len(values)) + (1,) * (rank - 2)
        found: Array = np.asarray(values).reshape(shape)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Everything a fault may depend on besides the samples."""

    level: float
    """The number that the severity stands for: a multiple of the deviation, a share, a factor."""
    channels: Channels
    random: np.random.Generator

    @property
    def deviation(self) -> Array:
        """Deviation of each channel, shape (channels,)."""
        return self.channels.deviation


Apply = Callable[[npt.NDArray[Any], Draw], npt.NDArray[Any]]  # any floating-point dtype
"""From samples of shape (n, channels, ...) to faulty ones of the same shape; never changes its argument."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a measurement goes wrong."""

    name: str
    levels: tuple[float, float, float, float, float]
    apply: Apply
    analog: bool = False
    """Whether it happens before the converter, so that the result saturates at the declared range."""
    channels: int = 1
    """Least number of channels for which it has a meaning."""

    def inflict(self, x: Array, severity: int, channels: Channels, random: np.random.Generator) -> Array:
        """Return `x`, of shape (n, channels, ...), with the fault at a severity from 1 to 5."""
        faulty = self.apply(x.astype(np.float64), Draw(self.levels[severity - 1], channels, random))
        if self.analog:
            rank = x.ndim
            faulty = np.clip(faulty, channels.spread(channels.low, rank), channels.spread(channels.high, rank))
        return faulty.astype(x.dtype)
