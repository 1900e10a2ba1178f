"""Signatures over models: OpenSSF Model Signing v1.0 with elliptic curve keys and certificates.

Names load the module that has them when they are first used, so that hashing a file, or `aigov --help`, does not
pay for cryptography.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from aigov.signing.digests import file_digest

if TYPE_CHECKING:
    from aigov.signing.keys import Curve, PublicKey, fingerprint, read_public_key
    from aigov.signing.locations import signature_path
    from aigov.signing.private_keys import PrivateKey, new_key, public_path, read_any_key, read_private_key
    from aigov.signing.signer import sign
    from aigov.signing.statement import Resource, Statement
    from aigov.signing.strict_json import UnsupportedSignatureError
    from aigov.signing.verification import CertificateTrust, Change, Difference, KeyTrust, Trust, Verification
    from aigov.signing.verifier import examine, verify

__all__ = [
    "CertificateTrust",
    "Change",
    "Curve",
    "Difference",
    "KeyTrust",
    "PrivateKey",
    "PublicKey",
    "Resource",
    "Statement",
    "Trust",
    "UnsupportedSignatureError",
    "Verification",
    "examine",
    "file_digest",
    "fingerprint",
    "new_key",
    "public_path",
    "read_any_key",
    "read_private_key",
    "read_public_key",
    "sign",
    "signature_path",
    "verify",
]

_HOME = {
    "keys": ("Curve", "PublicKey", "fingerprint", "read_public_key"),
    "locations": ("signature_path",),
    "private_keys": ("PrivateKey", "new_key", "public_path", "read_any_key", "read_private_key"),
    "signer": ("sign",),
    "strict_json": ("UnsupportedSignatureError",),
    "statement": ("Resource", "Statement"),
    "verification": ("CertificateTrust", "Change", "Difference", "KeyTrust", "Trust", "Verification"),
    "verifier": ("examine", "verify"),
}


def __getattr__(name: str) -> object:
    """Return a public name from the module that has it (PEP 562)."""
    for module, names in _HOME.items():
        if name in names:
            found: object = getattr(import_module(f"aigov.signing.{module}"), name)
            return found
    raise AttributeError(f"module 'aigov.signing' has no attribute {name!r}")
