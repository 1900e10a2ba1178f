"""Parameters of the check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemorisedParams:
    """Parameters that a policy may set."""

    types: tuple[str, ...] = ()
    """Types of strings that count, such as `cn.mobile`; empty for all."""
    min_tier: str = "context"
    """Least sure tier of strings that counts: `context`, `format` or `verified`."""
    datasets: tuple[str, ...] = ()
    """Names or purposes of the data sets whose rows are looked for; empty for those of role `train`."""
    max_rows: int = 100_000
    """Rows of a data set that are looked for; of more, that many are drawn at random."""
    seed: int = 0
    """Seed of that draw."""
    max_listed: int = 1000
    """Occurrences listed; totals are always exact."""
