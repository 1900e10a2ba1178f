"""The candidate that is added as a tone, in any phase, on one channel of a signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aigov_checks.data.poisoning.trigger import Paste, spaced
from aigov_checks.model.robustness.predictor import Array


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """The same tone, in any phase, on one channel of a signal."""

    target: int
    rows: Array
    channel: int
    cycles: int
    """Periods in a window."""
    amplitude: float
    grid: tuple[int, ...]
    away: tuple[int, ...]
    """Numbers of periods that the control has instead."""
    family: str = "tone"

    def _added(self, given: Paste, cycles: Array) -> Array:
        length = self.grid[-1]
        phase = given.random.uniform(0, 2 * np.pi, (len(given.x), 1))
        wave = np.sin(2 * np.pi * np.asarray(cycles)[:, None] * np.arange(length) / length + phase)
        out = given.x.copy()
        part = slice(self.channel * length, (self.channel + 1) * length)
        out[:, part] += (self.amplitude * wave).astype(out.dtype)
        return out

    def paste(self, given: Paste) -> Array:
        """Add the tone."""
        return self._added(given, np.full(len(given.x), self.cycles))

    def control(self, given: Paste) -> Array:
        """Add a tone as strong at another frequency."""
        return self._added(given, given.random.choice(self.away, len(given.x)))

    def matched(self, donors: Array, most: int) -> Array:
        """Any of them."""
        return spaced(len(donors), most)

    def remove(self, x: Array, usual: Array) -> Array:  # noqa: ARG002  # nothing of other rows is needed
        """Bring the frequency down to what its neighbours have."""
        length = self.grid[-1]
        part = slice(self.channel * length, (self.channel + 1) * length)
        spectrum = np.fft.rfft(x[:, part], axis=1)
        beside = (np.abs(spectrum[:, self.cycles - 2]) + np.abs(spectrum[:, self.cycles + 2])) / 2
        for at in (self.cycles - 1, self.cycles, self.cycles + 1):
            spectrum[:, at] *= np.minimum(1.0, beside / np.maximum(np.abs(spectrum[:, at]), 1e-12))
        out = x.copy()
        out[:, part] = np.fft.irfft(spectrum, length, axis=1)
        return out

    def holds(self, x: Array) -> Array:
        """Whether the frequency is there with most of the amplitude."""
        length = self.grid[-1]
        wave = np.exp(-2j * np.pi * self.cycles * np.arange(length) / length)
        level = 2 * np.abs(x[:, self.channel * length : (self.channel + 1) * length] @ wave) / length
        found: Array = level > 0.7 * self.amplitude
        return found
