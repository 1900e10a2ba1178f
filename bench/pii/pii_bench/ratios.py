"""Shares with intervals that respect that all values of one template stand in the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

RESAMPLES = 2000
TAIL = 0.025
"""Share on each side of an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`good` of `whole`, which come from `templates` templates, with an interval of 95 %."""

    good: int
    whole: int
    templates: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """Return the share; None where nothing was counted."""
        return self.good / self.whole if self.whole else None

    def as_json(self) -> dict[str, object]:
        """Return the ratio for a file."""
        value = None if self.value is None else round(self.value, 6)
        interval = [round(self.low, 6), round(self.high, 6)]
        return {
            "value": value,
            "interval": interval,
            "good": self.good,
            "whole": self.whole,
            "templates": self.templates,
        }


Tally = Mapping[str, tuple[int, int]]
"""Good and whole by template."""


def tally(events: Iterable[tuple[str, bool]]) -> Tally:
    """Count events, each a template and whether it is good."""
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for template, good in events:
        before = counts[template]
        counts[template] = (before[0] + good, before[1] + 1)
    return counts


def ratio(counts: Tally, seed: int) -> Ratio:
    """Return the share of a tally; its interval is a percentile bootstrap over templates.

    At 0 and 1 every resample is the same: there the interval is that of Clopper and Pearson with the templates as n.
    """
    rows = [counts[name] for name in sorted(counts)]
    good, whole, size = sum(row[0] for row in rows), sum(row[1] for row in rows), len(rows)
    if good in (0, whole):
        far = TAIL ** (1 / size) if size else 0.0
        low, high = (far, 1.0) if good and good == whole else (0.0, 1 - far)
        return Ratio(good, whole, size, low, high)
    low, high = _bootstrap(rows, seed)
    return Ratio(good, whole, size, low, high)


def _bootstrap(rows: list[tuple[int, int]], seed: int) -> tuple[float, float]:
    import numpy as np

    generator = np.random.default_rng(seed)
    weights = generator.multinomial(len(rows), [1 / len(rows)] * len(rows), size=RESAMPLES)
    good, whole = (weights @ np.array(column) for column in zip(*rows, strict=True))
    low, high = np.quantile(good / whole, [TAIL, 1 - TAIL])
    return float(low), float(high)
