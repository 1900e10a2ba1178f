"""Numbers of one kind each and the tables of a check, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text as Line

from aigov.i18n import title_of
from aigov.model import Measured, Measurement, families

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov.cli.console_voice import Voice

_SHOWN = 20

Family = dict[str, dict[str, Measurement]]
"""Kind to what was measured of it."""


def grids(check: str, measured: Measured, voice: Voice) -> Iterator[Grid]:
    """Yield a table for each argument by which something was told apart, then those that the check hands over."""
    for argument, family in _seen(measured):
        bases = tuple(dict.fromkeys(base for row in family.values() for base in row))
        heads = [_title(argument, voice), *(voice.measured_name(check, base) for base in bases)]
        rows = [[voice.plain(kind), *(_value(row.get(base), voice) for base in bases)] for kind, row in family.items()]
        yield _grid(heads, rows)
    for table in measured.tables:
        heads = [voice.say(head) for head in table.columns]
        yield _grid(heads, [[voice.say(cell) for cell in row] for row in table.rows[:_SHOWN]])


def _seen(measured: Measured) -> Iterator[tuple[str, Family]]:
    """Yield each argument with the kinds of which something was seen."""
    for argument, family in families(measured.measurements).items():
        seen = {kind: row for kind, row in sorted(family.items()) if any(m.value for m in row.values())}
        if seen:
            yield argument, seen


def _title(argument: str, voice: Voice) -> str:
    return voice.plain(title_of(f"console.by.{argument}", argument, voice.lang))


def _value(measurement: Measurement | None, voice: Voice) -> str:
    return "" if measurement is None else voice.measurement(measurement)


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    """Return a table without lines, its empty first column for the indent."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for _ in range(len(heads) + 1):
        grid.add_column(overflow="fold")
    grid.add_row("", *(Line(head, "dim") for head in heads))
    for row in rows:
        grid.add_row("", *(Line(cell) for cell in row[: len(heads)]))
    return grid
