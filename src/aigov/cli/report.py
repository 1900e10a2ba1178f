"""`aigov report DIR`: a stored assessment rendered again; nothing is measured or judged."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aigov.cli.console import make_console, print_assessment
from aigov.cli.options import SEVERITIES, exit_code
from aigov.cli.settings import current
from aigov.publish import prepare_folder, read_assessment, render, write_reports


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Report format; repeatable. Without one, the terminal view.",
)
@click.option("--output", metavar="DIR", help="Folder for the reports; one format without it goes to stdout.")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="info",
    show_default=True,
    help="Lowest severity whose failure gives exit code 1.",
)
def command(folder: str, formats: tuple[str, ...], output: str | None, fail_on: str) -> int:
    """Render the assessment in DIR (a report folder or an assessment.json) again, in another format or language."""
    assessment = read_assessment(Path(folder))
    settings = current()
    written: tuple[Path, ...] = ()
    if len(formats) == 1 and output is None:
        sys.stdout.buffer.write(render(assessment, formats[0], settings.lang))
        sys.stdout.buffer.flush()
    elif formats:
        target = Path(output) if output else _folder_of(folder)
        prepare_folder(target)
        written = write_reports(assessment, target, formats, settings.lang)
    print_assessment(assessment, make_console(quiet=settings.quiet), settings.lang, written)
    return exit_code(assessment, fail_on)


def _folder_of(path: str) -> Path:
    return Path(path) if Path(path).is_dir() else Path(path).parent
