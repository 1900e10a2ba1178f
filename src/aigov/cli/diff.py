"""`aigov diff`: two models tensor by tensor; ADR 25."""

from __future__ import annotations

from typing import Any

import click

from aigov.cli.check import exit_code
from aigov.cli.console import AuditProgress, make_console, print_observation
from aigov.cli.settings import current, json_text
from aigov.engine import make_engine
from aigov.formats import observation_json, occurrences_json
from aigov.load.objects import Named, subject_from_paths
from aigov.model import Role
from aigov.observe import observe
from aigov.plan import plan_check
from aigov.registry import find_check, load_checks

_CHECK = "model.difference"


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(first: str, second: str, format_: str, **_shared: Any) -> int:  # Any: click's values
    """Say which tensors of model B were added, removed or changed against model A.

    A and B are files or folders, in the same format or not; tensors are matched by name, then by digest. Exit codes:
    0 the same weights; 1 they differ; 2 unreadable input; 3 they could not be compared.
    """
    check = find_check(_CHECK).check
    settings = current()
    subject = subject_from_paths(Named(models=(first, second)), (Role.MODEL,))
    with AuditProgress(make_console(quiet=settings.quiet), settings.lang) as progress:
        plan = plan_check(subject, check, check.params(), load_checks())
        [observation] = observe(plan, make_engine("serial"), progress).observations
    if format_ == "json":
        document = observation_json(observation, settings.lang)
        document["differences"] = list(occurrences_json(observation, settings.lang))
        click.echo(json_text(document, indent=2))
    else:
        print_observation(observation, make_console(stdout=True), settings.lang)
    return exit_code(observation)
