"""Timestamps (RFC 3161) on signatures: verified offline against pinned roots, and attached to a bundle."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from aigov.check import need
from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.certificates import read_certificates
from aigov.signing.digests import read_bounded
from aigov.signing.envelope import MAX_BYTES, parse_bundle

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import ModuleType

    from cryptography.x509 import Certificate

EXTRA = "timestamp"
_MAX_TOKEN_BYTES = 1_000_000


def trusted_time(tokens: tuple[bytes, ...], signature: bytes, roots: Path, place: Place) -> datetime:
    """Return the earliest moment at which an authority under `roots` saw a signature.

    Authorities that are not under the roots are passed over; that none is left is an error.

    Raises:
        InputError: the roots cannot be read.
        SignatureError: no token holds.
        MissingExtraError: `rfc3161-client` is not installed.
    """
    client = need("rfc3161_client", EXTRA)
    pinned = read_certificates(roots)
    found: list[datetime] = []
    reasons: list[Message] = []
    for token in tokens:
        try:
            found.append(_moment(client, token, signature, pinned))
        except (ValueError, client.VerificationError) as error:
            reasons.append(msg("signing.timestamp.reason", detail=public(str(error), 160)))
    if not found:
        raise SignatureError(msg("signing.timestamp.bad", reasons=tuple(reasons)), place)
    return min(found)


def attach(signature: Path, response: Path) -> bytes:
    """Return a bundle with the response of an authority added to it.

    Raises:
        InputError: a file cannot be read, or the response is not one over this signature.
        SignatureError: the signature file is no bundle.
        MissingExtraError: `rfc3161-client` is not installed.
    """
    bundle = parse_bundle(read_bounded(signature, MAX_BYTES), Place(str(signature)))
    client = need("rfc3161_client", EXTRA)
    token = read_bounded(response, _MAX_TOKEN_BYTES)
    place = Place(str(response))
    try:
        parsed = client.decode_timestamp_response(token)
        granted = client.PKIStatus(parsed.status) is client.PKIStatus.GRANTED
        imprint = parsed.tst_info.message_imprint.message if granted else b""
    except ValueError as error:
        raise InputError(msg("signing.timestamp.unreadable"), place) from error
    if imprint not in _digests(bundle.signature):
        raise InputError(msg("signing.timestamp.other"), place, hint=msg("signing.timestamp.other.hint"))
    return replace(bundle, timestamps=(*bundle.timestamps, token)).to_bytes()


def _moment(client: ModuleType, token: bytes, signature: bytes, roots: list[Certificate]) -> datetime:
    if len(token) > _MAX_TOKEN_BYTES:
        raise ValueError(len(token))
    response = client.decode_timestamp_response(token)
    builder = client.VerifierBuilder(roots=list(roots))
    builder.build().verify_message(response, signature)
    moment: datetime = response.tst_info.gen_time
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _digests(data: bytes) -> tuple[bytes, ...]:
    return tuple(hashlib.new(name, data).digest() for name in ("sha256", "sha384", "sha512"))
