"""Our signatures verify with the reference implementation of OpenSSF Model Signing, and its signatures with ours."""

import os
import subprocess
import sys
import venv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from certifying import certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aigov import SignatureError, signing
from aigov.signing.algorithms import OMS

DAY = timedelta(days=1)
PACKAGES = ("model-signing==1.1.1", "pyOpenSSL")  # 1.1.1 imports pyOpenSSL without declaring it
NO_INDEX = ("No matching distribution found", "Could not find a version", "Connection", "Network is unreachable")

pytestmark = [pytest.mark.installs, pytest.mark.slow]


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:
    """Return the command of the reference implementation, in an environment of its own.

    $AIGOV_REFERENCE_VENV names one that is there already.
    """
    given = os.environ.get("AIGOV_REFERENCE_VENV")
    home = Path(given) if given else tmp_path_factory.mktemp("reference")
    folder = home / ("Scripts" if sys.platform == "win32" else "bin")
    if given:
        return folder / "model_signing"
    venv.create(home, with_pip=True)
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    install = [folder / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    done = subprocess.run(
        install, check=False, capture_output=True, text=True, env=outside, timeout=600
    )  # fixed arguments
    if done.returncode and any(sign in done.stderr for sign in NO_INDEX):
        pytest.skip(f"no package index is reachable: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return folder / "model_signing"


def run(reference: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # fixed arguments
        [reference, *map(str, arguments)], check=False, capture_output=True, text=True, env=outside, timeout=120
    )


@pytest.fixture(params=["file", "folder"])
def model(request, tmp_path) -> Path:
    path = tmp_path / "model"
    (path / "sub").mkdir(parents=True)
    (path / "sub-c").mkdir()
    (path / "weights.bin").write_bytes(bytes(range(256)) * 9)
    (path / "__init__.py").touch()
    (path / "sub" / "b").write_text("b")
    (path / "sub-c" / "词表.txt").write_text("词")
    return path / "weights.bin" if request.param == "file" else path


@pytest.fixture(params=list(OMS))
def key(request, tmp_path) -> Path:
    signing.new_key(tmp_path / "k.pem", request.param)
    return tmp_path / "k.pem"


def test_the_reference_verifies_what_we_sign(reference, model, key):
    signature = signing.sign(model, key)
    arguments = ("verify", "key", model, "--signature", signature, "--public_key", signing.public_path(key))
    done = run(reference, *arguments)
    assert done.returncode == 0, done.stderr
    (model if model.is_file() else model / "weights.bin").write_bytes(b"other")
    assert run(reference, *arguments).returncode != 0


def test_we_verify_what_the_reference_signs(reference, model, key):
    signature = signing.signature_path(model)
    done = run(reference, "sign", "key", model, "--private_key", key, "--signature", signature)
    assert done.returncode == 0, done.stderr
    trust = signing.KeyTrust(signing.public_path(key))
    assert signing.verify(model, signature, trust).uncovered == ()
    (model if model.is_file() else model / "weights.bin").write_bytes(b"other")
    with pytest.raises(SignatureError):
        signing.verify(model, signature, trust)


@pytest.fixture
def chain(tmp_path):
    """Write a root, a chain and its key, and return the trust that goes with them."""
    root, middle, leaf = (ec.generate_private_key(ec.SECP384R1()) for _ in range(3))
    now = datetime.now(UTC).replace(microsecond=0)
    usage = x509.KeyUsage(True, *[False] * 8)  # the reference asks for it before it looks at the extended one
    times = {"start": now - DAY, "end": now + DAY}
    certificates = {
        "root": certificate("root", root, ca=True, **times),
        "middle": certificate("middle", middle, issuer=("root", root), ca=True, **times),
        "leaf": certificate("signer", leaf, issuer=("middle", middle), extra=(usage,), **times),
    }
    for name, made in certificates.items():
        (tmp_path / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (tmp_path / "chain.pem").write_bytes(
        b"".join(certificates[name].public_bytes(Encoding.PEM) for name in ("leaf", "middle"))
    )
    (tmp_path / "leaf.key.pem").write_bytes(leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return signing.CertificateTrust(tmp_path / "root.pem", "signer@plant.example", now)


def test_the_reference_verifies_what_we_sign_with_a_certificate(reference, model, chain, tmp_path):
    recipe = signing.Recipe(certificate=tmp_path / "chain.pem")
    signature = signing.sign(model, tmp_path / "leaf.key.pem", recipe=recipe)
    arguments = (
        *("verify", "certificate", model, "--signature", signature),
        *("--certificate_chain", tmp_path / "root.pem"),
    )
    done = run(reference, *arguments)
    assert done.returncode == 0, done.stderr
    (model if model.is_file() else model / "weights.bin").write_bytes(b"other")
    assert run(reference, *arguments).returncode != 0


def test_we_verify_what_the_reference_signs_with_a_certificate(reference, model, chain, tmp_path):
    signature = signing.signature_path(model)
    done = run(
        reference,
        *("sign", "certificate", model, "--signature", signature, "--private_key", tmp_path / "leaf.key.pem"),
        *("--signing_certificate", tmp_path / "leaf.pem", "--certificate_chain", tmp_path / "middle.pem"),
    )
    assert done.returncode == 0, done.stderr
    assert signing.verify(model, signature, chain).identity == "signer@plant.example"
    (model if model.is_file() else model / "weights.bin").write_bytes(b"other")
    with pytest.raises(SignatureError, match=r"weights\.bin"):
        signing.verify(model, signature, chain)


API = """
import pathlib, sys
from model_signing import hashing, signing, verifying
task, model, signature, key, method, algorithm = sys.argv[1:]
model, signature, key = map(pathlib.Path, (model, signature, key))
how = hashing.Config().set_ignored_paths(paths=[signature], ignore_git_paths=True)
if method == "shards":
    how = how.use_shard_serialization(hashing_algorithm=algorithm, shard_size=1000)
else:
    how = how.use_file_serialization(hashing_algorithm=algorithm)
if task == "sign":
    signing.Config().set_hashing_config(how).use_elliptic_key_signer(private_key=key).sign(model, signature)
else:
    config = verifying.Config().use_elliptic_key_verifier(public_key=key)
    # The reference cannot verify shards without being told (float shard_size)
    (config.set_hashing_config(how) if method == "shards" else config).verify(model, signature)
"""


def call(reference, *arguments):
    python = reference.with_name("python")
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", API, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=outside, timeout=120)


WAYS = [("files", "sha256"), ("files", "blake3"), ("shards", "sha256")]  # its shards of BLAKE3 are whole files


@pytest.mark.parametrize(("method", "algorithm"), WAYS)
def test_the_reference_verifies_every_way_to_hash(reference, model, tmp_path, method, algorithm):
    if algorithm == "blake3":
        pytest.importorskip("blake3", reason="needs the extra blake3")
    signing.new_key(tmp_path / "k.pem")
    hashing = signing.Hashing(algorithm, 1000 if method == "shards" else None, reference_labels=True, sm3=True)
    signature = signing.sign(model, tmp_path / "k.pem", recipe=signing.Recipe(hashing))
    arguments = ("verify", model, signature, tmp_path / "k.pub.pem", method, algorithm)
    done = call(reference, *arguments)
    assert done.returncode == 0, done.stderr
    (model if model.is_file() else model / "weights.bin").write_bytes(b"other")
    assert call(reference, *arguments).returncode != 0


@pytest.mark.parametrize(("method", "algorithm"), [*WAYS, ("files", "blake2")])
def test_we_verify_every_way_in_which_the_reference_hashes(reference, model, tmp_path, method, algorithm):
    if algorithm == "blake3":
        pytest.importorskip("blake3", reason="needs the extra blake3")
    signing.new_key(tmp_path / "k.pem")
    signature = signing.signature_path(model)
    done = call(reference, "sign", model, signature, tmp_path / "k.pem", method, algorithm)
    assert done.returncode == 0, done.stderr
    trust = signing.KeyTrust(tmp_path / "k.pub.pem")
    found = signing.verify(model, signature, trust)
    # shards of the reference leave empty files out; we say so
    assert found.uncovered == (("__init__.py",) if method == "shards" and model.is_dir() else ())
    (model if model.is_file() else model / "weights.bin").write_bytes(b"other")
    with pytest.raises(SignatureError, match=r"weights\.bin"):
        signing.verify(model, signature, trust)
