"""The straight line: load, plan, observe, judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from aigov.engine import Engine, Serial, make_engine
from aigov.i18n import FrozenMap
from aigov.judge import judge
from aigov.load.required import load_accepted, load_required
from aigov.load.subject import find_manifest, load_subject
from aigov.model import (
    Assessment,
    Observation,
    Policy,
    Run,
    Subject,
    Waiver,
)
from aigov.observe import observe
from aigov.plan import Plan, make_plan
from aigov.redact import new_key
from aigov.registry import Installed, installed_checks
from aigov.summaries import check_summary, policy_summary, run_summary, subject_summary
from aigov.units import Progress
from aigov.waive import uses_of


@dataclass(frozen=True, slots=True)
class Options:
    """How an audit runs; what is audited and required is said elsewhere."""

    as_of: date | None = None
    """Day for which waivers and dates are judged; today by default."""
    waivers: str | None = None
    """Waiver file; by default the one that the subject names."""
    parameters: Mapping[str, float] = field(default_factory=FrozenMap)
    """Policy parameters to tighten, by name."""
    engine: Engine = field(default_factory=Serial)
    progress: Callable[[Progress], None] | None = None
    redaction_key: bytes | None = None
    """Key of the hashes of redacted values; a new one a run by default."""
    evidence: Path | None = None
    """Folder for files that prove what was measured; none are written by default."""
    outside: bool = False
    """Whether paths of the subject may leave its folder."""
    network: bool = False
    """Whether models that the subject declares as served may be asked over the network."""
    planned: Callable[[Plan, tuple[Policy, ...]], None] | None = None
    """Called once when everything is loaded and nothing has run."""


def audit(
    subject: str | Path | Subject = ".",
    policies: Sequence[str] | None = None,
    *,
    engine: str | Engine | None = None,
    options: Options | None = None,
) -> Assessment:
    """Return the assessment of a subject: a folder or manifest, or a Subject of live objects.

    Args:
        subject: path of `aigov.yaml`, of its folder or of one below it; or a Subject.
        policies: ids of shipped policies or paths; by default those that the subject names, else `baseline`.
        engine: `serial` (default here), `local` or `local:N`; live objects are always audited in this process.
        options: everything else.

    Raises:
        InputError: the manifest, a policy or the waivers cannot be read.
        PolicyError: a policy names a check, parameter, measurement or unit that does not exist.
        UsageError: an unknown policy or engine.
    """
    chosen = options or Options()
    runner = (
        engine
        if engine is not None and not isinstance(engine, str)
        else make_engine(engine)
        if engine
        else chosen.engine
    )
    began = datetime.now(UTC)
    loaded = dataclasses.replace(_load(subject, chosen), evidence_folder=chosen.evidence)
    books = load_required(policies, loaded, chosen.parameters)
    waivers = load_accepted(chosen.waivers, loaded)
    installed = installed_checks()
    plan = make_plan(books, loaded, {id_: item.check for id_, item in installed.items()})
    if chosen.planned is not None:
        chosen.planned(plan, books)
    watched = observe(plan, runner, chosen.progress)
    today = chosen.as_of or date.today()  # noqa: DTZ011  # waivers expire by the plant's calendar
    run = run_summary(began, watched.seconds, runner.name)
    return assess(plan, books, watched.observations, waivers, today, installed, run)


def assess(  # noqa: PLR0913, PLR0917  # everything that an assessment holds
    plan: Plan,
    policies: Sequence[Policy],
    observations: Sequence[Observation],
    waivers: Sequence[Waiver],
    today: date,
    installed: Mapping[str, Installed],
    run: Run,
) -> Assessment:
    """Judge every planned rule against the observations; one finding a rule, in policy order."""
    by_key = {observation.key: observation for observation in observations}
    findings = tuple(judge(planned, by_key.get(planned.observation or ""), waivers, today) for planned in plan.rules)
    return Assessment(
        subject=subject_summary(plan.subject),
        as_of=today,
        policies=tuple(policy_summary(policy, plan.subject) for policy in policies),
        findings=findings,
        observations=tuple(observations),
        checks=tuple(check_summary(installed[id_]) for id_ in dict.fromkeys(o.check for o in observations)),
        waivers=uses_of(waivers, findings, observations, today),
        run=run,
    )


def _load(subject: str | Path | Subject, options: Options) -> Subject:
    if isinstance(subject, Subject):
        return subject
    key = new_key() if options.redaction_key is None else options.redaction_key
    return load_subject(
        find_manifest(Path(subject)), outside=options.outside, network=options.network, redaction_key=key
    )
