"""Samples of any shape as (n, channels, ...), what they are, and what is known of each channel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.faults.fault import Channels
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.faults.params import AUTO
from aigov_checks.model.robustness.budget import declarations, range_of

if TYPE_CHECKING:
    from aigov import Model
    from aigov_checks.model.robustness.predictor import Array

_COLOURS = frozenset({1, 3, 4})
_SHORTEST_SIGNAL = 16
"""Values below which one declared input with several values is taken for a row of a table."""
_RATE = re.compile(r"^\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(?:([kMG]?)(?:Hz|Sa/s|S/s|SPS))?\s*$")
_PREFIX = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_IMAGE_RANK = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """How samples of one shape become (n, channels, ...), and back."""

    kind: Kind
    shape: tuple[int, ...]
    """Shape of a sample as the data set has it."""

    @property
    def _last(self) -> bool:
        """Whether the channels of an image come last."""
        rank3 = self.kind is Kind.IMAGE and len(self.shape) == _IMAGE_RANK
        return rank3 and self.shape[-1] in _COLOURS and self.shape[0] not in _COLOURS

    def spread(self, x: Array) -> Array:
        """Return samples as (n, channels, time), (n, columns) or (n, channels, height, width)."""
        match self.kind:
            case Kind.TABLE:
                return x.reshape(len(x), -1)
            case Kind.SIGNAL:
                return x.reshape(len(x), -1, self.shape[-1])
            case Kind.IMAGE:
                if self._last:
                    return np.moveaxis(x, -1, 1)
                return x.reshape(len(x), -1, *self.shape[-2:])

    def gathered(self, x: Array) -> Array:
        """Return what `spread` returned, in the shape of the data set."""
        return np.moveaxis(x, 1, -1) if self._last else x.reshape(len(x), *self.shape)


def layout_of(model: Model, shape: tuple[int, ...], kind: str) -> Layout:
    """Return what samples of that shape are.

    One axis is a row of a table, unless the model declares one input for at least 16 values; two axes are channels
    and time; three are an image. Axes of length 1 do not count. Declared or not, `kind` decides where it is given.

    Raises:
        UnsupportedInputError: more axes, or fewer than the kind needs.
    """
    long = sum(size > 1 for size in shape)
    if kind == AUTO:
        window = len(model.inputs) == 1 and shape[-1] >= _SHORTEST_SIGNAL
        kind = Kind.TABLE if long <= 1 and len(shape) == 1 and not window else Kind.SIGNAL
        kind = Kind.IMAGE if len(shape) >= _IMAGE_RANK and long > 1 else kind
    least, most = {Kind.TABLE: (1, 1), Kind.SIGNAL: (1, 2), Kind.IMAGE: (2, 3)}[Kind(kind)]
    if len(shape) < least or long > most:
        raise UnsupportedInputError(msg("faults.shape", kind=msg(f"faults.kind.{kind}"), shape=_text(shape)))
    return Layout(Kind(kind), shape)


def channels_of(model: Model, features: tuple[str, ...], x: Array, layout: Layout) -> Channels:
    """Return mean, deviation, range and rate of the channels of samples `x` as the data set has them.

    Raises:
        UnsupportedInputError: a range or rate that cannot be read, or declarations that do not fit the samples.
    """
    values = layout.spread(x).astype(np.float64)
    over = (0, *range(2, values.ndim))
    deviation = values.std(axis=over)
    low, high = np.full(layout.shape, -np.inf), np.full(layout.shape, np.inf)
    rates = set()
    for place, name, facts in declarations(model, features, layout.shape):
        limits = range_of(facts, name)
        if limits is not None:
            low[place], high[place] = limits
        rates.add(rate_of(facts.get("sampling_rate"), name))
    edges = [layout.spread(edge[None])[0] for edge in (low, high)]
    low, high = (edge.reshape(len(edge), -1)[:, 0] for edge in edges)
    if layout.kind is Kind.IMAGE:  # light has a black and a white, declared or not
        low = np.where(np.isfinite(low), low, values.min())
        high = np.where(np.isfinite(high), high, values.max())
    rate = rates.pop() if len(rates) == 1 else None
    return Channels(values.mean(axis=over), np.where(deviation > 0, deviation, 1.0), low, high, rate)


def rate_of(given: object, name: str) -> float | None:
    """Return a declared sampling rate in samples a second, or None where none is declared.

    Raises:
        UnsupportedInputError: it is no positive number of Hz, kHz or Sa/s.
    """
    if given is None:
        return None
    found = _RATE.match(str(given))
    if found is None or float(found[1]) <= 0:
        raise UnsupportedInputError(msg("faults.bad-rate", input=name, value=str(given)))
    return float(found[1]) * _PREFIX[found[2] or ""]


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
