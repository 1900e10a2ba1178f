"""Occurrences gathered by column and type, bounded however many columns a file has."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov.redact import mask

if TYPE_CHECKING:
    from aigov import Json

_MOST = 1000
"""Pairs of column and type that are told apart; keys that are data would fill memory."""
OTHERS = "…"
"""Stands for every column beyond."""
_INDEX = re.compile(r"(?<=/)[0-9]{1,9}(?=/|$)")
_DATA = re.compile(r"[0-9]{5}|@")
_LONGEST = 200
"""Characters of a pointer that are shown; a line without a newline is a header of megabytes."""

Pair = tuple[str, str]
"""Column and type."""


def shown(pointer: str | None) -> str | None:
    """Return a pointer as reports may show it: a step that looks like a value is masked, for keys can be data.

    So is the step at which a long pointer is cut, whatever it looks like.
    """
    if pointer is None:
        return None
    steps = pointer[:_LONGEST].split("/")
    if len(pointer) > _LONGEST:
        steps[-1] = mask(steps[-1])
    return "/".join(mask(step) if _DATA.search(step) else step for step in steps)


def column_of_pointer(pointer: str | None) -> str:
    """Return the column of a pointer: the items of a list are one, and plain text has none."""
    return _INDEX.sub("*", shown(pointer) or "")


@dataclass(slots=True)
class Columns:
    """Occurrences, and records that hold one, by column and type."""

    occurrences: Counter[Pair] = field(default_factory=Counter)
    records: Counter[Pair] = field(default_factory=Counter)
    affected: Counter[str] = field(default_factory=Counter)
    """Records with any occurrence in a column."""

    def pair(self, pointer: str | None, type_: str) -> Pair:
        """Return the pair under which a place is counted."""
        pair = column_of_pointer(pointer), type_
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
