"""The straight line: load, plan, observe, judge."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from aigov.conditions import Answer, Truth, evaluate
from aigov.engine import Engine, Serial, make_engine
from aigov.errors import UsageError
from aigov.i18n import FrozenMap, Message, msg
from aigov.judge import judge
from aigov.load.policy import find_policy, load_policy
from aigov.load.subject import find_manifest, load_subject
from aigov.load.waivers import load_waivers
from aigov.model import (
    ArtifactSummary,
    Assessment,
    CheckSummary,
    Observation,
    Policy,
    PolicySummary,
    Run,
    Subject,
    SubjectSummary,
    Waiver,
)
from aigov.observe import Progress, Watched, observe
from aigov.plan import Plan, make_plan
from aigov.redact import new_key
from aigov.registry import Installed, installed_checks
from aigov.waive import uses_of

DEFAULT_POLICIES = ("baseline",)


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
    outside: bool = False
    """Whether paths of the subject may leave its folder."""
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
    loaded = _load(subject, chosen)
    books = _load_policies(_names(policies, loaded), loaded, chosen.parameters)
    waivers = _load_waivers(loaded, chosen)
    installed = installed_checks()
    plan = make_plan(books, loaded, {id_: item.check for id_, item in installed.items()})
    if chosen.planned is not None:
        chosen.planned(plan, books)
    watched = observe(plan, runner, chosen.progress)
    today = chosen.as_of or date.today()  # noqa: DTZ011  # waivers expire by the plant's calendar
    run = _run(began, watched, runner)
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
        subject=summary_of(plan.subject),
        as_of=today,
        policies=tuple(_policy_summary(policy, plan.subject) for policy in policies),
        findings=findings,
        observations=tuple(observations),
        checks=tuple(_check_summary(installed[id_]) for id_ in dict.fromkeys(o.check for o in observations)),
        waivers=uses_of(waivers, findings, observations, today),
        run=run,
    )


def summary_of(subject: Subject) -> SubjectSummary:
    """Return what reports say about a subject, without its contents."""
    artifacts = tuple(
        ArtifactSummary(
            artifact.name,
            artifact.role.value,
            artifact.declared,
            tuple((file.name, file.size, file.sha256) for file in artifact.found),
            artifact.absent,
        )
        for artifact in subject.artifacts
    )
    context = FrozenMap({name: _show(value) for name, value in subject.context.items()})
    return SubjectSummary(
        subject.name, subject.version, subject.title, subject.owner, context, artifacts, Path(subject.source).name
    )


def _load(subject: str | Path | Subject, options: Options) -> Subject:
    if isinstance(subject, Subject):
        return subject
    key = new_key() if options.redaction_key is None else options.redaction_key
    return load_subject(find_manifest(Path(subject)), outside=options.outside, redaction_key=key)


def _names(policies: Sequence[str] | None, subject: Subject) -> tuple[str, ...]:
    names = tuple(policies or subject.policies or DEFAULT_POLICIES)
    if len(set(names)) != len(names):
        raise UsageError(msg("usage.policy-twice", name=next(name for name in names if names.count(name) > 1)))
    return names


def _load_policies(names: Sequence[str], subject: Subject, tighten: Mapping[str, float]) -> tuple[Policy, ...]:
    """Return the policies, each with those parameters tightened that it declares."""
    paths = [_policy_path(name, subject) for name in names]
    plain = [load_policy(path, name=_shown(name, path)) for name, path in zip(names, paths, strict=True)]
    known = {parameter for policy in plain for parameter in policy.parameters}
    for name in tighten:
        if name not in known:
            raise UsageError(
                msg("usage.unknown-policy-parameter", name=name), hint=msg("usage.known", known=tuple(sorted(known)))
            )
    return tuple(
        load_policy(path, {k: value for k, value in tighten.items() if k in policy.parameters}, name=policy.path)
        for path, policy in zip(paths, plain, strict=True)
    )


def _policy_path(name: str, subject: Subject) -> Path:
    local = subject.root / name
    return local if name.endswith((".yaml", ".yml")) and local.is_file() else find_policy(name)


def _shown(name: str, path: Path) -> str:
    """Return how errors call a policy file: as the user wrote it, or the file name of a shipped one."""
    return name if name.endswith((".yaml", ".yml")) else path.name


def _load_waivers(subject: Subject, options: Options) -> tuple[Waiver, ...]:
    path = options.waivers or subject.waivers
    return load_waivers(Path(path)) if path else ()


def _policy_summary(policy: Policy, subject: Subject) -> PolicySummary:
    answer = evaluate(policy.applies, subject.context)
    return PolicySummary(
        id=policy.id,
        edition=policy.edition,
        title=policy.title,
        status=policy.status,
        sha256=policy.sha256,
        path=Path(policy.path).name,
        applicable=answer.truth is not Truth.FALSE,
        reason=_why(answer),
        controls=len(policy.controls),
        rules=sum(len(control.rules) for control in policy.controls),
        issued=policy.issued,
        issuer=policy.issuer,
        note=policy.note,
    )


def _why(answer: Answer) -> Message:
    if not answer.facts:
        return msg("policy.applies-always")
    ids = {Truth.TRUE: "policy.applies", Truth.FALSE: "policy.does-not-apply", Truth.UNKNOWN: "policy.assumed"}
    return msg(ids[answer.truth], facts=answer.facts)


def _check_summary(installed: Installed) -> CheckSummary:
    check = installed.check
    return CheckSummary(
        check.id, check.version, check.title, check.doc, installed.distribution, installed.distribution_version
    )


def _run(began: datetime, watched: Watched, engine: Engine) -> Run:
    return Run(
        started=began,
        ended=datetime.now(UTC),
        aigov_version=version("aigov"),
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        engine=engine.name,
        seconds=watched.seconds,
    )


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
