"""Keys and models for the tests of signatures."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from certifying import NOW, certificate, time_authority
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aigov import signing


@pytest.fixture
def keys(tmp_path: Path) -> SimpleNamespace:
    folder = tmp_path / "keys"
    folder.mkdir()
    signing.new_key(folder / "release.pem")
    signing.new_key(folder / "other.pem")
    return SimpleNamespace(
        private=folder / "release.pem",
        public=folder / "release.pub.pem",
        other=folder / "other.pub.pem",
        trust=signing.KeyTrust(folder / "release.pub.pem"),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "模型 1.onnx"
    path.write_bytes(bytes(range(256)) * 40)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    (path / "sub").mkdir(parents=True)
    (path / "sub-c").mkdir()
    (path / "config.json").write_text("{}")
    (path / "__init__.py").touch()
    (path / "sub" / "weights.bin").write_bytes(b"\1" * 3_000_000)
    (path / "sub-c" / "vocab.txt").write_text("词")
    return path


@pytest.fixture
def authority(tmp_path, file):
    """Return a function that signs `file` by a chain and gives what is needed to verify it."""
    root_key, middle_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))

    def make(root=None, middle=None, leaf=None, timestamp=None):
        root_cert = certificate("root", root_key, **{"ca": True, **(root or {})})
        middle_cert = certificate("middle", middle_key, **{"issuer": ("root", root_key), "ca": True, **(middle or {})})
        leaf_cert = certificate("signer", leaf_key, **{"issuer": ("middle", middle_key), **(leaf or {})})
        (tmp_path / "roots.pem").write_bytes(root_cert.public_bytes(Encoding.PEM))
        chain = tmp_path / "chain.pem"
        chain.write_bytes(leaf_cert.public_bytes(Encoding.PEM) + middle_cert.public_bytes(Encoding.PEM))
        recipe = signing.Recipe(certificate=chain, timestamp=timestamp)
        (tmp_path / "signer.pem").write_bytes(leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path = signing.sign(file, tmp_path / "signer.pem", tmp_path / "certificate.sig", recipe=recipe)
        return path, signing.CertificateTrust(tmp_path / "roots.pem", "signer@plant.example", NOW)

    make.keys = SimpleNamespace(root=root_key, middle=middle_key, leaf=leaf_key)
    return make


@pytest.fixture
def clock(tmp_path):
    return time_authority(tmp_path)
