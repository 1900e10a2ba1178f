"""Verifying a model: first the signature, then the statement, then every file on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from aigov.errors import Place, SignatureError
from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.comparison import compare
from aigov.signing.digests import DEFAULT_EXCLUSIONS, Entry, entries_of, read_bounded
from aigov.signing.envelope import (
    MAX_BYTES,
    Bundle,
    CertificateChain,
    KeyHint,
    is_bundle,
    parse_bundle,
    pre_authentication_encoding,
)
from aigov.signing.hashing import new_hash
from aigov.signing.keys import PublicKey, read_public_key
from aigov.signing.locations import FOLDER_SIGNATURE, relative_to, signature_path
from aigov.signing.statement import WHOLE, Statement
from aigov.signing.statement_reader import parse_statement
from aigov.signing.strict_json import UnsupportedSignatureError
from aigov.signing.verification import Assurance, CertificateTrust, KeyTrust, Trust, Verification

_NOTHING_MORE = Assurance()


def verify(
    path: Path | str, signature: Path | str | None, trust: Trust, assurance: Assurance = _NOTHING_MORE
) -> Verification:
    """Return what a signature covers, if it holds and the model is exactly what was signed.

    Files under excluded paths (`uncovered`) are reported and do not fail; any other file that was not signed does.
    Without `signature` it is looked for in the usual place.

    Raises:
        InputError: the model, the signature file, the key or the roots cannot be read.
        SignatureError: the signature does not hold, or a file was changed, removed or added.
        MissingExtraError: what the signature needs is not installed.
    """
    found = examine(path, signature, trust, assurance)
    if found.differences:
        raise SignatureError(msg("signing.differs", reasons=found.reasons), Place(str(path)))
    return found


def examine(
    path: Path | str, signature: Path | str | None, trust: Trust, assurance: Assurance = _NOTHING_MORE
) -> Verification:
    """Return what a signature says about the files of a model, differences included; see `verify`.

    Raises:
        InputError: the model, the signature file, the key or the roots cannot be read.
        SignatureError: the signature itself does not hold.
        MissingExtraError: what the signature needs is not installed.
    """
    model = Path(path)
    file = Path(signature) if signature is not None else _usual(model, trust)
    entries = entries_of(model)
    place = Place(str(file))
    bundle = parse_bundle(read_bounded(file, MAX_BYTES), place)
    signer = _authenticate(bundle, trust, assurance, place)
    statement = _named(parse_statement(bundle.payload, place), entries, place)
    new_hash(statement.resources[0].algorithm)
    own = _signatures(file, model, statement)
    differences, uncovered = compare(statement, tuple(entry for entry in entries if entry.name not in own))
    return Verification(
        scheme=signer.scheme,
        algorithm=signer.key.algorithm.value,
        fingerprint=signer.fingerprint,
        identity=signer.identity,
        subject=public(statement.name),
        root=statement.root,
        resources=tuple(sorted(statement.resources, key=lambda resource: resource.label)),
        differences=differences,
        ignored=tuple(sorted(set(statement.ignored) - {*DEFAULT_EXCLUSIONS, *own})),
        uncovered=uncovered,
        signed_before=signer.signed,
        notes=(*bundle.notes, *signer.notes),
    )


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signed, as far as it is trusted."""

    scheme: str
    key: PublicKey
    fingerprint: str
    identity: str = ""
    signed: datetime | None = None
    notes: tuple[Message, ...] = ()


def _usual(model: Path, trust: Trust) -> Path:
    algorithm = read_public_key(trust.public_key).algorithm if isinstance(trust, KeyTrust) else None
    return signature_path(model, algorithm)


def _signatures(file: Path, model: Path, statement: Statement) -> set[str]:
    """Return the names of the signature itself, and of the usual one that its signer left out for being one."""
    own = {relative_to(file, model)} - {""}
    usual = model / FOLDER_SIGNATURE
    if FOLDER_SIGNATURE in statement.ignored and model.is_dir() and (not os.path.lexists(usual) or is_bundle(usual)):
        own.add(FOLDER_SIGNATURE)
    return own


def _named(statement: Statement, entries: tuple[Entry, ...], place: Place) -> Statement:
    """Return the statement with its resources under the names that the disk uses.

    A model that is one file is `.` to the reference implementation and its base name in OMS v1.0 section 6.1.2;
    a signature over anything else is not one of this file.
    """
    if len(entries) != 1 or entries[0].name != WHOLE:
        return statement
    names = {resource.name for resource in statement.resources}
    if len(names) == 1 and names <= {WHOLE, entries[0].path.name} and not statement.empty:
        return replace(statement, resources=tuple(replace(r, name=WHOLE) for r in statement.resources))
    shown = tuple(public(resource.name) for resource in statement.resources[:10])
    raise SignatureError(msg("signing.other-model", names=shown, count=len(statement.resources)), place)


