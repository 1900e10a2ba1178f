"""What an audit requires: the policies by id or path, tightened as asked, and the waivers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aigov.errors import UsageError
from aigov.i18n import msg
from aigov.load.policy import find_policy, load_policy
from aigov.load.waivers import load_waivers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aigov.model import Policy, Subject, Waiver

DEFAULT_POLICIES = ("baseline",)


def load_required(names: Sequence[str] | None, subject: Subject, tighten: Mapping[str, float]) -> tuple[Policy, ...]:
    """Return the policies named, else those of the subject, else `baseline`.

    Raises:
        UsageError: an unknown policy or parameter, or a policy named twice.
        PolicyError: a policy file is wrong, or a parameter would be loosened.
    """
    return _load_policies(_names(names, subject), subject, tighten)


def load_accepted(path: str | None, subject: Subject) -> tuple[Waiver, ...]:
    """Return the waivers of a file, else of the one that the subject names, else none.

    Raises:
        InputError: the file cannot be read.
    """
    chosen = path or subject.waivers
    return load_waivers(Path(chosen)) if chosen else ()


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
