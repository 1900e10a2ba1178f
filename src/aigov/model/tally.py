"""How many controls came to which verdict: the coverage beside the score."""

from __future__ import annotations

from dataclasses import dataclass

from aigov.i18n import FrozenMap
from aigov.model.finding import Verdict

ORDER = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.REVIEW,
    Verdict.NOT_ASSESSED,
    Verdict.ERROR,
    Verdict.NOT_APPLICABLE,
)
"""The order in which reports count verdicts."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Controls by the verdict that decides each."""

    counts: FrozenMap[Verdict, int]
    blocking: int
    """Controls with a fail that is not waived."""

    @property
    def applicable(self) -> int:
        """Controls that apply to the subject."""
        return sum(self.counts.values()) - self.counts[Verdict.NOT_APPLICABLE]

    @property
    def assessed(self) -> int:
        """Applicable controls on which something could be measured or asked."""
        return self.applicable - self.counts[Verdict.NOT_ASSESSED] - self.counts[Verdict.ERROR]

    @property
    def passed(self) -> int:
        """Controls that pass."""
        return self.counts[Verdict.PASS]

    @property
    def waived(self) -> int:
        """Failed controls that do not block."""
        return self.counts[Verdict.FAIL] - self.blocking

    @property
    def undecided(self) -> int:
        """Applicable controls that neither pass nor fail."""
        return self.applicable - self.passed - self.counts[Verdict.FAIL]

    @property
    def score(self) -> float | None:
        """Share of the assessed controls that pass; None where nothing was assessed."""
        return self.passed / self.assessed if self.assessed else None
