"""`aigov check`: one check without a policy; facts on stdout."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aigov.cli.check_report import as_assessment, found_something, left_something_out
from aigov.cli.console import AuditProgress, make_console, print_observation
from aigov.cli.options import pairs, redaction_key
from aigov.cli.settings import current, json_text
from aigov.engine import make_engine
from aigov.formats import observation_json, occurrences_json
from aigov.i18n import say
from aigov.load.files import MANIFEST
from aigov.load.objects import Named, subject_from_paths
from aigov.model import Crashed, Measured, NotPerformed, Observation, Status, Subject
from aigov.observe import observe
from aigov.parameters import make_parameters, show_parameters
from aigov.plan import plan_check
from aigov.redact import new_key, public
from aigov.registry import find_check, load_checks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from aigov.check import Check

_LITTLE = 8 << 20
"""Bytes below which a check runs in this process (8 MiB: about as long as two workers need to start)."""
_NO_LIMIT = 2**31 - 1


@click.command()
@click.argument("id_", metavar="ID")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--model", "models", multiple=True, metavar="PATH|URL", help="A model to look at.")
@click.option(
    "--dataset", "datasets", multiple=True, metavar="PATH", help="A data set to look at: file, folder or glob."
)
@click.option("--record", "records", multiple=True, metavar="PATH", help="A transparency record to look at.")
@click.option(
    "-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the check; repeatable."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "jsonl", "sarif"]),
    default="table",
    show_default=True,
    help="jsonl: one occurrence a line; sarif: for code-scanning services.",
)
@click.option("--engine", metavar="NAME", help="serial, local or local:N [default: by size].")
@click.option("--redaction-key", "key", metavar="FILE", help="Key of the hashes of redacted values.")
@click.option("--allow-network", is_flag=True, help="Ask the served models that aigov.yaml declares.")
@click.option(
    "--evidence", metavar="DIR", help="Folder for files that prove what was measured, such as every place, a line each."
)
def command(
    id_: str, paths: tuple[str, ...], parameters: tuple[str, ...], format_: str, **others: Any
) -> int:  # Any: click's values
    """Run the check ID on PATH without a policy; `aigov explain ID` says what it measures.

    PATH is a file, a folder, a glob or an aigov.yaml. Exit codes: 0 measured and nothing found; 1 something was found;
    2 unreadable input; 3 not performed, or a part was not covered.
    """
    began, installed = datetime.now(UTC), find_check(id_)
    check = installed.check
    params = make_parameters(check, {**_unlimited(check, format_), **pairs(parameters)})
    key = redaction_key(others["key"])
    subject = _subject(check, paths, others, new_key() if key is None else key)
    engine = make_engine(others["engine"] or _by_size(subject))
    settings = current()
    console = make_console(quiet=settings.quiet)
    with _evidence(others["evidence"]) as folder, AuditProgress(console, settings.lang) as progress:
        looked_at = dataclasses.replace(subject, evidence_folder=folder)
        watched = observe(plan_check(looked_at, check, params, load_checks()), engine, progress)
        if folder is not None:
            from aigov.publish import keep_evidence  # start-up time

            keep_evidence(folder, Path(others["evidence"]))
    observation = next(
        o for o in watched.observations if o.check == check.id and o.parameters == show_parameters(params)
    )
    if format_ == "sarif":
        from aigov.publish import render  # start-up time

        assessment = as_assessment(subject, observation, installed, began, engine.name)
        click.echo(render(assessment, "sarif", settings.lang).decode().rstrip("\n"))
    else:
        _show(observation, format_, settings.lang)
    return exit_code(observation)


def _evidence(path: str | None) -> AbstractContextManager[Path | None]:
    """Return a folder for evidence where one is named."""
    if path is None:
        return nullcontext(None)
    from aigov.publish import evidence_folder, prepare_folder  # start-up time

    prepare_folder(Path(path))
    return evidence_folder(Path(path))


def exit_code(observation: Observation) -> int:
    """Return 1 where something was found, 3 where it was not (wholly) looked at, else 0."""
    match observation.outcome:
        case NotPerformed() | Crashed():
            return 3
        case Measured() as measured:
            if found_something(measured):
                return 1
            return 3 if left_something_out(measured) else 0


def _subject(check: Check[Any], paths: Sequence[str], others: dict[str, Any], key: bytes) -> Subject:
    """Return the subject of a manifest where one is named, else one made of the bare paths."""
    bare = not any(others[role] for role in ("models", "datasets", "records"))
    if len(paths) == 1 and bare:
        path = Path(paths[0])
        manifest = path / MANIFEST if path.is_dir() else path
        if manifest.name == MANIFEST and manifest.is_file():
            from aigov.load.subject import load_subject  # start-up time

            return load_subject(manifest, network=others["allow_network"], redaction_key=key)
    named = Named(tuple(paths), others["models"], others["datasets"], others["records"])
    return subject_from_paths(named, check.inputs, key)


def _by_size(subject: Subject) -> str | None:
    """Return the engine that fits: for little data, starting workers costs more than they save."""
    size = sum(file.size for artifact in subject.artifacts for file in artifact.found)
    return "serial" if size < _LITTLE else None


def _unlimited(check: Check[Any], format_: str) -> dict[str, object]:
    """Return the parameters that list every occurrence, for the format that promises every one."""
    names = {field.name for field in dataclasses.fields(check.params)}
    return {"max_listed": _NO_LIMIT} if format_ in {"jsonl", "sarif"} and "max_listed" in names else {}


def _say_why_not(observation: Observation, lang: str) -> None:
    """Say on stderr why there are no lines, or why there may be too few: silence would read as clean."""
    match observation.outcome:
        case NotPerformed(reason):
            click.echo(f"{observation.check}: {say(reason, lang)}", err=True)
        case Crashed(error):
            click.echo(f"{observation.check}: {error}", err=True)
        case Measured() as measured:
            for artifact in measured.artifacts:
                if artifact.status is Status.NOT_COVERED and artifact.reason is not None:
                    click.echo(f"{public(artifact.path)}: {say(artifact.reason, lang)}", err=True)


def _show(observation: Observation, format_: str, lang: str) -> None:
    if format_ == "table":
        print_observation(observation, make_console(stdout=True), lang)
    elif format_ == "json":
        click.echo(json_text(observation_json(observation, lang), indent=2))
    elif format_ == "jsonl":
        _say_why_not(observation, lang)
        for line in occurrences_json(observation, lang):
            click.echo(json_text(line))
