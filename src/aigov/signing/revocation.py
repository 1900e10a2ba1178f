"""Certificate revocation lists in files: current, signed by the issuer, and what they say about a path."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import CRLEntryExtensionOID

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import Arg, msg
from aigov.redact import public
from aigov.signing.digests import read_bounded

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from aigov.signing.verification import CertificateTrust

_MAX_BYTES = 64_000_000
_COMPROMISED = (x509.ReasonFlags.key_compromise, x509.ReasonFlags.ca_compromise, x509.ReasonFlags.aa_compromise)
_NOT_ISSUED = x509.ReasonFlags.remove_from_crl


def check_revocation(
    path: list[x509.Certificate], trust: CertificateTrust, signed: datetime | None, place: Place
) -> None:
    """Check every certificate below the root against the list of its issuer, which must be current at `trust.at`.

    A certificate that was revoked after `signed`, a trusted time, does not count as revoked then, unless the reason
    is a compromised key: nobody knows since when.

    Raises:
        InputError: a list cannot be read.
        SignatureError: a certificate is revoked; no current list of an issuer is there.
    """
    lists = [_read(file) for file in trust.crls]
    for certificate, issuer in pairwise(path):
        own = [crl for crl in lists if _speaks_for(crl, issuer)]
        if not own:
            _refuse(place, "missing", name=issuer.subject.rfc4514_string())
        latest = max(own, key=lambda crl: crl.last_update_utc)
        _check_current(latest, trust.at, place)
        entry = latest.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and not _later(entry, signed):
            date = entry.revocation_date_utc.date().isoformat()
            _refuse(place, "revoked", name=certificate.subject.rfc4514_string(), date=date)


def _read(file: Path) -> x509.CertificateRevocationList:
    data = read_bounded(file, _MAX_BYTES)[:_MAX_BYTES]
    try:
        pem = data.lstrip().startswith(b"-----BEGIN ")
        return x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(msg("signing.not-crl"), Place(str(file))) from error


def _speaks_for(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Return whether `issuer` signed a list and may sign lists; delta and partial lists do not speak for it."""
    try:
        if crl.issuer != issuer.subject or any(extension.critical for extension in crl.extensions):
            return False
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        if not usage.crl_sign:
            return False
    except x509.ExtensionNotFound:
        pass
    except (ValueError, x509.DuplicateExtension):
        return False
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # a kind that cannot sign is a TypeError
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _check_current(crl: x509.CertificateRevocationList, at: datetime, place: Place) -> None:
    name = crl.issuer.rfc4514_string()
    if at < crl.last_update_utc:
        _refuse(place, "future", name=name, date=crl.last_update_utc.date().isoformat())
    if crl.next_update_utc is None or at > crl.next_update_utc:
        until = crl.next_update_utc or crl.last_update_utc
        _refuse(place, "old", name=name, date=until.date().isoformat())


def _later(entry: x509.RevokedCertificate, signed: datetime | None) -> bool:
    """Return whether a revocation leaves alone what was signed before `signed`."""
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        reason = x509.ReasonFlags.unspecified
    if reason is _NOT_ISSUED:
        return True
    if signed is None or reason in _COMPROMISED:
        return False
    try:
        invalid = entry.extensions.get_extension_for_oid(CRLEntryExtensionOID.INVALIDITY_DATE).value
    except x509.ExtensionNotFound:
        return signed < entry.revocation_date_utc
    since = invalid.invalidity_date_utc if isinstance(invalid, x509.InvalidityDate) else entry.revocation_date_utc
    return signed < min(since, entry.revocation_date_utc)


def _refuse(place: Place, reason: str, **args: Arg) -> NoReturn:
    shown = {name: public(value) if isinstance(value, str) else value for name, value in args.items()}
    raise SignatureError(msg(f"signing.crl.{reason}", **shown), place)
