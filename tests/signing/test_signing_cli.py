import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from aigov import InputError, SignatureError, UsageError, signing
from aigov.cli import key, sign, verify


def call(module, *arguments, **more):
    return CliRunner().invoke(module.command, [str(a) for a in arguments], obj=SimpleNamespace(lang="en"), **more)


def test_keys_are_made_shown_and_used(tmp_path, file):
    path = tmp_path / "release.pem"
    made = call(key, "new", path, "--curve", "p384")
    assert (made.exit_code, made.stdout) == (0, "")
    shown = call(key, "show", path)
    public = (tmp_path / "release.pub.pem").read_text()
    assert shown.stdout == f"p384 {signing.fingerprint(public)}\n{public}"
    assert call(key, "show", tmp_path / "release.pub.pem").stdout == shown.stdout
    assert call(sign, file, "--key", path).exit_code == 0
    verified = call(verify, file, "--public-key", tmp_path / "release.pub.pem")
    assert (verified.exit_code, verified.stdout) == (0, "")
    assert "Files unchanged: 1" in verified.stderr


def test_json_goes_to_stdout(keys, folder):
    signing.sign(folder, keys.private)
    (folder / ".gitignore").touch()
    result = call(verify, folder, "--public-key", keys.public, "--format", "json")
    document = json.loads(result.stdout)
    assert (document["schema"], document["verified"]) == ("aigov/verification/v1", True)
    assert document["uncovered"] == [".gitignore"]
    assert len(document["resources"]) == 4


def test_what_does_not_hold_raises_for_exit_code_1(keys, file):
    signing.sign(file, keys.private)
    file.write_bytes(b"")
    assert isinstance(call(verify, file, "--public-key", keys.public).exception, SignatureError)


def test_what_cannot_be_read_raises_for_exit_code_2(keys, file, tmp_path):
    assert isinstance(call(verify, file, "--public-key", keys.public).exception, InputError)
    assert isinstance(call(verify, tmp_path / "nix", "--public-key", keys.public).exception, InputError)


@pytest.mark.parametrize(
    "options", [(), ("--trust", "r.pem"), ("--identity", "a@b"), ("--public-key", "p.pem", "--trust", "r.pem")]
)
def test_whom_to_trust_must_be_said_once(file, options):
    assert isinstance(call(verify, file, *options).exception, UsageError)


def test_a_passphrase_comes_from_a_file_or_the_environment(tmp_path, file, monkeypatch):
    words = tmp_path / "words.txt"
    words.write_bytes("口令 one\r\n".encode())
    path = tmp_path / "secret.pem"
    assert call(key, "new", path, "--passphrase-file", words).exit_code == 0
    assert b"ENCRYPTED" in path.read_bytes()
    assert isinstance(call(sign, file, "--key", path).exception, InputError)
    assert call(sign, file, "--key", path, "--passphrase-file", words).exit_code == 0
    monkeypatch.setenv("AIGOV_KEY_PASSPHRASE", "口令 one")
    assert call(sign, file, "--key", path).exit_code == 0
    words.write_bytes(b"\n")
    assert isinstance(call(sign, file, "--key", path, "--passphrase-file", words).exception, InputError)
