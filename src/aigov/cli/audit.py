"""`aigov audit`: the whole line, for one subject or many."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigov.audit import Options, audit
from aigov.cli import options as read
from aigov.cli.console import AuditProgress, make_console, print_assessment
from aigov.cli.settings import complain, current
from aigov.engine import make_engine
from aigov.errors import AigovError, UsageError
from aigov.i18n import msg
from aigov.publish import evidence_folder, keep_evidence, prepare_folder, render, write_reports
from aigov.registry import find_reporters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from aigov.model import Assessment

REPORT_FOLDER = "aigov-report"
_DEFAULT_FORMATS = ("html", "json")


@dataclass(frozen=True, slots=True)
class _Job:
    """What is the same for every subject of one call."""

    policies: tuple[str, ...]
    options: Options
    formats: tuple[str, ...]
    folder: Path | None
    """Where reports go; None for one report to stdout."""
    fail_on: str
    several: bool


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="ID|FILE",
    help="Policy to judge by; repeatable [default: those of aigov.yaml].",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Report format; repeatable. One format without --output goes to stdout.",
)
@click.option("--output", metavar="DIR", help=f"Folder for the reports [default: {REPORT_FOLDER}].")
@click.option(
    "--fail-on",
    type=click.Choice(read.SEVERITIES),
    default="info",
    show_default=True,
    help="Lowest severity whose failure gives exit code 1.",
)
@click.option("--engine", metavar="NAME", help="serial, local or local:N [default: local].")
@click.option("--as-of", metavar="DATE", help="Day for which waivers are judged [default: today].")
@click.option("--waivers", metavar="FILE", help="Waiver file instead of that of aigov.yaml.")
@click.option("--set", "tighten", multiple=True, metavar="NAME=NUMBER", help="Tighten a policy parameter; repeatable.")
@click.option(
    "--redaction-key", metavar="FILE", help="Key of the hashes of redacted values, so that they match between audits."
)
@click.option("--allow-outside", is_flag=True, help="Let paths of aigov.yaml leave its folder.")
@click.option("--allow-network", is_flag=True, help="Ask the served models that aigov.yaml declares.")
def command(paths: tuple[str, ...], policies: tuple[str, ...], formats: tuple[str, ...], **others: object) -> int:
    """Audit the subjects at PATH (default: the nearest aigov.yaml) and write reports."""
    job = _job(paths, policies, formats, others)
    if job.folder is not None:
        prepare_folder(job.folder)
    seen: set[str] = set()
    return worst([_audit_one(path, job, seen) for path in paths or (".",)])


def worst(codes: Sequence[int]) -> int:
    """Return the exit code of several audits: what could not be read, then what failed, then what is open."""
    return next((code for code in (2, 1, 3) if code in codes), 0)


def _job(
    paths: tuple[str, ...], policies: tuple[str, ...], formats: tuple[str, ...], others: dict[str, object]
) -> _Job:
    texts = {name: str(value) if value is not None else None for name, value in others.items()}
    tighten = others["tighten"]
    output = texts["output"]
    to_stdout = len(formats) == 1 and output is None
    if to_stdout and len(paths) > 1:
        raise UsageError(msg("usage.stdout-many"))
    find_reporters(formats)
    settings = Options(
        as_of=read.day(texts["as_of"]),
        waivers=texts["waivers"],
        parameters=read.numbers(tighten if isinstance(tighten, tuple) else ()),
        engine=make_engine(texts["engine"]),
        redaction_key=read.redaction_key(texts["redaction_key"]),
        outside=bool(others["allow_outside"]),
        network=bool(others["allow_network"]),
    )
    folder = None if to_stdout else Path(output or REPORT_FOLDER)
    return _Job(policies, settings, formats or _DEFAULT_FORMATS, folder, str(texts["fail_on"]), len(paths) > 1)


def _audit_one(path: str, job: _Job, seen: set[str]) -> int:
    """Audit one subject; where there are several, an unreadable one is reported and the others go on."""
    settings = current()
    console = make_console(quiet=settings.quiet)
    try:
        with _evidence(job) as evidence:
            with AuditProgress(console, settings.lang) as progress:
                options = dataclasses.replace(
                    job.options, progress=progress, planned=progress.planned, evidence=evidence
                )
                assessment = audit(path, job.policies, options=options)
            written = _write(assessment, job, seen, evidence)
    except AigovError as error:
        if not job.several:
            raise
        complain(f"{path}: {error.sentence(settings.lang)}")
        return 2
    print_assessment(assessment, console, settings.lang, written)
    return read.exit_code(assessment, job.fail_on)


def _evidence(job: _Job) -> AbstractContextManager[Path | None]:
    """Return a folder for evidence where reports go to a folder; stdout has room for one report only."""
    return nullcontext(None) if job.folder is None else evidence_folder(job.folder)


def _write(assessment: Assessment, job: _Job, seen: set[str], evidence: Path | None) -> tuple[Path, ...]:
    lang = current().lang
    if job.folder is None or evidence is None:
        sys.stdout.buffer.write(render(assessment, job.formats[0], lang))
        sys.stdout.buffer.flush()
        return ()
    name = assessment.subject.name
    if job.several and name in seen:
        raise UsageError(msg("usage.same-output", name=name))
    seen.add(name)
    folder = job.folder / _safe(name) if job.several else job.folder
    written = write_reports(assessment, folder, job.formats, lang)
    keep_evidence(evidence, folder)
    return written


def _safe(name: str) -> str:
    """Return a subject's name as one folder name."""
    kept = "".join(character if character.isalnum() or character in "-_." else "-" for character in name)
    return kept.strip(".") or "subject"
