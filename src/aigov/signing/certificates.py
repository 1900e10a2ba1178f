"""Signing certificates: a path from the leaf to an explicit root, valid now, for code signing, by a pinned identity.

Path validation follows RFC 5280 section 6.1 for what model signing uses; an extension that is critical and not
understood, or any name constraint, is refused rather than ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import Arg, msg
from aigov.redact import public
from aigov.signing.digests import read_bounded
from aigov.signing.envelope import MAX_CERTIFICATES
from aigov.signing.keys import PublicKey, public_key_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from aigov.signing.verification import CertificateTrust

_MAX_ROOTS_BYTES = 4_000_000
_MIN_RSA_BITS = 2048
_UNDERSTOOD = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
_BROKEN = (hashes.MD5, hashes.SHA1)
T = TypeVar("T", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The key of a certificate that is trusted, and the SHA-256 of its DER in hex."""

    key: PublicKey
    fingerprint: str
    path: tuple[str, ...]
    """Fingerprints of every certificate up to the root, and of the leaf's key."""


def trusted_leaf(chain: tuple[bytes, ...], trust: CertificateTrust, signed: datetime | None, place: Place) -> Leaf:
    """Return the key of the first certificate of `chain` (DER), if it may sign models.

    Validity is that at `signed`, a trusted time before which the signature was made, or at `trust.at`, the present.

    Raises:
        InputError: the roots or a revocation list cannot be read.
        SignatureError: no path to a root, a certificate that was not valid or is revoked, a use other than code
            signing, another identity, a broken or unsupported certificate.
    """
    at = signed or trust.at
    roots = _read_roots(trust.roots, at)
    try:
        certificates = [x509.load_der_x509_certificate(der) for der in chain]
        leaf = certificates[0]
        path = _path(certificates, roots, place)
        for depth, certificate in enumerate(path):
            _check_any(certificate, at, place)
            if depth:
                _check_issuer(certificate, depth - 1, place)
        _check_leaf(leaf, trust.identity, place)
        key = public_key_of(leaf.public_key(), place)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, InputError) as error:
        raise SignatureError(msg("signing.certificate.unreadable", detail=public(str(error), 120)), place) from error
    if trust.crls:
        from aigov.signing.revocation import check_revocation  # most trust has no lists

        check_revocation(path, trust, signed, place)
    prints = tuple(_print(certificate) for certificate in path)
    return Leaf(key, prints[0], (*prints, key.fingerprint))


def chain_for(path: Path, key: PublicKey) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file (DER, leaf first); nothing if the first is not for `key`.

    Raises:
        InputError: it cannot be read, or holds no certificate or too many.
    """
    certificates = read_certificates(path)
    if len(certificates) > MAX_CERTIFICATES:
        limit = msg("signing.too-many", field=path.name, limit=MAX_CERTIFICATES)
        raise InputError(limit, Place(str(path)))
    try:
        same = public_key_of(certificates[0].public_key()) == key
    except (InputError, ValueError, UnsupportedAlgorithm):
        same = False
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates) if same else ()


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    data = read_bounded(path, _MAX_ROOTS_BYTES)
    try:
        return x509.load_pem_x509_certificates(data[:_MAX_ROOTS_BYTES])
    except ValueError as error:
        raise InputError(msg("signing.not-roots"), Place(str(path)), hint=msg("signing.not-roots.hint")) from error


def _read_roots(path: Path, at: datetime) -> list[x509.Certificate]:
    """Return the roots, those that are valid first."""
    return sorted(
        read_certificates(path), key=lambda root: not root.not_valid_before_utc <= at <= root.not_valid_after_utc
    )


def _path(chain: list[x509.Certificate], roots: list[x509.Certificate], place: Place) -> list[x509.Certificate]:
    """Return leaf, intermediates and root, each issued by the next; a loop ends the search."""
    path = [chain[0]]
    while len(path) <= MAX_CERTIFICATES:
        if path[-1] in roots:
            return path
        root = next((root for root in roots if _issued(path[-1], root)), None)
        if root is not None:
            return [*path, root]
        issuer = next((other for other in chain[1:] if other not in path and _issued(path[-1], other)), None)
        if issuer is None:
            break
        path.append(issuer)
    return _refuse(place, "no-path", issuer=path[-1].issuer.rfc4514_string())


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_any(certificate: x509.Certificate, at: datetime, place: Place) -> None:
    name = certificate.subject.rfc4514_string()
    if at < certificate.not_valid_before_utc:
        _refuse(place, "not-yet", name=name, date=certificate.not_valid_before_utc.date().isoformat())
    if at > certificate.not_valid_after_utc:
        _refuse(place, "expired", name=name, date=certificate.not_valid_after_utc.date().isoformat())
    if isinstance(certificate.signature_hash_algorithm, _BROKEN):
        _refuse(place, "weak", name=name)
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _MIN_RSA_BITS:
        _refuse(place, "weak", name=name)
    for extension in certificate.extensions:
        constrained = isinstance(extension.value, x509.NameConstraints)
        if constrained or (extension.critical and not isinstance(extension.value, _UNDERSTOOD)):
            _refuse(place, "critical", name=name, oid=extension.oid.dotted_string)


def _check_issuer(certificate: x509.Certificate, below: int, place: Place) -> None:
    """Check that a certificate may issue others, `below` intermediates deep (RFC 5280 section 6.1.4)."""
    name = certificate.subject.rfc4514_string()
    basic = _extension(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca or (basic.path_length is not None and basic.path_length < below):
        _refuse(place, "not-issuer", name=name)
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        _refuse(place, "not-issuer", name=name)
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    wanted = {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if extended is not None and not wanted.intersection(extended):
        _refuse(place, "not-code-signing", name=name)


def _check_leaf(leaf: x509.Certificate, identity: str, place: Place) -> None:
    name = leaf.subject.rfc4514_string()
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        _refuse(place, "not-code-signing", name=name)
    extended = _extension(leaf, x509.ExtendedKeyUsage)
    if extended is None or ExtendedKeyUsageOID.CODE_SIGNING not in extended:
        _refuse(place, "not-code-signing", name=name)
    if identity not in _identities(leaf):
        _refuse(place, "other-identity", wanted=identity, found=tuple(public(known) for known in _identities(leaf)))


def _identities(leaf: x509.Certificate) -> tuple[str, ...]:
    names = _extension(leaf, x509.SubjectAlternativeName)
    kinds = (x509.RFC822Name, x509.DNSName, x509.UniformResourceIdentifier)
    alternative = [name.value for name in names or () if isinstance(name, kinds)]
    subject = [leaf.subject.rfc4514_string()] if leaf.subject.rdns else []
    return (*alternative, *subject, f"sha256:{_print(leaf)}")


def _print(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _refuse(place: Place, reason: str, **args: Arg) -> NoReturn:
    shown = {name: public(value) if isinstance(value, str) else value for name, value in args.items()}
    raise SignatureError(msg(f"signing.certificate.{reason}", **shown), place)
