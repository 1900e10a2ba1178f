"""A time-stamping authority in a file (RFC 3161): for a plant's own clock, and for tests. No network.

The token is CMS SignedData (RFC 5652) over a TSTInfo, with the signer's certificate named as RFC 5816 asks.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from aigov.errors import InputError, Place
from aigov.i18n import msg
from aigov.signing import der
from aigov.signing.certificates import read_certificates
from aigov.signing.digests import read_bounded

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from aigov.signing.private_keys import Passphrase

POLICY = "2.25.2523370090984149774398482716035230544"
"""Policy of tokens made here: the clock is that of the machine, and nobody vouches for it but the key's owner."""
_MAX_BYTES = 1_000_000
_PRIVATE_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]+-----END \1-----")
_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
_TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = der.oid("1.2.840.113549.1.9.16.2.47")
_ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_RSA_SHA256 = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.tagged(0x05, b""))


@dataclass(frozen=True, slots=True)
class Authority:
    """A key and its certificates, for time stamping."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]
    """The signer's certificate first."""

    def token(self, signature: bytes, at: datetime) -> bytes:
        """Return a response (TimeStampResp, DER) that says that `signature` existed at `at`."""
        info = der.sequence(
            der.integer(1),
            der.oid(POLICY),
            imprint(signature),
            der.integer(secrets.randbits(64)),
            der.generalized_time(at),
        )
        granted = der.sequence(der.integer(0))
        return der.sequence(granted, der.sequence(_SIGNED_DATA, der.explicit(0, self._signed(info))))

    def _signed(self, info: bytes) -> bytes:
        leaf = self.chain[0]
        attributes = self._attributes(info)
        to_sign = der.set_of(attributes)
        if isinstance(self.key, rsa.RSAPrivateKey):
            algorithm, made = _RSA_SHA256, self.key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())
        else:
            algorithm, made = _ECDSA_SHA256, self.key.sign(to_sign, ec.ECDSA(hashes.SHA256()))
        signer = der.sequence(
            der.integer(1),
            der.sequence(leaf.issuer.public_bytes(), der.integer(leaf.serial_number)),
            _SHA256,
            der.set_of(attributes, tag=0xA0),
            algorithm,
            der.octets(made),
        )
        return der.sequence(
            der.integer(3),
            der.set_of([_SHA256]),
            der.sequence(_TST_INFO, der.explicit(0, der.octets(info))),
            der.set_of([one.public_bytes(Encoding.DER) for one in self.chain], tag=0xA0),
            der.set_of([signer]),
        )

    def _attributes(self, info: bytes) -> list[bytes]:
        known = der.sequence(der.octets(self.chain[0].fingerprint(hashes.SHA256())))
        values = (
            (_CONTENT_TYPE, _TST_INFO),
            (_MESSAGE_DIGEST, der.octets(hashlib.sha256(info).digest())),
            (_SIGNING_CERTIFICATE, der.sequence(der.sequence(known))),
        )
        return [der.sequence(name, der.set_of([value])) for name, value in values]


def imprint(data: bytes) -> bytes:
    """Return the MessageImprint of `data` with SHA-256."""
    return der.sequence(_SHA256, der.octets(hashlib.sha256(data).digest()))


def request(signature: bytes) -> bytes:
    """Return a TimeStampReq (DER) over a signature, for an authority elsewhere to answer with its certificate."""
    nonce = der.integer(secrets.randbits(63))
    return der.sequence(der.integer(1), imprint(signature), nonce, der.boolean_true())


def read_authority(path: Path, passphrase: Passphrase | None = None) -> Authority:
    """Return the authority of a PEM file with a private key and its certificates, the signer's first.

    Raises:
        InputError: it cannot be read, the key is not that of the certificate, or not for time stamping.
    """
    place = Place(str(path))
    chain = tuple(read_certificates(path))
    pem = read_bounded(path, _MAX_BYTES)
    block = _PRIVATE_KEY.search(pem[:_MAX_BYTES])
    secret = passphrase() if block and b"ENCRYPTED" in block[1] and passphrase else None
    try:
        key = load_pem_private_key(block[0] if block else b"", secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(msg("signing.timestamp.no-key"), place, hint=msg("signing.timestamp.no-key.hint")) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or not _fits(key, chain[0]):
        raise InputError(msg("signing.timestamp.no-key"), place, hint=msg("signing.timestamp.no-key.hint"))
    return Authority(key, chain)


def _fits(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, leaf: x509.Certificate) -> bool:
    """Return whether the key is that of the certificate, and the certificate for time stamping alone (RFC 3161 2.3)."""
    try:
        use = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        same = leaf.public_key() == key.public_key()
    except (x509.ExtensionNotFound, ValueError, UnsupportedAlgorithm):
        return False
    return same and use.critical and list(use.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
