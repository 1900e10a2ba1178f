"""What a start may load: seconds of imports for `--help` would make the tool a burden in every hook."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aigov.testing import assert_light_import

HEAVY = {
    "numpy",
    "sklearn",
    "art",
    "presidio_analyzer",
    "spacy",
    "torch",
    "pyarrow",
    "onnx",
    "onnxruntime",
    "pandas",
    "jsonschema",
    "cattrs",
}
CODE = "import sys\nfrom aigov.cli import run\ncode = run(sys.argv[1:])\nprint('loaded', *sys.modules, file=sys.stderr)\nsys.exit(code)"


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=False)
    return set(done.stderr.rpartition("loaded ")[2].split())


@pytest.mark.parametrize(
    "arguments", [("--help",), ("audit", "--help"), ("key", "--help"), ("list", "checks"), ("explain", "data.pii")]
)
def test_light_commands_load_nothing_heavy(arguments):
    modules = loaded(*arguments)
    assert "click" in modules
    light = HEAVY - {"jsonschema", "cattrs"} if arguments[0] == "audit" else HEAVY
    assert not modules & light


def test_verifying_loads_only_what_a_key_needs(tmp_path):
    from aigov import signing

    (tmp_path / "model.bin").write_bytes(b"model")
    signing.new_key(tmp_path / "k.pem")
    signing.sign(tmp_path / "model.bin", tmp_path / "k.pem")
    modules = loaded("verify", str(tmp_path / "model.bin"), "--public-key", str(tmp_path / "k.pub.pem"))
    assert "aigov.signing.verifier" in modules
    assert not modules & {
        *HEAVY,
        *("cryptography.x509", "concurrent.futures", "rfc3161_client", "tongsuopy", "blake3", "pkcs11"),
        *("aigov.signing.certificates", "aigov.signing.profile", "aigov.signing.private_keys", "aigov.check"),
    }


def test_the_bare_help_loads_no_vocabulary():
    assert "aigov.model" not in loaded("--help")


@pytest.mark.parametrize("package", ["aigov", "aigov_checks", "aigov_reports"])
def test_importing_a_pack_is_light(package):
    assert_light_import(package)
