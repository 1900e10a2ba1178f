"""`aigov record validate`: a transparency record against its schema, every mistake with its line."""

from __future__ import annotations

import click

from aigov.cli.settings import complain, current, tell
from aigov.i18n import msg
from aigov.load.document import load_document
from aigov.load.schema import problems


@click.group()
def command() -> None:
    """Check a transparency record."""


@command.command()
@click.argument("path")
def validate(path: str) -> int:
    """Check the record at PATH against its schema; print every mistake with file and line."""
    found = problems(load_document(path), "record")
    for problem in found:
        complain(problem.sentence(current().lang))
    if not found:
        tell(msg("record.valid", path=path))
    return 2 if found else 0
