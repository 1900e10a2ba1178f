"""One window of a signal, as checks of time series see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """One sample: `values[channel][time]`, in the unit of the channel."""

    values: tuple[tuple[float, ...], ...]

    def longest_constant_run(self) -> int:
        """Return the length of the longest run of equal values in a row, over all channels."""
        return max((_longest_run(channel) for channel in self.values), default=0)


def _longest_run(channel: tuple[float, ...]) -> int:
    best = run = 0
    previous: float | None = None
    for value in channel:
        run = run + 1 if value == previous else 1
        best = max(best, run)
        previous = value
    return best
