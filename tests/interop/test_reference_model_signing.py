"""Our signatures verify with the reference implementation of OpenSSF Model Signing, and its signatures with ours."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from aigov import SignatureError, signing
from aigov.signing.algorithms import OMS

PACKAGES = ("model-signing==1.1.1", "pyOpenSSL")  # 1.1.1 imports pyOpenSSL without declaring it
NO_INDEX = ("No matching distribution found", "Could not find a version", "Connection", "Network is unreachable")

pytestmark = [pytest.mark.installs, pytest.mark.slow]


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:
    """Return the command of the reference implementation, in an environment of its own."""
    home = tmp_path_factory.mktemp("reference")
    venv.create(home, with_pip=True)
    folder = home / ("Scripts" if sys.platform == "win32" else "bin")
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
