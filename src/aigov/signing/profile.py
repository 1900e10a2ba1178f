"""Signing and verifying outside the OMS registry: Ed25519, ML-DSA-65 (FIPS 204) and SM2 with SM3 (GM/T 0003)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from aigov.check import need
from aigov.errors import InputError
from aigov.i18n import msg
from aigov.signing.algorithms import Algorithm
from aigov.signing.strict_json import UnsupportedSignatureError

if TYPE_CHECKING:
    from types import ModuleType

    from aigov.signing.keys import PublicKey

SM2_EXTRA = "cn-crypto"


def accepts(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Return whether a signature over `data` was made with `key`.

    Raises:
        MissingExtraError: the key is one of SM2, and `tongsuopy` is not installed.
        UnsupportedSignatureError: it is one of ML-DSA, and `cryptography` is too old.
    """
    match key.algorithm:
        case Algorithm.ED25519:
            return _verifies(ed25519.Ed25519PublicKey.from_public_bytes(key.raw), signature, data)
        case Algorithm.ML_DSA_65:
            return _verifies(_ml_dsa_public(key.raw), signature, data)
        case _:
            return _sm2_accepts(key.der, signature, data)


def raw_of(key: object) -> tuple[Algorithm, bytes] | None:
    """Return algorithm and bytes of a public key of `cryptography` that is one of ours; None if it is not."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return Algorithm.ED25519, key.public_bytes_raw()
    if type(key).__name__ == "MLDSA65PublicKey":
        return Algorithm.ML_DSA_65, key.public_bytes_raw()  # type: ignore[attr-defined]  # its type is not in every version
    return None


def generate(algorithm: Algorithm, passphrase: bytes) -> bytes:
    """Return a new private key as PEM (PKCS#8), encrypted where there is a passphrase.

    Raises:
        MissingExtraError, UnsupportedSignatureError: the algorithm is not installed here.
    """
    if algorithm is Algorithm.SM2:
        return _generate_sm2(passphrase)
    key: Any  # its type is not in every version
    key = ed25519.Ed25519PrivateKey if algorithm is Algorithm.ED25519 else ml_dsa().MLDSA65PrivateKey
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    try:
        made = key.generate()
    except UnsupportedAlgorithm as error:
        raise UnsupportedSignatureError(msg("signing.ml-dsa-missing")) from error
    pem: bytes = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    return pem


def ml_dsa() -> ModuleType:
    """Return the ML-DSA of `cryptography`, which came with version 47.

    Raises:
        UnsupportedSignatureError: the installed version has none.
    """
    try:
        return importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
    except ModuleNotFoundError as error:
        raise UnsupportedSignatureError(msg("signing.ml-dsa-missing")) from error


def sm2_private(pem: bytes, passphrase: bytes | None) -> Any:  # Any: tongsuopy has no types
    """Return an SM2 private key of `tongsuopy`.

    Raises:
        ValueError, TypeError: it is no such key, or the passphrase is wrong.
        MissingExtraError: `tongsuopy` is not installed.
    """
    loaded = tongsuo("serialization").load_pem_private_key(pem, passphrase)
    if getattr(getattr(loaded, "curve", None), "name", "") != "SM2":
        raise ValueError
    return loaded


def sm2_sign(key: Any, data: bytes) -> bytes:  # Any: tongsuopy has no types
    """Return the DER signature SM2 with SM3 and the default signer id of GM/T 0009, `1234567812345678`."""
    made: bytes = key.sign(data, _sm2_with_sm3())
    return made


def sm2_public(key: Any) -> bytes:  # Any: tongsuopy has no types
    """Return the uncompressed point of a private key's public half."""
    forms = tongsuo("serialization")
    public = key.public_key()
    point: bytes = public.public_bytes(forms.Encoding.X962, forms.PublicFormat.UncompressedPoint)
    return point


def tongsuo(module: str) -> ModuleType:
    """Return a module of `tongsuopy.crypto`.

    Raises:
        MissingExtraError: it is not installed; `pip install "aigov[cn-crypto]"` brings it.
    """
    return need(f"tongsuopy.crypto.{module}", SM2_EXTRA)


def _ml_dsa_public(raw: bytes) -> Any:  # Any: its type is not in every version
    try:
        return ml_dsa().MLDSA65PublicKey.from_public_bytes(raw)
    except UnsupportedAlgorithm as error:
        raise UnsupportedSignatureError(msg("signing.ml-dsa-missing")) from error


def _verifies(key: Any, signature: bytes, data: bytes) -> bool:  # Any: two types with one method
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _sm2_accepts(der: bytes, signature: bytes, data: bytes) -> bool:
    broken = _tongsuo_errors()
    if not _is_pair(signature):
        return False
    try:
        key = tongsuo("serialization").load_der_public_key(der)
    except broken as error:
        raise InputError(msg("signing.not-on-curve")) from error
    try:
        key.verify(signature, data, _sm2_with_sm3())
    except broken:
        return False
    return True


def _is_pair(signature: bytes) -> bool:
    """Return whether this is DER of two integers and nothing else: what Tongsuo parses has one shape only."""
    try:
        return encode_dss_signature(*decode_dss_signature(signature)) == signature
    except ValueError:
        return False


def _tongsuo_errors() -> tuple[type[Exception], ...]:
    errors = tongsuo("exceptions")
    return ValueError, TypeError, errors.InvalidSignature, errors.UnsupportedAlgorithm, errors.InternalError


def _sm2_with_sm3() -> object:
    return tongsuo("asymciphers.ec").ECDSA(tongsuo("hashes").SM3())


def _generate_sm2(passphrase: bytes) -> bytes:
    curves, forms = tongsuo("asymciphers.ec"), tongsuo("serialization")
    key = curves.generate_private_key(curves.SM2())
    protection = forms.BestAvailableEncryption(passphrase) if passphrase else forms.NoEncryption()
    pem: bytes = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, protection)
    return pem
