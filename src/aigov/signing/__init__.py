"""Signatures over models: OpenSSF Model Signing v1.0, and a labelled profile of our own for other algorithms.

Names load the module that has them when they are first used, so that hashing a file, or `aigov --help`, does not
pay for cryptography.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from aigov.signing.digests import file_digest

if TYPE_CHECKING:
    from aigov.signing.algorithms import Algorithm
    from aigov.signing.allow_list import Allowed, AllowList, read_allow_list
    from aigov.signing.deny_list import Denied, DenyList, read_deny_list
    from aigov.signing.keys import PublicKey, fingerprint, read_public_key
    from aigov.signing.locations import signature_path
    from aigov.signing.private_keys import (
        PrivateKey,
        SigningKey,
        new_key,
        public_path,
        read_any_key,
        read_private_key,
        read_signing_key,
    )
    from aigov.signing.rotation import rotation_path, write_rotation
    from aigov.signing.signer import Recipe, sign, sign_with
    from aigov.signing.statement import Resource, Statement
    from aigov.signing.stating import Hashing
    from aigov.signing.strict_json import UnsupportedSignatureError
    from aigov.signing.timestamp_authority import Authority, read_authority
    from aigov.signing.timestamps import attach
    from aigov.signing.verification import (
        Assurance,
        CertificateTrust,
        Change,
        DenyTrust,
        Difference,
        KeyTrust,
        Trust,
        Verification,
    )
    from aigov.signing.verifier import examine, verify

__all__ = [
    "Algorithm",
    "AllowList",
    "Allowed",
    "Assurance",
    "Authority",
    "CertificateTrust",
    "Change",
    "Denied",
    "DenyList",
    "DenyTrust",
    "Difference",
    "Hashing",
    "KeyTrust",
    "PrivateKey",
    "PublicKey",
    "Recipe",
    "Resource",
    "SigningKey",
    "Statement",
    "Trust",
    "UnsupportedSignatureError",
    "Verification",
    "attach",
    "examine",
    "file_digest",
    "fingerprint",
    "new_key",
    "public_path",
    "read_allow_list",
    "read_any_key",
    "read_authority",
    "read_deny_list",
    "read_private_key",
    "read_public_key",
    "read_signing_key",
    "rotation_path",
    "sign",
    "sign_with",
    "signature_path",
    "verify",
    "write_rotation",
]

_HOME = {
    "algorithms": ("Algorithm",),
    "allow_list": (
        "AllowList",
        "Allowed",
        "read_allow_list",
    ),
    "deny_list": (
        "Denied",
        "DenyList",
        "read_deny_list",
    ),
    "keys": (
        "PublicKey",
        "fingerprint",
        "read_public_key",
    ),
    "locations": ("signature_path",),
    "private_keys": (
        "PrivateKey",
        "SigningKey",
        "new_key",
        "public_path",
        "read_any_key",
        "read_private_key",
        "read_signing_key",
    ),
    "rotation": (
        "rotation_path",
        "write_rotation",
    ),
    "signer": (
        "Recipe",
        "sign",
        "sign_with",
    ),
    "statement": (
        "Resource",
        "Statement",
    ),
    "stating": ("Hashing",),
    "strict_json": ("UnsupportedSignatureError",),
    "timestamp_authority": (
        "Authority",
        "read_authority",
    ),
    "timestamps": ("attach",),
    "verification": (
        "Assurance",
        "CertificateTrust",
        "Change",
        "DenyTrust",
        "Difference",
        "KeyTrust",
        "Trust",
        "Verification",
    ),
    "verifier": (
        "examine",
        "verify",
    ),
}


def __getattr__(name: str) -> object:
    """Return a public name from the module that has it (PEP 562)."""
    for module, names in _HOME.items():
        if name in names:
            found: object = getattr(import_module(f"aigov.signing.{module}"), name)
            return found
    raise AttributeError(f"module 'aigov.signing' has no attribute {name!r}")
