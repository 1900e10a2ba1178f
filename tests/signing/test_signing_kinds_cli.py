"""`aigov sign`, `verify`, `key` and `timestamp` beyond one key and one file."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from certifying import certificate, time_authority
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jsonschema import Draft202012Validator

from aigov import signing
from aigov.cli import run
from aigov.errors import Place
from aigov.signing.envelope import parse_bundle

DAY = timedelta(days=1)


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Return a function that runs the command line and gives exit code, stdout and stderr."""
    monkeypatch.setenv("NO_COLOR", "1")

    def inner(*arguments):
        code = run([*map(str, arguments), "--lang", "en"])
        out = capsys.readouterr()
        assert "signing." not in out.err
        return code, out.out, out.err

    return inner


@pytest.fixture
def chain(tmp_path):
    """Write roots.pem, chain.pem and leaf.pem, valid today."""
    today = datetime.now(UTC).replace(microsecond=0)
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    times = {"start": today - DAY, "end": today + DAY}
    made = certificate("root", root, ca=True, **times)
    mine = certificate("signer", leaf, issuer=("root", root), **times)
    (tmp_path / "roots.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (tmp_path / "chain.pem").write_bytes(mine.public_bytes(Encoding.PEM) + made.public_bytes(Encoding.PEM))
    (tmp_path / "leaf.pem").write_bytes(leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return "--trust", tmp_path / "roots.pem", "--identity", "signer@plant.example"


def test_a_certificate_with_a_timestamp_from_the_command_line(call, folder, chain, tmp_path):
    time_authority(tmp_path)
    stamp = ("--timestamp-authority", tmp_path / "time.pem")
    made = call("sign", folder, "--key", tmp_path / "leaf.pem", "--certificate", tmp_path / "chain.pem", *stamp)
    assert made[0] == 0, made
    code, out, err = call(
        "verify", folder, *chain, "--timestamp-trust", tmp_path / "time-roots.pem", "--format", "json"
    )
    assert (code, err) == (0, "")
    document = valid("verification", json.loads(out))
    assert (document["scheme"], document["format"], document["identity"]) == (
        "certificate",
        "oms",
        "signer@plant.example",
    )
    assert abs(datetime.now(UTC) - datetime.fromisoformat(document["signed_before"])) < timedelta(minutes=5)
    assert call("verify", folder, *chain[:3], "someone@else.example")[0] == 1
    code, _, err = call("verify", folder, *chain, "--crl", tmp_path / "roots.pem")
    assert (code, "no certificate revocation list" in err) == (2, True)


def test_shards_sm3_and_several_keys(call, folder, tmp_path):
    for name, algorithm in (("oms", "p384"), ("ed", "ed25519"), ("pq", "ml-dsa-65")):
        assert call("key", "new", tmp_path / f"{name}.pem", "--algorithm", algorithm)[0] == 0
    keys = [part for name in ("oms", "ed", "pq") for part in ("--key", tmp_path / f"{name}.pem")]
    code, _, err = call("sign", folder, *keys, "--shard-size", 1_000_000, "--sm3")
    assert (code, err.count("Signature: ")) == (0, 3)
    for name, form in (("oms", "oms"), ("ed", "aigov-profile"), ("pq", "aigov-profile")):
        code, out, _ = call("verify", folder, "--public-key", tmp_path / f"{name}.pub.pem", "--format", "json")
        document = valid("verification", json.loads(out))
        assert (code, document["format"], document["uncovered"]) == (0, form, [])
        shards = [one for one in document["resources"] if one["name"] == "sub/weights.bin"]
        assert [(one["start"], one["end"]) for one in shards] == [
            (0, 1_000_000),
            (1_000_000, 2_000_000),
            (2_000_000, 3_000_000),
        ]
        assert all(len(one["sm3"]) == 64 for one in shards)
    code, _, err = call("verify", folder, "--public-key", tmp_path / "ed.pub.pem")
    assert "Not OpenSSF Model Signing" in err
    assert call("sign", folder, *keys, "--output", tmp_path / "one.sig")[0] == 2
    assert call("sign", folder, *keys[:2], *keys[:2])[0] == 2


def valid(name, document):
    schema = json.loads((resources.files("aigov") / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(document)
    return document


def payload(path):
    return json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))


def test_rotating_a_key(call, file, tmp_path):
    call("key", "new", tmp_path / "2026.pem")
    code, _, err = call("key", "rotate", tmp_path / "2026.pem", tmp_path / "2027.pem", "--algorithm", "p521")
    assert (code, "2027.rotation.json" in err) == (0, True)
    valid("key-rotation", payload(tmp_path / "2027.rotation.json"))
    call("sign", file, "--key", tmp_path / "2027.pem")
    pinned = ("--public-key", tmp_path / "2026.pub.pem")
    assert call("verify", file, *pinned)[0] == 1
    assert call("verify", file, *pinned, "--rotation", tmp_path / "2027.rotation.json")[0] == 0
    assert call("key", "rotate", tmp_path / "2026.pem", tmp_path / "2027.pem")[0] == 2


def test_denying_a_key(call, file, tmp_path):
    for name in ("release", "security"):
        call("key", "new", tmp_path / f"{name}.pem")
    call("sign", file, "--key", tmp_path / "release.pem")
    mine = call("key", "show", tmp_path / "release.pub.pem")[1].split()[1]
    deny, key = tmp_path / "deny.json", ("--key", tmp_path / "security.pem")
    verify = ("verify", file, "--public-key", tmp_path / "release.pub.pem", "--deny-list", deny)
    assert call("key", "deny", deny, *key)[0] == 0
    assert call(*verify)[0] == 2
    verify += ("--deny-list-key", tmp_path / "security.pub.pem")
    assert call(*verify)[0] == 0
    assert call("key", "deny", deny, f"sha256:{mine.upper()}", *key, "--reason", "laptop stolen")[0] == 0
    code, _, err = call(*verify)
    assert (code, "laptop stolen" in err) == (1, True)
    code, _, err = call("key", "deny", deny, "abc", *key)
    assert (code, "no fingerprint" in err) == (2, True)
    assert call("key", "deny", deny, mine, *key, "--from", "tomorrow")[0] == 2
    assert call("key", "deny", deny, *key)[2].endswith("Entries: 1.\n")
    call("key", "deny", deny, "0" * 64, *key, "--from", "2026-11-01", "--until", "2027-01-01T00:00:00+08:00")
    assert valid("deny-list", payload(deny))["entries"][1] == {
        "fingerprint": "0" * 64,
        "reason": "unspecified",
        "not_before": "2026-11-01T00:00:00Z",
        "not_after": "2026-12-31T16:00:00Z",
    }


def test_a_timestamp_from_elsewhere(call, file, keys, tmp_path):
    call("sign", file, "--key", keys.private)
    signature = signing.signature_path(file)
    code, _, err = call("timestamp", "request", signature, tmp_path / "ask.tsq")
    assert (code, "ask.tsq" in err) == (0, True)
    assert (
        hashlib.sha256(parse_bundle(signature.read_bytes(), Place("s")).signature).digest()
        in (tmp_path / "ask.tsq").read_bytes()
    )
    clock = time_authority(tmp_path)
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    (tmp_path / "r.tsr").write_bytes(clock.token(parse_bundle(signature.read_bytes(), Place("s")).signature, moment))
    assert call("timestamp", "attach", signature, tmp_path / "r.tsr")[0] == 0
    stamped = ("verify", file, "--public-key", keys.public, "--timestamp-trust", tmp_path / "time-roots.pem")
    code, _, err = call(*stamped)
    assert (code, moment.isoformat() in err) == (0, True)
    assert call("timestamp", "attach", signature, tmp_path / "time.pem")[0] == 2
    assert call("timestamp", "attach", tmp_path / "time.pem", tmp_path / "r.tsr")[0] == 1


@pytest.mark.parametrize("command", ["sign", "show"])
def test_a_key_that_is_no_key_is_a_usage_error_with_its_place(call, file, tmp_path, command):
    (tmp_path / "no.pem").write_text("hello")
    arguments = (
        ("sign", file, "--key", tmp_path / "no.pem") if command == "sign" else ("key", "show", tmp_path / "no.pem")
    )
    code, out, err = call(*arguments)
    assert (code, out, "no.pem" in err, len(err.splitlines())) == (2, "", True, 1)


def test_a_signature_of_another_model_is_refused(call, file, folder, keys, tmp_path):
    signing.sign(folder, keys.private)
    code, _, err = call("verify", file, "--signature", folder / "model.sig", "--public-key", keys.public)
    assert (code, "not of this" in err or "other" in err.lower()) == (1, True)
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    signing.sign(other, keys.private)
    code, _, err = call("verify", file, "--signature", f"{other}.sig", "--public-key", keys.public)
    assert (code, file.name in err) == (1, True)


def test_a_sparse_model_of_ten_gigabytes_is_refused_by_size_where_shards_say_so(call, keys, tmp_path):
    model = tmp_path / "big.bin"
    model.write_bytes(b"x" * 100)
    signing.sign(model, keys.private, recipe=signing.Recipe(signing.Hashing(shard_size=100)))
    with model.open("r+b") as stream:
        stream.truncate(10_000_000_000)
    code, _, err = call("verify", model, "--public-key", keys.public)
    assert (code, "Changed" in err) == (1, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signal")
def test_an_interrupt_does_not_wait_for_the_files_that_are_being_hashed(keys, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    for name in ("a", "b", "c"):
        with (model / name).open("wb") as stream:
            stream.truncate(1_000_000_000_000)
    command = [sys.executable, "-m", "aigov", "sign", str(model), "--key", str(keys.private)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1].strip()
    assert process.returncode == 130
    assert not (model / "model.sig").exists()
