"""Measurements of one kind each, `occurrences[type=email]`, as tables: a row a kind, a column a measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import Message, Quantity
from aigov.i18n import title_of
from aigov.model import families, kind_of
from aigov_reports.limits import ROWS_SHOWN
from aigov_reports.text import one_line

if TYPE_CHECKING:
    from aigov import Measured, Measurement
    from aigov_reports.words import Words


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in words; the cells of a column of numbers stand to the right."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]
    """Cells, each with what stands small below it."""
    numeric: tuple[bool, ...]
    more: int
    zeros: int = 0
    """Kinds of which nothing was seen; they have no row."""


Family = dict[str, dict[str, "Measurement"]]
"""Kind to what was measured of it."""


def kind_names(measured: Measured) -> frozenset[str]:
    """Return the names of the measurements that stand in such a table."""
    return frozenset(name for name in measured.measurements if kind_of(name) is not None)


def grids(check: str, measured: Measured, words: Words) -> tuple[Grid, ...]:
    """Return one table for each argument by which something was told apart, in the order of the measurements."""
    return tuple(_grid(check, argument, family, words) for argument, family in families(measured.measurements).items())


def tables(measured: Measured, words: Words) -> tuple[Grid, ...]:
    """Return the tables that a check hands over as data."""
    made = []
    for table in measured.tables[:ROWS_SHOWN]:
        heads = tuple(words.say(head) for head in table.columns[:ROWS_SHOWN])
        cells = [row[: len(heads)] for row in table.rows[:ROWS_SHOWN]]
        rows = tuple(tuple((words.say(cell), "") for cell in row) for row in cells)
        numeric = tuple(_is_number(table.rows, index) for index in range(len(heads)))
        made.append(Grid(words.say(table.title), heads, rows, numeric, max(0, table.total - len(rows))))
    return tuple(made)


def _grid(check: str, argument: str, family: Family, words: Words) -> Grid:
    bases = tuple(dict.fromkeys(base for kind in family.values() for base in kind))
    shown = {kind: row for kind, row in family.items() if not all(map(_is_nothing, row.values()))}
    ordered = sorted(shown.items(), key=lambda item: (-_size(item[1]), _lowest(item[1]), item[0]))[:ROWS_SHOWN]
    rows = tuple(
        ((_kind(argument, kind, words), words.fact(kind)), *(_cell(row.get(base), words) for base in bases))
        for kind, row in ordered
    )
    heads = (_title(f"report.by.{argument}", argument, words), *(words.measurement(check, base) for base in bases))
    title = words.label("report.by", argument=heads[0])
    return Grid(title, heads, rows, (False, *[True] * len(bases)), len(shown) - len(rows), len(family) - len(shown))


def _kind(argument: str, kind: str, words: Words) -> str:
    if argument == "type":
        return words.occurrence_type(kind)
    named = title_of(f"{argument}s.name.{kind}", kind, words.lang)  # as a pack calls it: faults.name.glare
    return _title(f"report.{argument}.{kind}", named, words)


def _cell(measurement: Measurement | None, words: Words) -> tuple[str, str]:
    if measurement is None:
        return "–", ""
    return words.quantity(measurement.value, measurement.unit), words.interval(measurement)


def _is_nothing(measurement: Measurement) -> bool:
    """Whether nothing was seen."""
    return measurement.value == 0


def _size(row: dict[str, Measurement]) -> float:
    return max((m.value for m in row.values() if m.unit == "count" and math.isfinite(m.value)), default=0.0)


def _lowest(row: dict[str, Measurement]) -> float:
    """Return the lowest share, by which kinds are listed of which nothing was counted: the weakest first."""
    return min((m.value for m in row.values() if m.unit == "ratio" and math.isfinite(m.value)), default=0.0)


def _is_number(rows: tuple[tuple[object, ...], ...], index: int) -> bool:
    return bool(rows) and all(len(row) > index and _is_quantity(row[index]) for row in rows)


def _is_quantity(cell: object) -> bool:
    return isinstance(cell, Message) and any(isinstance(value, Quantity) for value in cell.args.values())


def _title(id_: str, fallback: str, words: Words) -> str:
    return one_line(title_of(id_, fallback, words.lang), words.lang)
