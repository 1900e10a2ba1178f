"""What an assessment keeps of its subject, policies, checks and run: all that a report may say about them."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.conditions import Answer, Truth, evaluate
from aigov.i18n import FrozenMap, Message, msg
from aigov.model import ArtifactSummary, CheckSummary, Policy, PolicySummary, Run, Subject, SubjectSummary

if TYPE_CHECKING:
    from aigov.registry import Installed


def subject_summary(subject: Subject) -> SubjectSummary:
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


def policy_summary(policy: Policy, subject: Subject) -> PolicySummary:
    """Return a policy as it was applied, with why it applies."""
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


def check_summary(installed: Installed) -> CheckSummary:
    """Return a check with its documentation and the distribution that brought it."""
    check = installed.check
    return CheckSummary(
        check.id, check.version, check.title, check.doc, installed.distribution, installed.distribution_version
    )


def run_summary(began: datetime, seconds: FrozenMap[str, float], engine: str) -> Run:
    """Return the circumstances of a run that began at `began` and ends now."""
    return Run(
        started=began,
        ended=datetime.now(UTC),
        aigov_version=version("aigov"),
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        engine=engine,
        seconds=seconds,
    )


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
