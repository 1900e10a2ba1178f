"""What is seen at one model and its files: verified, broken, without a signature, or not to be judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from aigov import (
    AigovError,
    ArtifactStatus,
    FrozenMap,
    InputError,
    Location,
    Message,
    Model,
    Occurrence,
    SignatureError,
    Status,
    Subject,
    Tier,
    msg,
)
from aigov_checks.model.signature_trust import Asked, SignatureParams, asked_of, outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov.signing import Verification

_DETECTOR = "model.signature@1"
_REFERENCES = ("CWE-347", "AML.T0010")
_FORMAT = "oms"


class State(StrEnum):
    """What became of a model's signature."""

    VERIFIED = "verified"
    BROKEN = "broken"
    UNSIGNED = "unsigned"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Target:
    """One file or folder that has a signature of its own."""

    path: Path
    name: str
    """As reports call it."""
    signature: Path
    files: tuple[str, ...]
    """Report names of its files."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one target."""

    state: State
    artifacts: tuple[ArtifactStatus, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    facts: FrozenMap[str, str] = field(default_factory=FrozenMap)
    reason: Message | None = None
    """Why it could not be judged."""


def look(subject: Subject, params: SignatureParams, model: Model) -> Look:
    """Return what is seen at a model, of all its files together."""
    if model.absent is not None:
        return Look(State.UNJUDGED, reason=msg("signature.absent", model=model.name, reason=model.absent))
    if model.live:
        return Look(State.UNJUDGED, reason=msg("signature.live", model=model.name))
    try:
        asked = asked_of(subject, params, model)
    except InputError as error:
        return Look(State.UNJUDGED, reason=msg("signature.unreadable", model=model.name, reason=_with_file(error)))
    return _merge([_look_at(model, target, asked) for target in _targets(subject, params, model)])


def _targets(subject: Subject, params: SignatureParams, model: Model) -> list[Target]:
    """Return the folder if the model is one, else each of its files."""
    declared = [file.path for file in model.signature.found] if model.signature and not outside(params) else []
    folder = subject.root / model.declared
    if model.declared and folder.is_dir():
        own = declared[0] if declared else _beside(folder, params)
        files = tuple(file.name for file in model.files if file.path.resolve() != own.resolve())
        return [Target(folder, Path(model.declared).as_posix(), own, files)]
    targets = []
    for file in model.files:
        beside = _beside(file.path, params)
        named = [path for path in declared if path.name == beside.name] or (declared if len(model.files) == 1 else [])
        targets.append(Target(file.path, file.name, named[0] if named else beside, (file.name,)))
    return targets


def _beside(path: Path, params: SignatureParams) -> Path:
    """Return where the signature lies that nobody declared."""
    from aigov.signing import Algorithm, signature_path  # cryptography is loaded when it is needed

    algorithm = outside(params)
    return signature_path(path, Algorithm(algorithm) if algorithm else None)


def _look_at(model: Model, target: Target, asked: Asked) -> Look:
    from aigov.signing import UnsupportedSignatureError  # as above

    lacking = _lacking(model, target, asked)
    if lacking is not None:
        return _unsigned(target, lacking)
    if asked.trust is None:
        return Look(State.UNJUDGED, reason=msg("signature.no-trust", model=model.name))
    try:
        return _examined(target, asked)
    except InputError as error:
        return Look(State.UNJUDGED, reason=msg("signature.unreadable", model=model.name, reason=_with_file(error)))
    except UnsupportedSignatureError as error:
        return Look(State.UNJUDGED, reason=msg("signature.unsupported", model=model.name, reason=error.message))
    except SignatureError as error:
        return _broken(target, msg("signature.invalid", model=model.name, reason=_with_file(error)))


def _with_file(error: AigovError) -> Message:
    """Return what went wrong, with the name of the file but not of its folder."""
    return (
        error.message if error.place is None else msg("error.at", place=Path(error.place.path).name, what=error.message)
    )


def _lacking(model: Model, target: Target, asked: Asked) -> Message | None:
    """Return that there is no signature file; None where there is one."""
    if model.signature is not None and model.signature.absent is not None and not outside(asked.params):
        return msg("signature.declared-missing", model=model.name, reason=model.signature.absent)
    if not target.signature.exists():
        return msg("signature.missing", model=model.name, path=target.signature.name)
    return None


def _examined(target: Target, asked: Asked) -> Look:
    from aigov.signing import examine  # as above

    if asked.trust is None:
        return Look(State.UNJUDGED)
    found = examine(target.path, target.signature, asked.trust, asked.assurance)
    reason = asked.unmet(found)
    return _compared(target, found, asked) if reason is None else _broken(target, reason)


def _unsigned(target: Target, reason: Message) -> Look:
    artifacts = tuple(ArtifactStatus(name, _FORMAT, Status.NOT_COVERED, reason) for name in target.files)
    return Look(State.UNSIGNED, artifacts, (_occurrence("signature.missing", target.name, reason),))


def _broken(target: Target, reason: Message) -> Look:
    artifacts = tuple(ArtifactStatus(name, _FORMAT, Status.UNSAFE, reason) for name in target.files)
    return Look(State.BROKEN, artifacts, (_occurrence("signature.invalid", target.name, reason),))


def _compared(target: Target, found: Verification, asked: Asked) -> Look:
    """Return one status a file: verified, different, or left out by the signer."""
    from aigov.signing import Change  # as above

    name_of = _namer(target)
    seen: dict[str, ArtifactStatus] = {}
    occurrences: list[Occurrence] = []
    for resource in found.resources:
        name = name_of(resource.name)
        seen[name] = ArtifactStatus(name, _FORMAT, Status.CLEAN)
    for difference in found.differences:
        name, reason = name_of(difference.name), msg(f"signature.file.{difference.change.value}")
        known = difference.change in {Change.CHANGED, Change.MISSING, Change.UNREADABLE}
        seen[name] = ArtifactStatus(name, _FORMAT, Status.UNSAFE if known else Status.NOT_COVERED, reason)
        occurrences.append(_occurrence(f"signature.{difference.change.value}", name, reason))
    for inner in found.uncovered:
        name, reason = name_of(inner), msg("signature.file.uncovered")
        seen[name] = ArtifactStatus(name, _FORMAT, Status.NOT_COVERED, reason)
        occurrences.append(_occurrence("signature.uncovered", name, reason))
    whole = not found.differences and not found.uncovered
    facts = FrozenMap(_said(found, asked))
    artifacts = tuple(seen[name] for name in sorted(seen))
    return Look(State.VERIFIED if whole else State.BROKEN, artifacts, tuple(occurrences), facts)


def _said(found: Verification, asked: Asked) -> dict[str, str]:
    """Return what a report tells about a signature; the day only where the answer depends on it."""
    said = {"scheme": found.scheme, "algorithm": found.algorithm, "fingerprint": found.fingerprint, "root": found.root}
    if found.signed_before is not None:
        said["signed_before"] = found.signed_before.isoformat()
    if asked.dated and asked.assurance.at is not None:
        said["judged_on"] = asked.assurance.at.date().isoformat()
    return said


def _namer(target: Target) -> Callable[[str], str]:
    """Return how a name within the model becomes a report name."""
    if target.path.is_dir():
        return lambda name: f"{target.name.rstrip('/')}/{name}"
    return lambda _: target.name


def _occurrence(kind: str, name: str, reason: Message) -> Occurrence:
    return Occurrence(kind, Location(name), reason, Tier.VERIFIED, _DETECTOR, references=_REFERENCES)


def _merge(looks: list[Look]) -> Look:
    """Return one look a model: the worst state of its files, everything that was seen."""
    order = (State.BROKEN, State.UNSIGNED, State.UNJUDGED, State.VERIFIED)
    worst = min((one.state for one in looks), key=order.index)
    return Look(
        worst,
        tuple(artifact for one in looks for artifact in one.artifacts),
        tuple(occurrence for one in looks for occurrence in one.occurrences),
        next((one.facts for one in looks if one.facts), FrozenMap()),
        next((one.reason for one in looks if one.reason), None),
    )
