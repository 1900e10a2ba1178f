"""Columns of a table, whatever held them: one pass over each column's values, matches handed over row by row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from aigov_checks.data import gate
from aigov_checks.data.cells import Cell, utf8
from aigov_checks.data.tally import Place, Tally

if TYPE_CHECKING:
    from aigov_checks.data.recognise import Recogniser

LARGEST_CODE = 10**9
"""Whole numbers below it have too few digits to identify a person."""
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one column of a batch, joined by newlines: value i is `joined[starts[i] : starts[i + 1] - 1]`."""

    name: str
    joined: bytes
    starts: Sequence[int]
    rows: Sequence[int] | None = None
    """Row of each value, where a row may hold several (lists, structures)."""
    pointers: Sequence[str] = field(default=())
    """Pointer of each value, where it is not just the name of the column."""

    def row(self, index: int) -> int:
        """Return the row of value `index`."""
        return index if self.rows is None else self.rows[index]

    def cell(self, index: int) -> Cell:
        """Return one value with its place."""
        value = self.joined[self.starts[index] : self.starts[index + 1] - 1]
        return Cell(value, self.pointers[index] if self.pointers else self.name, self.name, None)


def column_of(name: str, values: Sequence[object]) -> Column | None:
    """Return a column of Python values, or None where none of them can hold text.

    Numbers count as text where they are long enough to be a code; nested values are walked.
    """
    leaves = [leaf for row, value in enumerate(values) for leaf in _leaves(row, name, value, 0)]
    if not leaves:
        return None
    texts = [text for _, _, text in leaves]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    return Column(name, b"\n".join(texts), starts, [row for row, _, _ in leaves], [pointer for _, pointer, _ in leaves])


def text_of(value: object) -> bytes | None:
    """Return what a scalar looks like as text, or None where it cannot identify anybody."""
    match value:
        case str():
            return utf8(value)
        case bytes():
            return value
        case bool() | None:
            return None
        case int() | float():
            return str(int(value)).encode() if abs(value) >= LARGEST_CODE and value == value // 1 else None
        case _:
            pass
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return text_of(value.item())
    return None


def scan_columns(recogniser: Recogniser, gate_: gate.Gate, tally: Tally, columns: Iterable[Column], rows: int) -> None:
    """Scan one batch of `rows` rows; the tally has the result."""
    listed = tuple(columns)
    candidates = sorted(
        (column.row(index), order, index, mask)
        for order, column in enumerate(listed)
        for index, mask in _candidates(recogniser, gate_, column)
    )
    for row, order, index, mask in candidates:
        cell = listed[order].cell(index)
        place = Place(tally.records + row, None)
        tally.add(place, cell, recogniser.find(cell.value, cell.column, mask))
    tally.records += rows


def _candidates(recogniser: Recogniser, gate_: gate.Gate, column: Column) -> Iterator[tuple[int, int]]:
    """Yield index and gates of each value worth a look; every value of a column that is named for a type."""
    masks: dict[int, int] = {}
    for start, _, mask in gate.lines(gate_, column.joined):
        index = bisect_right(column.starts, start) - 1
        masks[index] = masks.get(index, 0) | mask
    if recogniser.expected(column.name):
        masks = {index: masks.get(index, 0) for index in range(len(column.starts) - 1)}
    yield from masks.items()


def _leaves(row: int, pointer: str, value: object, depth: int) -> Iterator[tuple[int, str, bytes]]:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        for key, item in value.items():
            yield from _leaves(row, f"{pointer}/{key}", item, depth + 1)
    elif isinstance(value, list | tuple) and depth < _DEEPEST:
        for index, item in enumerate(value):
            yield from _leaves(row, f"{pointer}/{index}", item, depth + 1)
    else:
        text = text_of(value)
        if text:
            yield row, pointer, text
