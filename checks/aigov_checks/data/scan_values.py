"""Values that stand in no line of their own (escaped strings, documents), joined by newlines for one pass."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from aigov_checks.data import gate
from aigov_checks.data.cells import Cell
from aigov_checks.data.keys import Plain, matches_in_cell
from aigov_checks.data.recognise import Match, Recogniser
from aigov_checks.data.tally import Place, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

_FULL = 2 << 20
"""Bytes of waiting values after which they are looked at."""
_OVERHEAD = 64


@dataclass(slots=True)
class Queue:
    """Cells in the order of their records; those without matches yet wait for the gate."""

    recogniser: Recogniser
    gate: gate.Gate
    tally: Tally
    plain: Plain = field(default_factory=Plain)
    """Keys in which nothing was found."""
    _waiting: list[tuple[Place, Cell, list[Match] | None]] = field(default_factory=list)
    _size: int = 0

    def put(self, place: Place, cell: Cell) -> None:
        """Add a cell whose bytes no gate has seen."""
        self._waiting.append((place, cell, None))
        self._size += len(cell.value) + _OVERHEAD

    def found(self, place: Place, cell: Cell, matches: list[Match]) -> None:
        """Add a cell that is settled."""
        if matches:
            self._waiting.append((place, cell, matches))

    def flush_if_full(self) -> None:
        """Look at what waits if there is much of it; call this between records."""
        if self._size > _FULL:
            self.flush()

    def flush(self) -> None:
        """Look at every waiting cell and hand all matches to the tally, in order."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        masks = iter(masks_of(self.gate, [cell.value for _, cell, matches in waiting if matches is None]))
        for place, cell, matches in waiting:
            if matches is None:
                mask = next(masks)
                worth = mask or self.recogniser.expected(cell.column)
                matches = matches_in_cell(self.recogniser, cell, mask) if worth else []  # noqa: PLW2901  # it was unknown
                if cell.key and not matches:
                    self.plain.add(cell.value)
            if matches:
                self.tally.add(place, cell, matches)


def masks_of(gate_: gate.Gate, values: Iterable[bytes]) -> list[int]:
    """Return the bits of the gates that passed in each value."""
    listed = list(values)
    masks = [0] * len(listed)
    starts = [0, *accumulate(len(value) + 1 for value in listed)]
    for start, _, mask in gate.lines(gate_, b"\n".join(listed)):
        masks[bisect_right(starts, start) - 1] |= mask
    return masks
