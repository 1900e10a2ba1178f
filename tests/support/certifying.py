"""Certificates for tests: one call, one certificate, with whatever is wrong with it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from aigov import SignatureError, signing

NOW = datetime(2026, 11, 23, tzinfo=UTC)
YEAR = timedelta(days=365)
CODE, SERVER, TIME = (
    ExtendedKeyUsageOID.CODE_SIGNING,
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.TIME_STAMPING,
)


def certificate(  # noqa: PLR0913, PLR0917  # one argument a field of a certificate
    name, key, issuer=None, start=NOW - YEAR, end=NOW + YEAR, ca=False, use=CODE, path_length=None, extra=()
):
    issuer_name, issuer_key = issuer or (name, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(1 + len(name))
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(f"{name}@plant.example")]), critical=False)
    )
    if use is not None and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=use == TIME)
    for extension in extra:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def time_authority(folder, key=None, **leaf):
    """Write a root to `folder`/time-roots.pem and return an authority under it, read from `folder`/time.pem."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = certificate("time root", root_key, ca=True, start=NOW - 9 * YEAR, end=NOW + 20 * YEAR)
    mine = certificate("clock", key, **{"issuer": ("time root", root_key), "use": TIME, **leaf})
    (folder / "time-roots.pem").write_bytes(root.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "time.pem").write_bytes(mine.public_bytes(Encoding.PEM) + pem)
    return signing.read_authority(folder / "time.pem")


def assured(folder, at=NOW, **more):
    """Return what is asked of a signature when the roots of `time_authority` are pinned."""
    return signing.Assurance(at, folder / "time-roots.pem", **more)


def stamped(clock, at):
    """Return what stamps signatures at a given time."""
    return lambda signature: clock.token(signature, at)


def refusal(*arguments):
    """Return the id of the message with which a signature is refused; it has words in both languages."""
    with pytest.raises(SignatureError) as caught:
        signing.verify(*arguments)
    for lang in ("en", "zh-CN"):
        assert "signing." not in caught.value.sentence(lang)
    return caught.value.message.id
