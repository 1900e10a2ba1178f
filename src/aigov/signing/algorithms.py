"""Kinds of signing keys: the three curves of OMS v1.0, and those of our own labelled profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Algorithm(StrEnum):
    """What a key signs with; its digest goes with it."""

    P256 = "p256"
    P384 = "p384"
    P521 = "p521"
    ED25519 = "ed25519"
    ML_DSA_65 = "ml-dsa-65"
    SM2 = "sm2"

    @property
    def oms(self) -> bool:
        """Whether the algorithm registry of OMS v1.0 has it; the others sign our own bundle."""
        return self in OMS


OMS = (Algorithm.P256, Algorithm.P384, Algorithm.P521)
"""NIST curves with ECDSA and SHA-256, SHA-384 and SHA-512 (FIPS 186-5)."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a public key is written: DER of its SubjectPublicKeyInfo up to the key itself, and the key's length."""

    prefix: bytes
    size: int


ENCODINGS = {
    Algorithm.P256: Encoding(bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"), 65),
    Algorithm.P384: Encoding(bytes.fromhex("3076301006072a8648ce3d020106052b81040022036200"), 97),
    Algorithm.P521: Encoding(bytes.fromhex("30819b301006072a8648ce3d020106052b8104002303818600"), 133),
    Algorithm.ED25519: Encoding(bytes.fromhex("302a300506032b6570032100"), 32),
    Algorithm.ML_DSA_65: Encoding(bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952),
    Algorithm.SM2: Encoding(bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200"), 65),
}
"""RFC 5480, RFC 8410, RFC 9881 (pure ML-DSA) and GM/T 0009 (SM2), each with the key uncompressed."""


def algorithm_of(der: bytes) -> Algorithm | None:
    """Return which algorithm a SubjectPublicKeyInfo in its usual encoding is for; None if it is another."""
    for algorithm, encoding in ENCODINGS.items():
        if der.startswith(encoding.prefix) and len(der) == len(encoding.prefix) + encoding.size:
            return algorithm
    return None
