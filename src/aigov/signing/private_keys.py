"""Private keys: made, kept in PEM files that only the owner reads, and used to sign."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aigov.errors import InputError, Place
from aigov.i18n import msg
from aigov.signing.digests import read_bounded, reason_of
from aigov.signing.keys import MAX_KEY_BYTES, Curve, PublicKey, curve_of, digest_of, public_key_of, read_public_key

if TYPE_CHECKING:
    from pathlib import Path

Passphrase = Callable[[], bytes]
"""Asked only where a key is encrypted."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An elliptic curve private key, ready to sign."""

    public: PublicKey
    key: ec.EllipticCurvePrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return a DER ECDSA signature with the nonce of RFC 6979: same key and data, same signature."""
        digest = digest_of(self.public.curve)
        try:
            return self.key.sign(data, ec.ECDSA(digest, deterministic_signing=True))
        except UnsupportedAlgorithm:  # OpenSSL before 3.2: the signature holds, but differs each time
            return self.key.sign(data, ec.ECDSA(digest))


def new_key(path: Path, curve: Curve = Curve.P256, passphrase: bytes = b"") -> PublicKey:
    """Write a new private key to `path` (mode 0600) and its public half beside it, `.pub.pem`.

    With a passphrase the private key is encrypted (PKCS#8, AES-256-CBC).

    Raises:
        InputError: a file cannot be written, or exists: keys are never overwritten.
    """
    key = ec.generate_private_key(curve_of(curve))
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    public = public_key_of(key.public_key())
    beside = public_path(path)
    if beside.exists():
        raise InputError(msg("signing.key-exists"), Place(str(beside)), hint=msg("signing.key-exists.hint"))
    _write_new(path, pem, 0o600)
    _write_new(beside, public.pem, 0o644)
    return public


def public_path(path: Path) -> Path:
    """Return where the public half of a key goes: `release.pem` to `release.pub.pem`."""
    return path.with_name(f"{path.name.removesuffix('.pem')}.pub.pem")


def read_private_key(path: Path, passphrase: Passphrase | None = None) -> PrivateKey:
    """Return the private key of a PEM file; `passphrase` is called only if it is encrypted.

    Raises:
        InputError: it cannot be read, is no EC key on P-256, P-384 or P-521, or the passphrase is missing or wrong.
    """
    place = Place(str(path))
    pem = read_bounded(path, MAX_KEY_BYTES)
    if len(pem) > MAX_KEY_BYTES or b"-----BEGIN " not in pem:
        raise InputError(msg("signing.not-private-key"), place, hint=msg("signing.not-private-key.hint"))
    encrypted = b"ENCRYPTED" in pem
    if encrypted and passphrase is None:
        raise InputError(msg("signing.passphrase-needed"), place, hint=msg("signing.passphrase-needed.hint"))
    secret = passphrase() if encrypted and passphrase else None
    try:
        key = serialization.load_pem_private_key(pem, secret or (b"" if encrypted else None))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        wrong = "signing.passphrase-wrong" if encrypted else "signing.not-private-key"
        raise InputError(msg(wrong), place, hint=msg("signing.not-private-key.hint")) from error
    public = public_key_of(key.public_key(), place)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InputError(msg("signing.key-kind", kind=type(key).__name__), place, hint=msg("signing.key-kind.hint"))
    return PrivateKey(public, key)


def read_any_key(path: Path, passphrase: Passphrase | None = None) -> PublicKey:
    """Return the public key of a PEM file that holds a public or a private key.

    Raises:
        InputError: it holds neither, or is an encrypted key whose passphrase is missing or wrong.
    """
    if b"PRIVATE KEY-----" in read_bounded(path, MAX_KEY_BYTES):
        return read_private_key(path, passphrase).public
    return read_public_key(path)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    except FileExistsError as error:
        raise InputError(msg("signing.key-exists"), Place(str(path)), hint=msg("signing.key-exists.hint")) from error
    except OSError as error:
        raise InputError(msg("signing.cannot-write", detail=reason_of(error)), Place(str(path))) from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
