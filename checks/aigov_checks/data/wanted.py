"""Which occurrences of a scan count, and under which names a record counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import Tier
from aigov_checks.data.combinations import Combination, combination
from aigov_checks.data.evidence import Sink, sink_of

if TYPE_CHECKING:
    from aigov import Unit
    from aigov_checks.data.detector import Detector
    from aigov_checks.data.split import Params

_RANK = {Tier.CONTEXT: 0, Tier.FORMAT: 1, Tier.VERIFIED: 2}
COMBINED = "combined"
"""Under this name records are counted that combine identifiers."""
UNLISTED = "unlisted"
"""Category of a type of which an edition says nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which occurrences count, how many are listed, and the key of their hashes."""

    types: tuple[str, ...]
    min_tier: Tier
    max_listed: int
    key: bytes = b""
    secret: bool = False
    """Whether nothing of a value may be shown."""
    edition: str = ""
    """Standard by whose categories records are counted; empty for none."""
    combination: Combination | None = None
    sink: Sink | None = None
    """Where every place is written, however many are listed."""

    def keeps(self, detector: Detector) -> bool:
        """Say whether what a detector finds is of a wanted type and sure enough."""
        sure = _RANK[detector.tier] >= _RANK[self.min_tier]
        return sure and (not self.types or detector.type in self.types)

    def names(self, types: dict[str, str]) -> set[str]:
        """Return the names under which a record counts that holds these types, each with its category."""
        found = {f"type={type_}" for type_ in types}
        if self.edition:
            found.update(f"category={category or UNLISTED}" for category in types.values())
        if self.combination is not None and self.combination.holds(types.keys()):
            found.add(COMBINED)
            if self.edition:
                found.add(f"category={self.combination.raises}")
        return found


def wanted_of(family: str, unit: Unit, params: Params) -> Wanted:
    """Return what a unit is asked for; only personal data has categories and combinations."""
    return Wanted(
        params.types,
        Tier(params.min_tier),
        params.max_listed,
        bytes.fromhex(unit.where.get("key", "")),
        family == "secrets",
        getattr(params, "edition", ""),
        combination(getattr(params, "combination", "")),
        sink_of(family, unit, params),
    )
