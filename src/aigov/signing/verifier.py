"""Verifying a model: first the signature, then the statement, then every file on disk."""

from __future__ import annotations

from pathlib import Path

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.digests import DEFAULT_EXCLUSIONS, Entry, Kind, digest_entry, entries_of, excluded, read_bounded
from aigov.signing.envelope import (
    MAX_BYTES,
    Bundle,
    CertificateChain,
    KeyHint,
    parse_bundle,
    pre_authentication_encoding,
)
from aigov.signing.keys import read_public_key
from aigov.signing.locations import relative_to, signature_path
from aigov.signing.statement import WHOLE, Resource, Statement, parse_statement
from aigov.signing.strict_json import UnsupportedSignatureError
from aigov.signing.verification import CertificateTrust, Change, Difference, KeyTrust, Trust, Verification

_NAME_LENGTH = 4096
_CHANGE = {Kind.SYMLINK: Change.SYMLINK, Kind.SPECIAL: Change.SPECIAL, Kind.UNNAMEABLE: Change.UNNAMEABLE}


def verify(path: Path | str, signature: Path | str | None, trust: Trust) -> Verification:
    """Return what a signature covers, if it holds and the model is exactly what was signed.

    Files under excluded paths (`uncovered`) are reported and do not fail; any other file that was not signed does.
    Without `signature` it is looked for in the usual place.

    Raises:
        InputError: the model, the signature file, the key or the roots cannot be read.
        SignatureError: the signature does not hold, or a file was changed, removed or added.
    """
    found = examine(path, signature, trust)
    if found.differences:
        raise SignatureError(msg("signing.differs", reasons=found.reasons), Place(str(path)))
    return found


def examine(path: Path | str, signature: Path | str | None, trust: Trust) -> Verification:
    """Return what a signature says about the files of a model, differences included; see `verify`.

    Raises:
        InputError: the model, the signature file, the key or the roots cannot be read.
        SignatureError: the signature itself does not hold.
    """
    model = Path(path)
    file = Path(signature) if signature is not None else signature_path(model)
    entries = entries_of(model)
    place = Place(str(file))
    bundle = parse_bundle(read_bounded(file, MAX_BYTES), place)
    scheme, fingerprint, identity, notes = _authenticate(bundle, trust, place)
    statement = parse_statement(bundle.payload, place)
    own = relative_to(file, model)
    present = tuple(entry for entry in entries if not own or entry.name != own)
    resources = _named(statement, entries, place)
    differences, uncovered = compare(resources, statement.ignored, present)
    return Verification(
        scheme=scheme,
        fingerprint=fingerprint,
        identity=identity,
        subject=public(statement.name),
        root=statement.root,
        resources=tuple(sorted(resources, key=lambda resource: resource.name)),
        differences=differences,
        ignored=tuple(sorted(set(statement.ignored) - {*DEFAULT_EXCLUSIONS, own})),
        uncovered=uncovered,
        notes=(*bundle.notes, *notes),
    )


def compare(
    resources: tuple[Resource, ...],
    ignored: tuple[str, ...],
    present: tuple[Entry, ...],
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Return how the entries on disk differ from the signed resources, and the names that nobody vouches for.

    A signed file is compared even where it lies under an ignored path. Names of resources are never opened: only
    what was found on disk is.
    """
    signed = {resource.name: resource for resource in resources}
    left_out = (*DEFAULT_EXCLUSIONS, *ignored)
    differences: list[Difference] = []
    uncovered: list[str] = []
    for entry in present:
        resource = signed.pop(entry.name, None)
        shown = public(entry.path.name if entry.name == WHOLE else entry.name, _NAME_LENGTH)
        if resource is None and excluded(entry.name, left_out):
            uncovered.append(shown)
        elif (change := _change(entry, resource)) is not None:
            differences.append(Difference(change, shown))
    differences.extend(Difference(Change.MISSING, public(name, _NAME_LENGTH)) for name in signed)
    return tuple(sorted(differences, key=lambda d: (d.name, d.change))), tuple(uncovered)


def _change(entry: Entry, resource: Resource | None) -> Change | None:
    if entry.kind is not Kind.FILE:
        return _CHANGE[entry.kind]
    if resource is None:
        return Change.EXTRA
    try:
        same = digest_entry(entry, resource.algorithm) == resource.digest
    except InputError:
        return Change.UNREADABLE
    return None if same else Change.CHANGED


def _named(statement: Statement, entries: tuple[Entry, ...], place: Place) -> tuple[Resource, ...]:
    """Return the resources under the names that the disk uses.

    A model that is one file is `.` to the reference implementation and its base name in OMS v1.0 section 6.1.2;
    a signature over anything else is not one of this file.
    """
    if len(entries) != 1 or entries[0].name != WHOLE:
        return statement.resources
    only = statement.resources[0]
    if len(statement.resources) == 1 and only.name in {WHOLE, entries[0].path.name}:
        return (Resource(WHOLE, only.algorithm, only.digest),)
    names = tuple(public(resource.name) for resource in statement.resources[:10])
    raise SignatureError(msg("signing.other-model", names=names, count=len(statement.resources)), place)


def _authenticate(bundle: Bundle, trust: Trust, place: Place) -> tuple[str, str, str, tuple[Message, ...]]:
    """Return scheme, fingerprint, identity and notes of a signer who is trusted and who signed the payload."""
    signed = pre_authentication_encoding(bundle.payload)
    match bundle.material, trust:
        case KeyHint(hint), KeyTrust(path):
            key = read_public_key(path)
            same = hint.lower() == key.fingerprint
            if not key.accepts(bundle.signature, signed):
                raise _not_theirs(hint, key.fingerprint, place)
            note = () if same else (msg("signing.note.hint", hint=public(hint, 64), fingerprint=key.fingerprint),)
            return "key", key.fingerprint, "", note
        case CertificateChain(chain), CertificateTrust():
            from aigov.signing.certificates import trusted_leaf  # X.509 costs start-up time

            leaf = trusted_leaf(chain, trust, place)
            if not leaf.key.accepts(bundle.signature, signed):
                raise SignatureError(msg("signing.bad-signature", fingerprint=leaf.fingerprint), place)
            return "certificate", leaf.fingerprint, trust.identity, ()
        case KeyHint(), CertificateTrust():
            raise UnsupportedSignatureError(msg("signing.needs-key"), place, hint=msg("signing.needs-key.hint"))
        case _:
            raise UnsupportedSignatureError(msg("signing.needs-roots"), place, hint=msg("signing.needs-roots.hint"))


def _not_theirs(hint: str, fingerprint: str, place: Place) -> SignatureError:
    if hint and hint.lower() != fingerprint:
        return SignatureError(msg("signing.other-key", hint=public(hint, 64), fingerprint=fingerprint), place)
    return SignatureError(msg("signing.bad-signature", fingerprint=fingerprint), place)
