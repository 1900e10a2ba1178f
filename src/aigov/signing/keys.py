"""Public keys: read from PEM, named by fingerprint, asked whether a signature is theirs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from aigov.errors import InputError, Place
from aigov.i18n import msg
from aigov.signing.algorithms import ENCODINGS, Algorithm, algorithm_of
from aigov.signing.digests import read_bounded

if TYPE_CHECKING:
    from pathlib import Path

MAX_KEY_BYTES = 65_536

_CURVES: dict[Algorithm, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    Algorithm.P256: (ec.SECP256R1(), hashes.SHA256()),
    Algorithm.P384: (ec.SECP384R1(), hashes.SHA384()),
    Algorithm.P521: (ec.SECP521R1(), hashes.SHA512()),
}
PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of one of our algorithms."""

    algorithm: Algorithm
    raw: bytes
    """Uncompressed point (SEC 1 section 2.3.3) of a curve; else the bytes of RFC 8032 or FIPS 204."""

    @property
    def der(self) -> bytes:
        """The key as SubjectPublicKeyInfo."""
        return ENCODINGS[self.algorithm].prefix + self.raw

    @property
    def pem(self) -> bytes:
        """The key as PEM SubjectPublicKeyInfo, byte for byte as OpenSSL writes it."""
        text = base64.b64encode(self.der)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join((b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the PEM text in hex: the `hint` of an OMS bundle."""
        return hashlib.sha256(self.pem).hexdigest()

    def accepts(self, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` over `data` was made with this key.

        Raises:
            MissingExtraError, UnsupportedSignatureError: the algorithm is not installed here.
        """
        if self.algorithm not in _CURVES:
            from aigov.signing.profile import accepts  # most signatures do not need it

            return accepts(self, signature, data)
        curve, digest = _CURVES[self.algorithm]
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(curve, self.raw).verify(signature, data, ec.ECDSA(digest))
        except InvalidSignature:
            return False
        return True


def digest_of(algorithm: Algorithm) -> hashes.HashAlgorithm:
    """Return the digest that goes with a NIST curve."""
    return _CURVES[algorithm][1]


def curve_of(algorithm: Algorithm) -> ec.EllipticCurve:
    """Return a NIST curve as `cryptography` knows it."""
    return _CURVES[algorithm][0]


def read_public_key(path: Path) -> PublicKey:
    """Return the public key of a PEM file.

    Raises:
        InputError: it cannot be read, or is no public key of an algorithm that we know.
    """
    return parse_public_key(read_bounded(path, MAX_KEY_BYTES), Place(str(path)))


def parse_public_key(pem: bytes, place: Place | None = None) -> PublicKey:
    """Return the public key of a PEM text.

    Raises:
        InputError: it is no public key of an algorithm that we know.
    """
    label, der = _pem_block(pem, place)
    if label != "PUBLIC KEY":
        raise InputError(msg("signing.not-public-key", found=label), place, hint=msg("signing.not-public-key.hint"))
    algorithm = algorithm_of(der)
    if algorithm is None:
        return public_key_of(_any_public_key(der, place), place)
    return _on_curve(PublicKey(algorithm, der[len(ENCODINGS[algorithm].prefix) :]), place)


def public_key_of(key: object, place: Place | None = None) -> PublicKey:
    """Return a key of `cryptography` as ours; other kinds of key are an InputError that names the kind."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        numbers = key.public_numbers()
        for algorithm, (group, _) in _CURVES.items():
            if key.curve.name == group.name:
                size = (group.key_size + 7) // 8
                point = b"\x04" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
                return PublicKey(algorithm, point)
        raise InputError(msg("signing.key-kind", kind=key.curve.name), place, hint=msg("signing.key-kind.hint"))
    from aigov.signing.profile import raw_of  # most keys do not need it

    found = raw_of(key)
    if found is None:
        kind = type(key).__name__.lstrip("_").removesuffix("PublicKey") or type(key).__name__
        raise InputError(msg("signing.key-kind", kind=kind), place, hint=msg("signing.key-kind.hint"))
    return PublicKey(*found)


def fingerprint(public_key_pem: bytes | str) -> str:
    """Return the fingerprint of a public key: hex SHA-256 of its PEM text as OpenSSL writes it.

    Raises:
        InputError: it is no public key of an algorithm that we know.
    """
    text = public_key_pem.encode() if isinstance(public_key_pem, str) else public_key_pem
    return parse_public_key(text).fingerprint


def _pem_block(pem: bytes, place: Place | None) -> tuple[str, bytes]:
    block = PEM.search(pem[: MAX_KEY_BYTES + 1])
    if block is None or len(pem) > MAX_KEY_BYTES:
        raise InputError(msg("signing.not-pem"), place, hint=msg("signing.not-public-key.hint"))
    try:
        return block[1].decode("ascii"), base64.b64decode(b"".join(block[2].split()), validate=True)
    except binascii.Error as error:
        raise InputError(msg("signing.not-pem"), place, hint=msg("signing.not-public-key.hint")) from error


def _on_curve(key: PublicKey, place: Place | None) -> PublicKey:
    if key.algorithm not in _CURVES:
        return key  # its own library looks at it before it is used
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(curve_of(key.algorithm), key.raw)
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
