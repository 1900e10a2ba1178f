"""Sums over the clusters of a sample, from which the interval of a share follows.

Records that stand together are alike, so a sample of clusters says less than as many single records would. The
interval is that of Korn and Graubard: Clopper and Pearson's with the sample size that the variance between clusters
allows.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov import Interval, Json, Measurement, clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = ""
"""Name under which records are counted that hold anything at all."""
CONFIDENCE = 0.95


@dataclass(slots=True)
class Clusters:
    """For the sums over clusters of m records of which a are affected: of 1, m, m * m, a * a and a * m."""

    count: int = 0
    records: int = 0
    squares: int = 0
    own: Counter[str] = field(default_factory=Counter)
    cross: Counter[str] = field(default_factory=Counter)
    fraction: float = 1.0
    """Share of all clusters that were drawn."""
    _seen: Counter[str] = field(default_factory=Counter)

    def close(self, records: int, affected: int, held: Mapping[str, int]) -> None:
        """Add the cluster that ends here; the arguments are totals since the beginning."""
        size = records - self.records
        self.count += 1
        self.records = records
        self.squares += size * size
        totals = {**held, ANY: affected}
        for name, total in totals.items():
            found = total - self._seen[name]
            if found:
                self.own[name] += found * found
                self.cross[name] += found * size
                self._seen[name] = total

    def add(self, rows: Json) -> None:
        """Add what a unit saw."""
        self.count += rows["count"]
        self.records += rows["records"]
        self.squares += rows["squares"]
        self.own.update(rows["own"])
        self.cross.update(rows["cross"])
        self.fraction = min(self.fraction, rows["fraction"])

    def result(self) -> Json:
        """Return the sums as plain JSON."""
        return {
            "count": self.count,
            "records": self.records,
            "squares": self.squares,
            "own": dict(sorted(self.own.items())),
            "cross": dict(sorted(self.cross.items())),
            "fraction": self.fraction,
        }

    def share(self, name: str, affected: int) -> Measurement:
        """Return the share of records that are affected, as the sample shows it.

        Where none is affected, or all are, the clusters count as the sample: what stands together may be missed
        together.

        Source: Korn and Graubard, Survey Methodology 24 (1998), 193-201; the variance of a ratio is Cochran,
        Sampling Techniques (1977), eq. 2.46.
        """
        n = self.records
        if n == 0:
            return Measurement(math.nan, "ratio", Interval(0.0, 1.0, CONFIDENCE), 0)
        share = min(affected, n) / n
        effective = self._effective(name, share)
        low, high = clopper_pearson(share * effective, effective, CONFIDENCE)
        return Measurement(share, "ratio", Interval(low, high, CONFIDENCE), n)

    def _effective(self, name: str, share: float) -> int:
        """Return the number of single records that would say as much."""
        if not 0 < share < 1:
            return max(1, self.count)
        if self.count < 2:  # noqa: PLR2004  # one cluster shows no variance
            return 1
        spread = self.own[name] - 2 * share * self.cross[name] + share * share * self.squares
        variance = (1 - self.fraction) * self.count / (self.count - 1) * spread / self.records**2
        if variance <= 0:
            return self.records
        return max(1, min(self.records, int(share * (1 - share) / variance)))
