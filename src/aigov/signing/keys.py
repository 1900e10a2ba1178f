"""Public keys on the three NIST curves: read from PEM, named by fingerprint, asked whether a signature is theirs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from aigov.errors import InputError, Place
from aigov.i18n import msg
from aigov.signing.digests import read_bounded

if TYPE_CHECKING:
    from pathlib import Path

MAX_KEY_BYTES = 65_536


class Curve(StrEnum):
    """Curves of the OMS v1.0 algorithm registry."""

    P256 = "p256"
    P384 = "p384"
    P521 = "p521"


_CURVES: dict[Curve, tuple[ec.EllipticCurve, hashes.HashAlgorithm, bytes]] = {
    Curve.P256: (
        ec.SECP256R1(),
        hashes.SHA256(),
        bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
    ),
    Curve.P384: (ec.SECP384R1(), hashes.SHA384(), bytes.fromhex("3076301006072a8648ce3d020106052b81040022036200")),
    Curve.P521: (ec.SECP521R1(), hashes.SHA512(), bytes.fromhex("30819b301006072a8648ce3d020106052b8104002303818600")),
}
"""Curve, its digest, and the DER of a SubjectPublicKeyInfo up to the uncompressed point (RFC 5480)."""
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An elliptic curve public key."""

    curve: Curve
    point: bytes
    """Uncompressed point (SEC 1 section 2.3.3)."""

    @property
    def pem(self) -> bytes:
        """The key as PEM SubjectPublicKeyInfo, byte for byte as OpenSSL writes it."""
        text = base64.b64encode(_CURVES[self.curve][2] + self.point)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join((b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the PEM text in hex: the `hint` of an OMS bundle."""
        return hashlib.sha256(self.pem).hexdigest()

    def accepts(self, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` (DER ECDSA, with the curve's digest) over `data` was made with this key."""
        curve, digest, _ = _CURVES[self.curve]
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(curve, self.point).verify(signature, data, ec.ECDSA(digest))
        except InvalidSignature:
            return False
        return True


def digest_of(curve: Curve) -> hashes.HashAlgorithm:
    """Return the digest that goes with a curve."""
    return _CURVES[curve][1]


def curve_of(curve: Curve) -> ec.EllipticCurve:
    """Return the curve as `cryptography` knows it."""
    return _CURVES[curve][0]


def read_public_key(path: Path) -> PublicKey:
    """Return the public key of a PEM file.

    Raises:
        InputError: it cannot be read, or is no public key on P-256, P-384 or P-521.
    """
    return parse_public_key(read_bounded(path, MAX_KEY_BYTES), Place(str(path)))


def parse_public_key(pem: bytes, place: Place | None = None) -> PublicKey:
    """Return the public key of a PEM text.

    Raises:
        InputError: it is no public key on P-256, P-384 or P-521.
    """
    label, der = _pem_block(pem, place)
    if label != "PUBLIC KEY":
        raise InputError(msg("signing.not-public-key", found=label), place, hint=msg("signing.not-public-key.hint"))
    for curve, (group, _, prefix) in _CURVES.items():
        if der.startswith(prefix) and len(der) == len(prefix) + 1 + 2 * ((group.key_size + 7) // 8):
            return _on_curve(PublicKey(curve, der[len(prefix) :]), place)
    return public_key_of(_any_public_key(der, place), place)


def public_key_of(key: object, place: Place | None = None) -> PublicKey:
    """Return a key of `cryptography` as ours; other kinds of key are an InputError that names the kind."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        kind = type(key).__name__.lstrip("_").removesuffix("PublicKey") or type(key).__name__
        raise InputError(msg("signing.key-kind", kind=kind), place, hint=msg("signing.key-kind.hint"))
    numbers = key.public_numbers()
    for curve, (group, _, _) in _CURVES.items():
        if key.curve.name == group.name:
            size = (group.key_size + 7) // 8
            return PublicKey(curve, b"\x04" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big"))
    raise InputError(msg("signing.key-kind", kind=key.curve.name), place, hint=msg("signing.key-kind.hint"))


def fingerprint(public_key_pem: bytes | str) -> str:
    """Return the fingerprint of a public key: hex SHA-256 of its PEM text as OpenSSL writes it.

    Raises:
        InputError: it is no public key on P-256, P-384 or P-521.
    """
    text = public_key_pem.encode() if isinstance(public_key_pem, str) else public_key_pem
    return parse_public_key(text).fingerprint


def _pem_block(pem: bytes, place: Place | None) -> tuple[str, bytes]:
    block = _PEM.search(pem[: MAX_KEY_BYTES + 1])
    if block is None or len(pem) > MAX_KEY_BYTES:
        raise InputError(msg("signing.not-pem"), place, hint=msg("signing.not-public-key.hint"))
    try:
        return block[1].decode("ascii"), base64.b64decode(b"".join(block[2].split()), validate=True)
    except binascii.Error as error:
        raise InputError(msg("signing.not-pem"), place, hint=msg("signing.not-public-key.hint")) from error


def _on_curve(key: PublicKey, place: Place | None) -> PublicKey:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(curve_of(key.curve), key.point)
    except ValueError as error:
        raise InputError(msg("signing.not-on-curve"), place) from error
    return key


def _any_public_key(der: bytes, place: Place | None) -> object:
    """Read what is not in the usual encoding; slower to import, so that the usual case does not pay for it."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # see above

    try:
        return load_der_public_key(der)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(msg("signing.not-public-key", found="PUBLIC KEY"), place) from error
