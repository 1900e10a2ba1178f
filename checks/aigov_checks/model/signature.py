"""Whether the weights are the bytes that a trusted key signed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from aigov import (
    AigovError,
    ArtifactStatus,
    FrozenMap,
    InputError,
    Interval,
    Location,
    Measured,
    Measurement,
    Message,
    Model,
    NotPerformed,
    Occurrence,
    SignatureError,
    Status,
    Subject,
    Tier,
    check,
    count,
    flag,
    msg,
)
from aigov_checks.model.signature_trust import Asked, SignatureParams, asked_of, check_extras, outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov.model import Fact
    from aigov.signing import Verification

_DETECTOR = "model.signature@1"
_REFERENCES = ("CWE-347", "AML.T0010")
_MAX_OCCURRENCES = 1000
_FORMAT = "oms"
_MISSING = msg("signature.file.missing")


class _State(StrEnum):
    VERIFIED = "verified"
    BROKEN = "broken"
    UNSIGNED = "unsigned"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class _Target:
    """One file or folder that has a signature of its own."""

    path: Path
    name: str
    """As reports call it."""
    signature: Path
    files: tuple[str, ...]
    """Report names of its files."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen at one target."""

    state: _State
    artifacts: tuple[ArtifactStatus, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    facts: FrozenMap[str, str] = field(default_factory=FrozenMap)
    reason: Message | None = None
    """Why it could not be judged."""


@check(
    id="model.signature",
    title="Signature of the weights",
    inputs=("model",),
    measures={
        "signature_valid": "boolean",
        "models_signed": "count",
        "models_unsigned": "count",
        "files_uncovered": "count",
    },
    params=SignatureParams,
)
def signature(subject: Subject, params: SignatureParams) -> Measured | NotPerformed:
    """Verify the signature of every model.

    What it measures
    Whether every model carries a signature that holds under the trusted key or root certificates, by the algorithm
    and with the digests that the policy asks for, and covers every one of its files:
    `signature_valid` (boolean); `models_signed` and `models_unsigned` (models with and without a signature file);
    `files_uncovered` (files of models that no valid signature vouches for). Per file: `clean` is verified, `unsafe`
    differs from what was signed or has a signature that does not hold, `not-covered` has none.

    Why it matters
    Weights without a signature can be exchanged or damaged between the training server and the line. One changed
    bit can plant a backdoor or break a controller without showing in an accuracy test. A signature ties the bytes
    that will run to whoever released them.

    How
    For each model the declared signature, else `<file>.sig` beside a file or `model.sig` in a folder, is read as an
    OpenSSF Model Signing v1.0 bundle (Sigstore bundle, DSSE envelope, in-toto statement). The signature is verified
    before the statement is parsed; the statement is parsed strictly; every file or shard on disk is hashed again and
    compared. Links are never followed, files that were added to a signed folder are reported, empty files count, and
    what the signer left out is listed as not covered. A certificate must chain to the roots, be for code signing,
    name the identity, and be valid at the present or at the time of a trusted RFC 3161 timestamp. Where they are
    given, revocation lists must be current and a signed deny-list must not be older than the policy says. Ed25519,
    ML-DSA-65 and SM2 with SM3 are read from a bundle of aigov's own profile, `<model>.<algorithm>.sig`.

    Limits
    A signature says who vouched for the bytes, not that the model is safe or right. Without a deny-list or revocation
    list a leaked key's signatures still verify; without a trusted timestamp nobody knows when a signature was made.
    Where certificates, timestamps or a deny-list play a part the answer depends on the day, which the observation
    names. Sigstore keyless signatures are not judged by this check.

    References
    OpenSSF Model Signing v1.0. DSSE v1.0. in-toto Attestation Framework v1. FIPS 186-5 (ECDSA). FIPS 204 (ML-DSA).
    RFC 8032 (Ed25519). GB/T 32918.2 and GM/T 0009 (SM2). GB/T 32905 (SM3). RFC 5280. RFC 3161. CWE-347.
    MITRE ATLAS AML.T0010.
    """
    if not subject.models:
        return NotPerformed(msg("signature.none"))
    check_extras(params)
    return _measure([(model, _look(subject, params, model)) for model in subject.models])


def _readable(model: Model) -> bool:
    return not model.live and model.absent is None


def _look(subject: Subject, params: SignatureParams, model: Model) -> _Look:
    if model.absent is not None:
        return _Look(_State.UNJUDGED, reason=msg("signature.absent", model=model.name, reason=model.absent))
    if model.live:
        return _Look(_State.UNJUDGED, reason=msg("signature.live", model=model.name))
    try:
        asked = asked_of(subject, params, model)
    except InputError as error:
        return _Look(_State.UNJUDGED, reason=msg("signature.unreadable", model=model.name, reason=_with_file(error)))
    return _merge([_look_at(model, target, asked) for target in _targets(subject, params, model)])


def _targets(subject: Subject, params: SignatureParams, model: Model) -> list[_Target]:
    """Return the folder if the model is one, else each of its files."""
    declared = [file.path for file in model.signature.found] if model.signature and not outside(params) else []
    folder = subject.root / model.declared
    if model.declared and folder.is_dir():
        own = declared[0] if declared else _beside(folder, params)
        files = tuple(file.name for file in model.files if file.path.resolve() != own.resolve())
        return [_Target(folder, Path(model.declared).as_posix(), own, files)]
    targets = []
    for file in model.files:
        beside = _beside(file.path, params)
        named = [path for path in declared if path.name == beside.name] or (declared if len(model.files) == 1 else [])
        targets.append(_Target(file.path, file.name, named[0] if named else beside, (file.name,)))
    return targets


def _beside(path: Path, params: SignatureParams) -> Path:
    """Return where the signature lies that nobody declared."""
    from aigov.signing import Algorithm, signature_path  # cryptography is loaded when it is needed

    algorithm = outside(params)
    return signature_path(path, Algorithm(algorithm) if algorithm else None)


def _look_at(model: Model, target: _Target, asked: Asked) -> _Look:
    from aigov.signing import UnsupportedSignatureError  # as above

    lacking = _lacking(model, target, asked)
    if lacking is not None:
        return _unsigned(target, lacking)
    if asked.trust is None:
        return _Look(_State.UNJUDGED, reason=msg("signature.no-trust", model=model.name))
    try:
        return _examined(target, asked)
    except InputError as error:
        return _Look(_State.UNJUDGED, reason=msg("signature.unreadable", model=model.name, reason=_with_file(error)))
    except UnsupportedSignatureError as error:
        return _Look(_State.UNJUDGED, reason=msg("signature.unsupported", model=model.name, reason=error.message))
    except SignatureError as error:
        return _broken(target, msg("signature.invalid", model=model.name, reason=_with_file(error)))


def _with_file(error: AigovError) -> Message:
    """Return what went wrong, with the name of the file but not of its folder."""
    return (
        error.message if error.place is None else msg("error.at", place=Path(error.place.path).name, what=error.message)
    )


def _lacking(model: Model, target: _Target, asked: Asked) -> Message | None:
    """Return that there is no signature file; None where there is one."""
    if model.signature is not None and model.signature.absent is not None and not outside(asked.params):
        return msg("signature.declared-missing", model=model.name, reason=model.signature.absent)
    if not target.signature.exists():
        return msg("signature.missing", model=model.name, path=target.signature.name)
    return None


def _examined(target: _Target, asked: Asked) -> _Look:
    from aigov.signing import examine  # as above

    if asked.trust is None:
        return _Look(_State.UNJUDGED)
    found = examine(target.path, target.signature, asked.trust, asked.assurance)
    reason = asked.unmet(found)
    return _compared(target, found, asked) if reason is None else _broken(target, reason)


def _unsigned(target: _Target, reason: Message) -> _Look:
    artifacts = tuple(ArtifactStatus(name, _FORMAT, Status.NOT_COVERED, reason) for name in target.files)
    return _Look(_State.UNSIGNED, artifacts, (_occurrence("signature.missing", target.name, reason),))


def _broken(target: _Target, reason: Message) -> _Look:
    artifacts = tuple(ArtifactStatus(name, _FORMAT, Status.UNSAFE, reason) for name in target.files)
    return _Look(_State.BROKEN, artifacts, (_occurrence("signature.invalid", target.name, reason),))


def _compared(target: _Target, found: Verification, asked: Asked) -> _Look:
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
    return _Look(_State.VERIFIED if whole else _State.BROKEN, artifacts, tuple(occurrences), facts)


def _said(found: Verification, asked: Asked) -> dict[str, str]:
    """Return what a report tells about a signature; the day only where the answer depends on it."""
    said = {"scheme": found.scheme, "algorithm": found.algorithm, "fingerprint": found.fingerprint, "root": found.root}
    if found.signed_before is not None:
        said["signed_before"] = found.signed_before.isoformat()
    if asked.dated and asked.assurance.at is not None:
        said["judged_on"] = asked.assurance.at.date().isoformat()
    return said


def _namer(target: _Target) -> Callable[[str], str]:
    """Return how a name within the model becomes a report name."""
    if target.path.is_dir():
        return lambda name: f"{target.name.rstrip('/')}/{name}"
    return lambda _: target.name


def _occurrence(kind: str, name: str, reason: Message) -> Occurrence:
    return Occurrence(kind, Location(name), reason, Tier.VERIFIED, _DETECTOR, references=_REFERENCES)


def _merge(looks: list[_Look]) -> _Look:
    """Return one look a model: the worst state of its files, everything that was seen."""
    order = (_State.BROKEN, _State.UNSIGNED, _State.UNJUDGED, _State.VERIFIED)
    worst = min((look.state for look in looks), key=order.index)
    return _Look(
        worst,
        tuple(artifact for look in looks for artifact in look.artifacts),
        tuple(occurrence for look in looks for occurrence in look.occurrences),
        next((look.facts for look in looks if look.facts), FrozenMap()),
        next((look.reason for look in looks if look.reason), None),
    )


def _measure(looks: list[tuple[Model, _Look]]) -> Measured | NotPerformed:
    unjudged = tuple(look.reason for _, look in looks if look.reason is not None)
    states = [look.state for _, look in looks]
    if set(states) == {_State.UNJUDGED}:
        return NotPerformed(unjudged[0] if len(unjudged) == 1 else msg("signature.partly", reasons=unjudged))
    artifacts = tuple(artifact for _, look in looks for artifact in look.artifacts)
    occurrences = tuple(occurrence for _, look in looks for occurrence in look.occurrences)
    limits = msg("signature.partly", reasons=unjudged) if unjudged else None
    unsigned = states.count(_State.UNSIGNED)
    hidden = sum(1 for model, _ in looks if not _readable(model))
    uncovered = sum(1 for artifact in artifacts if artifact.status is not Status.CLEAN and artifact.reason != _MISSING)
    cut = msg("signature.cut", shown=_MAX_OCCURRENCES, count=len(occurrences))
    return Measured(
        measurements=FrozenMap(
            {
                "signature_valid": _valid(states, limits),
                "models_signed": _between(len(states) - unsigned - hidden, hidden, limits),
                "models_unsigned": _between(unsigned, hidden, limits),
                "files_uncovered": _between(uncovered, math.inf if limits else 0, limits),
            }
        ),
        occurrences=occurrences[:_MAX_OCCURRENCES],
        artifacts=artifacts,
        facts=_facts(looks),
        notes=(cut,) if len(occurrences) > _MAX_OCCURRENCES else (),
    )


def _valid(states: list[_State], limits: Message | None) -> Measurement:
    """Return whether all signatures hold; open where nothing is broken but not everything could be judged."""
    if {_State.BROKEN, _State.UNSIGNED} & set(states):
        return flag(False)  # noqa: FBT003  # it measures a truth value  # it measures a truth value
    if limits is None:
        return flag(True)  # noqa: FBT003  # it measures a truth value  # it measures a truth value
    return Measurement(0.0, "boolean", Interval(0.0, 1.0), limits=limits)


def _between(known: int, unknown: float, limits: Message | None) -> Measurement:
    """Return a count that is exact unless up to `unknown` more could not be looked at."""
    if not unknown:
        return count(known)
    return Measurement(float(known), "count", Interval(float(known), known + unknown), limits=limits)


def _facts(looks: list[tuple[Model, _Look]]) -> FrozenMap[str, Fact]:
    """Return scheme, key fingerprint and root digest of each verified signature, by model where there are several."""
    found: dict[str, Fact] = {}
    for model, look in looks:
        for name, value in look.facts.items():
            found[name if len(looks) == 1 else f"{name}[{model.name}]"] = value
    return FrozenMap(found)
