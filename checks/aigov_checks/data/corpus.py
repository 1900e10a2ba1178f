"""From the totals of all parts of a scan to numbers about the corpus, whether it was scanned whole or as a sample."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov import Interval, Measurement, count, msg, ratio
from aigov_checks.data.clusters import ANY, CONFIDENCE, Clusters
from aigov_checks.data.columns import Columns

if TYPE_CHECKING:
    from aigov import Json

_Z = 1.959963984540054
"""Quantile of the normal distribution for `CONFIDENCE`, for the number of records that a sample stands for."""

_WHOLE = 100
"""A density above it is given in whole occurrences."""


@dataclass(slots=True)
class Seen:
    """Records, those affected under each name, and occurrences by type and by tier."""

    records: int = 0
    held: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)

    def add(self, result: Json) -> None:
        """Add what a unit saw."""
        self.records += result["records"]
        self.held.update({**result["held"], ANY: result["affected"]})
        self.counts.update(result["counts"])
        self.tiers.update(result["tiers"])


@dataclass(slots=True)
class Corpus:
    """Everything that was seen: in what was scanned whole, and in clusters drawn from the rest."""

    whole: Seen = field(default_factory=Seen)
    drawn: Seen = field(default_factory=Seen)
    clusters: Clusters = field(default_factory=Clusters)
    columns: Columns = field(default_factory=Columns)

    def add(self, result: Json) -> None:
        """Add what a unit saw."""
        sampled = result["clusters"]["fraction"] < 1
        (self.drawn if sampled else self.whole).add(result)
        self.clusters.add(result["clusters"])
        self.columns.add(result["columns"])

    @property
    def sampled(self) -> bool:
        """Whether a part of the corpus was not looked at."""
        return self.clusters.fraction < 1

    @property
    def seen(self) -> int:
        """Records that were looked at."""
        return self.whole.records + self.drawn.records

    @property
    def _stood_for(self) -> float:
        """Records that the drawn ones stand for."""
        return self.drawn.records / self.clusters.fraction

    def records(self) -> Measurement:
        """Return the number of records: exact, or as the sample shows it."""
        if not self.sampled:
            return count(self.seen)
        total, k = self.clusters.count / self.clusters.fraction, self.clusters.count
        spread = max(0.0, self.clusters.squares - self.clusters.records**2 / k) / max(1, k - 1)
        error = _Z * total * math.sqrt((1 - self.clusters.fraction) * spread / k)
        value = self.whole.records + self._stood_for
        interval = Interval(max(self.seen, value - error), value + error, CONFIDENCE)
        return Measurement(value, "count", interval, self.seen)

    def share(self, name: str = ANY) -> Measurement:
        """Return the share of the records that hold what goes under `name`, with its interval."""
        whole, drawn = self.whole.held[name], self.drawn.held[name]
        if not self.sampled:
            return ratio(min(whole + drawn, self.seen), self.seen)
        found = self.clusters.share(name, drawn)
        known, open_ = self.whole.records, self._stood_for
        if not known + open_:
            return found

        def over_all(value: float) -> float:
            return min(1.0, (whole + value * open_) / (known + open_))

        interval = Interval(over_all(found.low), over_all(found.high), CONFIDENCE)
        return Measurement(over_all(found.value), "ratio", interval, self.seen)

    def affected(self, name: str = ANY) -> Measurement:
        """Return the number of those records; of a sample, as it shows it, and never less than were seen."""
        seen = self.whole.held[name] + self.drawn.held[name]
        if not self.sampled:
            return count(seen)
        share, total = self.share(name), self.whole.records + self._stood_for
        low, high = max(seen, math.floor(share.low * total)), max(seen, math.ceil(share.high * total))
        value = max(low, min(high, round(share.value * total)))
        return Measurement(float(value), "count", Interval(low, high, CONFIDENCE), self.seen)

    def occurrences(self, found: int) -> Measurement:
        """Return a number of occurrences; in a sample at least so many were seen."""
        if not self.sampled:
            return count(found)
        limits = msg("corpus.seen-in-sample")
        return Measurement(float(found), "count", Interval(found, math.inf), self.seen, limits)

    def counts(self) -> Counter[str]:
        """Return the occurrences that were seen by type."""
        return self.whole.counts + self.drawn.counts

    def tiers(self) -> Counter[str]:
        """Return the occurrences that were seen by tier."""
        return self.whole.tiers + self.drawn.tiers

    def density(self) -> Measurement:
        """Return the occurrences that were seen per million records that were looked at."""
        found = sum(self.counts().values())
        if not self.seen:
            return Measurement(math.nan, "number")
        limits = msg("corpus.seen-in-sample") if self.sampled else None
        density = found / self.seen * 1e6
        return Measurement(float(round(density)) if density >= _WHOLE else density, "number", limits=limits)

    def worst_column(self) -> Measurement:
        """Return the share of records that are affected in the column where that is most."""
        most = max(self.columns.affected.values(), default=0)
        return ratio(min(most, self.seen), self.seen)
