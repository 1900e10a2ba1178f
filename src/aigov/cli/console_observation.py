"""One observation as tables, for `aigov check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text as Line

from aigov.cli.console_summary import headline, total_of
from aigov.cli.console_tables import grids
from aigov.cli.console_voice import Voice
from aigov.model import Location, Measured, Measurement, Observation, Status, Verdict, kind_of

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN = 20
_FILES = 2_000
"""Files that have a line; a folder of a model rarely has more."""
_COLUMNS = 5
_STATUSES = {
    Status.CLEAN: Verdict.PASS,
    Status.SUSPICIOUS: Verdict.INCONCLUSIVE,
    Status.UNSAFE: Verdict.FAIL,
    Status.NOT_COVERED: Verdict.NOT_ASSESSED,
}


def print_observation(observation: Observation, console: Console, lang: str) -> None:
    """Print what a check saw: numbers, the state of each file, the first occurrences, and notes."""
    voice = Voice.of(console, lang)
    console.print(Line(voice.plain(f"{observation.check}@{observation.version}"), "bold"))
    measured = observation.outcome
    if not isinstance(measured, Measured):
        console.print(headline(observation, voice))
        return
    console.print(_numbers(observation.check, measured, voice))
    for grid in grids(observation.check, measured, voice):
        console.print()
        console.print(grid)
    if measured.artifacts:
        console.print()
        _print_files(measured, console, voice)
    if measured.occurrences:
        console.print()
        console.print(_occurrences(measured, voice))
        hidden = total_of(measured) - min(_SHOWN, len(measured.occurrences))
        if hidden > 0:
            console.print(Line(voice.label("console.more-occurrences", count=hidden), "dim"))
    for note in measured.notes[:_SHOWN]:
        console.print(Line(voice.say(note)))


def _grid() -> Table:
    """Return a table without lines, its empty first column for the indent; what is too long goes on below."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(_COLUMNS):
        table.add_column(overflow="fold")
    return table


def _numbers(check: str, measured: Measured, voice: Voice) -> Table:
    table = _grid()
    zeros = [name for name, measurement in measured.measurements.items() if _is_nothing(name, measurement)]
    for name, measurement in measured.measurements.items():
        if kind_of(name) is not None:
            continue
        sample = "" if measurement.n is None else voice.label("console.samples", count=measurement.n)
        why = voice.say(measurement.limits) if measurement.limits is not None else ""
        value = Line(voice.measurement(measurement), "bold")
        table.add_row("", Line(voice.measured_name(check, name)), value, Line(sample, "dim"), Line(why, "dim"))
    if zeros:
        table.add_row("", Line(voice.label("console.zeros", count=len(zeros)), "dim"))
    return table


def _is_nothing(name: str, measurement: Measurement) -> bool:
    """Return whether it is one of a family, `occurrences[type=iban]`, of which nothing was seen."""
    return measurement.value == 0 and kind_of(name) is not None


def _print_files(measured: Measured, console: Console, voice: Voice) -> None:
    """Print one row a file; many files go out as plain lines, which is faster and can be searched."""
    if len(measured.artifacts) <= _SHOWN:
        console.print(_files(measured, voice))
        return
    states = {
        status: f"{voice.mark(verdict)} {voice.label(f'console.status.{status.value}')}"
        for status, verdict in _STATUSES.items()
    }
    for artifact in measured.artifacts[:_FILES]:
        reason = voice.say(artifact.reason) if artifact.reason is not None else ""
        path, format_ = voice.plain(artifact.path), voice.plain(artifact.format)
        console.file.write(f"  {states[artifact.status]:<14}  {path}  {format_}  {reason}".rstrip() + "\n")
    if len(measured.artifacts) > _FILES:
        console.print(Line(voice.label("console.more-files", count=len(measured.artifacts) - _FILES), "dim"))


def _files(measured: Measured, voice: Voice) -> Table:
    table = _grid()
    for artifact in measured.artifacts:
        reason = voice.say(artifact.reason) if artifact.reason is not None else ""
        state = Line.assemble(
            voice.mark(_STATUSES[artifact.status]), " ", voice.label(f"console.status.{artifact.status.value}")
        )
        table.add_row(
            "", state, Line(voice.plain(artifact.path)), Line(voice.plain(artifact.format), "dim"), Line(reason)
        )
    return table


def _occurrences(measured: Measured, voice: Voice) -> Table:
    table = _grid()
    for occurrence in measured.occurrences[:_SHOWN]:
        place = Line(voice.plain(_place(occurrence.location)))
        table.add_row(
            "",
            place,
            Line(voice.plain(occurrence.type), "cyan"),
            Line(voice.plain(occurrence.masked or "")),
            Line(voice.say(occurrence.message)),
        )
    return table


def _place(location: Location) -> str:
    """Return `path:line pointer start-end`, as editors understand it."""
    place = location.path if location.line is None else f"{location.path}:{location.line}"
    if location.pointer is not None:
        place += f" {location.pointer}"
    return place if location.start is None else f"{place} {location.start}-{location.end}"