def _authenticate(bundle: Bundle, trust: Trust, assurance: Assurance, place: Place) -> _Signer:
    """Return the signer, who is trusted, not denied, and who signed the payload."""
    signed, notes = _signed_before(bundle, assurance, place)
    match bundle.material, trust:
        case KeyHint(hint), KeyTrust():
            signer, names = _by_key(bundle, hint, trust, place)
        case CertificateChain(chain), CertificateTrust():
            signer, names = _by_certificate(bundle, chain, trust, signed, place)
        case KeyHint(), CertificateTrust():
            raise UnsupportedSignatureError(msg("signing.needs-key"), place, hint=msg("signing.needs-key.hint"))
        case _:
            raise UnsupportedSignatureError(msg("signing.needs-roots"), place, hint=msg("signing.needs-roots.hint"))
    if assurance.deny is not None:
        from aigov.signing.deny_list import check_denied  # most trust has no list

        check_denied(names, assurance.deny, _present(assurance, place), signed, place)
    return replace(signer, signed=signed, notes=(*signer.notes, *notes))


def _signed_before(bundle: Bundle, assurance: Assurance, place: Place) -> tuple[datetime | None, tuple[Message, ...]]:
    """Return what trusted timestamps say, and a note where they were not looked at."""
    if not bundle.timestamps:
        note = msg("signing.note.no-timestamp")
        return None, () if assurance.timestamp_roots is None else (note,)
    if assurance.timestamp_roots is None:
        return None, (msg("signing.note.not-checked", field="timestampVerificationData"),)
    from aigov.signing.timestamps import trusted_time  # most signatures have none

    found = trusted_time(bundle.timestamps, bundle.signature, assurance.timestamp_roots, place)
    if found > _present(assurance, place):
        raise SignatureError(msg("signing.timestamp.future", time=found.isoformat()), place)
    return found, ()


def _present(assurance: Assurance, place: Place) -> datetime:
    if assurance.at is None:
        raise SignatureError(msg("signing.no-clock"), place)
    return assurance.at


def _by_key(bundle: Bundle, hint: str, trust: KeyTrust, place: Place) -> tuple[_Signer, tuple[str, ...]]:
    """Return the signer, and the fingerprints on the way from the pinned key."""
    if trust.rotations:
        from aigov.signing.rotation import trusted_keys  # most keys were not rotated

        ways = trusted_keys(trust)
    else:
        pinned = read_public_key(trust.public_key)
        ways = {pinned: (pinned.fingerprint,)}
    key = next((key for key in ways if key.fingerprint == hint.lower()), next(iter(ways)))
    if bundle.profile is not None or not key.algorithm.oms:
        _check_profile(bundle, key, place)
    if not key.accepts(bundle.signature, pre_authentication_encoding(bundle.payload)):
        raise _not_theirs(hint, key.fingerprint, place)
    same = hint.lower() == key.fingerprint
    note = () if same else (msg("signing.note.hint", hint=public(hint, 64), fingerprint=key.fingerprint),)
    return _Signer("key", key, key.fingerprint, notes=note), ways[key]


def _check_profile(bundle: Bundle, key: PublicKey, place: Place) -> None:
    """Refuse a bundle under a label that its key does not have: a key outside OMS signs nothing of OMS, and back."""
    found = bundle.profile.value if bundle.profile else "OMS"
    if bundle.profile is not key.algorithm:
        raise SignatureError(msg("signing.other-algorithm", found=found, key=key.algorithm.value), place)


def _by_certificate(
    bundle: Bundle, chain: tuple[bytes, ...], trust: CertificateTrust, signed: datetime | None, place: Place
) -> tuple[_Signer, tuple[str, ...]]:
    from aigov.signing.certificates import trusted_leaf  # X.509 costs start-up time

    leaf = trusted_leaf(chain, trust, signed, place)
    if not leaf.key.algorithm.oms:
        raise UnsupportedSignatureError(msg("signing.key-kind", kind=leaf.key.algorithm.value), place)
    if not leaf.key.accepts(bundle.signature, pre_authentication_encoding(bundle.payload)):
        raise SignatureError(msg("signing.bad-signature", fingerprint=leaf.fingerprint), place)
    return _Signer("certificate", leaf.key, leaf.fingerprint, trust.identity), leaf.path


def _not_theirs(hint: str, fingerprint: str, place: Place) -> SignatureError:
    if hint and hint.lower() != fingerprint:
        return SignatureError(msg("signing.other-key", hint=public(hint, 64), fingerprint=fingerprint), place)
    return SignatureError(msg("signing.bad-signature", fingerprint=fingerprint), place)
