"""Occurrences gathered by column and type, bounded however many columns a file has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.data.pointers import column_of

if TYPE_CHECKING:
    from aigov import Json

_MOST = 1000
"""Pairs of column and type that are told apart; keys that are data would fill memory."""
OTHERS = "…"
"""Stands for every column beyond."""
Pair = tuple[str, str]
"""Column and type."""


@dataclass(slots=True)
class Columns:
    """Occurrences, and records that hold one, by column and type."""

    occurrences: Counter[Pair] = field(default_factory=Counter)
    records: Counter[Pair] = field(default_factory=Counter)
    affected: Counter[str] = field(default_factory=Counter)
    """Records with any occurrence in a column."""

    def pair(self, pointer: str | None, type_: str) -> Pair:
        """Return the pair under which a place is counted."""
        pair = column_of(pointer), type_
        return pair if pair in self.occurrences or len(self.occurrences) < _MOST else (OTHERS, type_)

    def close(self, pairs: set[Pair]) -> None:
        """Count a record that holds occurrences of these pairs."""
        self.records.update(pairs)
        self.affected.update({column for column, _ in pairs})

    def add(self, rows: Json) -> None:
        """Add what a unit saw."""
        for column, type_, occurrences, records in rows["pairs"]:
            known = (column, type_) in self.occurrences or len(self.occurrences) < _MOST
            pair = (column if known else OTHERS, type_)
            self.occurrences[pair] += occurrences
            self.records[pair] += records
        for column, records in rows["affected"]:
            self.affected[column if column in self.affected or len(self.affected) < _MOST else OTHERS] += records

    def result(self) -> Json:
        """Return the counts as plain JSON."""
        pairs = [[*pair, count, self.records[pair]] for pair, count in sorted(self.occurrences.items())]
        return {"pairs": pairs, "affected": [list(item) for item in sorted(self.affected.items())]}
