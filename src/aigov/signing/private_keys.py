"""Private keys: made, kept in PEM files that only the owner reads, and used to sign."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aigov.errors import InputError, Place
from aigov.i18n import msg
from aigov.signing.algorithms import Algorithm
from aigov.signing.digests import read_bounded, reason_of
from aigov.signing.keys import MAX_KEY_BYTES, PEM, PublicKey, curve_of, digest_of, public_key_of, read_public_key

Passphrase = Callable[[], bytes]
"""Asked only where a key is encrypted."""
PKCS11 = "pkcs11:"
"""How the URI of a key in a token begins (RFC 7512)."""
_SM_OIDS = (bytes.fromhex("06082a811ccf5501822d"), bytes.fromhex("06082a811ccf55016802"))
"""DER of the curve SM2 and of SM4-CBC, with which `tongsuopy` encrypts keys."""


class SigningKey(Protocol):
    """Whatever can sign: a key in a file, or one that never leaves its token."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    def sign(self, data: bytes) -> bytes:
        """Return a signature over `data`."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key, ready to sign."""

    public: PublicKey
    key: Any
    """Of `cryptography`, or of `tongsuopy`, which has no types."""

    def sign(self, data: bytes) -> bytes:
        """Return a signature: same key and data, same bytes for ECDSA (RFC 6979) and Ed25519."""
        made: bytes
        if self.public.algorithm is Algorithm.SM2:
            from aigov.signing.profile import sm2_sign  # most keys do not need it

            return sm2_sign(self.key, data)
        if not self.public.algorithm.oms:
            made = self.key.sign(data)
            return made
        digest = digest_of(self.public.algorithm)
        try:
            made = self.key.sign(data, ec.ECDSA(digest, deterministic_signing=True))
        except UnsupportedAlgorithm:  # OpenSSL before 3.2: the signature holds, but differs each time
            made = self.key.sign(data, ec.ECDSA(digest))
        return made


def new_key(path: Path, algorithm: Algorithm = Algorithm.P256, passphrase: bytes = b"") -> PublicKey:
    """Write a new private key to `path` (mode 0600) and its public half beside it, `.pub.pem`.

    With a passphrase the private key is encrypted (PKCS#8, AES-256-CBC).

    Raises:
        InputError: a file cannot be written, or exists: keys are never overwritten.
        MissingExtraError, UnsupportedSignatureError: the algorithm is not installed here.
    """
    pem = _generate(algorithm, passphrase)
    public = _parse(pem, passphrase or None, Place(str(path))).public
    beside = public_path(path)
    if beside.exists():
        raise InputError(msg("signing.key-exists"), Place(str(beside)), hint=msg("signing.key-exists.hint"))
    write_new(path, pem, 0o600)
    write_new(beside, public.pem, 0o644)
    return public


def public_path(path: Path) -> Path:
    """Return where the public half of a key goes: `release.pem` to `release.pub.pem`."""
    return path.with_name(f"{path.name.removesuffix('.pem')}.pub.pem")


def read_signing_key(key: Path | str, passphrase: Passphrase | None = None) -> SigningKey:
    """Return what signs: the key of a PEM file, or the one that a PKCS#11 URI names.

    Raises:
        InputError: see `read_private_key` and `pkcs11.token_key`.
    """
    if str(key).startswith(PKCS11):
        from aigov.signing.pkcs11 import token_key  # most keys are files

        return token_key(str(key), passphrase)
    return read_private_key(Path(key), passphrase)


def read_private_key(path: Path, passphrase: Passphrase | None = None) -> PrivateKey:
    """Return the private key of a PEM file; `passphrase` is called only if it is encrypted.

    Raises:
        InputError: it cannot be read, is no key of an algorithm that we know, or the passphrase is missing or wrong.
    """
    place = Place(str(path))
    pem = read_bounded(path, MAX_KEY_BYTES)
    if len(pem) > MAX_KEY_BYTES or b"-----BEGIN " not in pem:
        raise InputError(msg("signing.not-private-key"), place, hint=msg("signing.not-private-key.hint"))
    encrypted = b"ENCRYPTED" in pem
    if encrypted and passphrase is None:
        raise InputError(msg("signing.passphrase-needed"), place, hint=msg("signing.passphrase-needed.hint"))
    secret = passphrase() if encrypted and passphrase else None
    return _parse(pem, secret or (b"" if encrypted else None), place)


def read_any_key(path: Path, passphrase: Passphrase | None = None) -> PublicKey:
    """Return the public key of a PEM file that holds a public or a private key.

    Raises:
        InputError: it holds neither, or is an encrypted key whose passphrase is missing or wrong.
    """
    if b"PRIVATE KEY-----" in read_bounded(path, MAX_KEY_BYTES):
        return read_private_key(path, passphrase).public
    return read_public_key(path)


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Write a file that is not there yet.

    Raises:
        InputError: it exists, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    except FileExistsError as error:
        raise InputError(msg("signing.key-exists"), Place(str(path)), hint=msg("signing.key-exists.hint")) from error
    except OSError as error:
        raise InputError(msg("signing.cannot-write", detail=reason_of(error)), Place(str(path))) from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def _generate(algorithm: Algorithm, passphrase: bytes) -> bytes:
    if not algorithm.oms:
        from aigov.signing.profile import generate  # most keys do not need it

        return generate(algorithm, passphrase)
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    key = ec.generate_private_key(curve_of(algorithm))
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def _parse(pem: bytes, secret: bytes | None, place: Place) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        found = _sm2(pem, secret)
        if found is not None:
            return found
        wrong = "signing.passphrase-wrong" if b"ENCRYPTED" in pem else "signing.not-private-key"
        raise InputError(msg(wrong), place, hint=msg("signing.not-private-key.hint")) from error
    public = public_key_of(key.public_key(), place)
    return PrivateKey(public, key)


def _sm2(pem: bytes, secret: bytes | None) -> PrivateKey | None:
    """Return an SM2 key, which `cryptography` does not read; None where it is not one or the passphrase is wrong.

    Raises:
        MissingExtraError: it says that it is one, and `tongsuopy` is not installed.
    """
    from aigov.signing import profile  # most keys do not need it

    blocks = b"".join(_decoded(block[2]) for block in PEM.finditer(pem))
    if not any(oid in blocks for oid in _SM_OIDS) and (secret is None or find_spec("tongsuopy") is None):
        return None
    try:
        key = profile.sm2_private(pem, secret)
    except (ValueError, TypeError):
        return None
    return PrivateKey(PublicKey(Algorithm.SM2, profile.sm2_public(key)), key)


def _decoded(block: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(block.split()), validate=True)
    except binascii.Error:
        return b""
