"""What a person sees in the terminal: progress while an audit runs, then its verdict, on stderr."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console

from aigov.cli.console_findings import blocking, open_questions, quiet_results
from aigov.cli.console_observation import print_observation
from aigov.cli.console_progress import AuditProgress
from aigov.cli.console_summary import header, looked, written_files
from aigov.cli.console_verdict import verdict_line
from aigov.cli.console_voice import Voice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aigov.model import Assessment

_LOG_WIDTH = 120
"""Columns where no terminal says how many there are: a log of a pipeline."""

__all__ = ["AuditProgress", "make_console", "print_assessment", "print_observation"]


def make_console(*, quiet: bool = False, stdout: bool = False) -> Console:
    """Return a console that takes no markup from text; colours follow the terminal, `NO_COLOR` and `TERM`."""
    console = Console(stderr=not stdout, quiet=quiet, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _LOG_WIDTH
    return console


def print_assessment(assessment: Assessment, console: Console, lang: str, written: Sequence[Path] = ()) -> None:
    """Print what was looked at, the verdict, what blocks and why, what is open, and where the reports are."""
    voice = Voice.of(console, lang)
    console.print(header(assessment, voice))
    console.print(looked(assessment, voice))
    console.print()
    console.print(verdict_line(assessment, voice))
    console.print()
    for part in (*blocking(assessment, voice), *open_questions(assessment, voice), *quiet_results(assessment, voice)):
        console.print(part)
    last = written_files(assessment, written, voice)
    if last:
        console.print()
        console.print(last)
