"""The demonstration key: derived from a public sentence, so that it is worth nothing and every build signs alike."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from aigov import signing

WORTHLESS = "aigov examples: anyone can derive this key, it protects nothing"


def write_public_key(path: Path) -> str:
    """Write the public half as PEM and return its fingerprint, hexadecimal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return signing.fingerprint(path.read_bytes())


def sign_file(path: Path) -> Path:
    """Sign one file and return its signature beside it; the private half never lies in the project."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "worthless.pem"
        key.write_bytes(_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return signing.sign(path, key, path.with_name(f"{path.name}.sig"))


def _key() -> ec.EllipticCurvePrivateKey:
    secret = int.from_bytes(hashlib.sha256(WORTHLESS.encode()).digest(), "big")
    return ec.derive_private_key(secret, ec.SECP256R1())
