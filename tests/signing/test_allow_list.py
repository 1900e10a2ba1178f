"""The signed list of names of one's own that model files may hold: made, shown, relied on, and refused."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from aigov import InputError, SignatureError, signing
from aigov.signing.allow_list import KIND
from aigov.signing.documents import write_document

PUMP = b"\x80\x04cacme.models\nPump\n)\x81."
"""A pickle with one instance of `acme.models.Pump`."""
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def aigov(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aigov", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


@pytest.fixture
def listed(keys, tmp_path):
    """Return a function that makes a list of names with a key and returns its path."""

    def make(*names, key=keys.private):
        path = tmp_path / "allowed.json"
        entries = tuple(signing.Allowed(name, NOW, "reviewed") for name in names)
        path.write_bytes(signing.AllowList(NOW, entries).to_bytes(signing.read_signing_key(key)))
        return path

    return make


def scan(tmp_path, *parameters):
    model = tmp_path / "pump.pkl"
    model.write_bytes(PUMP)
    given = [word for parameter in parameters for word in ("-p", parameter)]
    return aigov("check", "model.serialization", model, *given, "--format", "json")


def test_a_list_that_the_pinned_key_signed_allows_exactly_its_names(listed, keys, tmp_path):
    key = f"allow_list_key={keys.public}"
    assert scan(tmp_path).returncode == 1
    assert scan(tmp_path, f"allow_list={listed('acme.models.Pump')}", key).returncode == 0
    assert scan(tmp_path, f"allow_list={listed('acme.models.Pumps', 'models.Pump')}", key).returncode == 1


def test_a_list_never_lifts_what_is_known_to_do_harm(listed, keys, tmp_path):
    (tmp_path / "bad.pkl").write_bytes(b"\x80\x04cos\nsystem\nX\x02\0\0\0id\x85R.")
    words = ("-p", f"allow_list={listed('os.system')}", "-p", f"allow_list_key={keys.public}", "--format", "json")
    assert aigov("check", "model.serialization", tmp_path / "bad.pkl", *words).returncode == 1


@pytest.mark.parametrize("case", ["other-key", "changed", "no-list", "no-key", "key-alone", "list-alone", "deny-list"])
def test_a_list_that_cannot_be_relied_on_leaves_the_check_not_assessed_with_the_reason(case, listed, keys, tmp_path):
    path = listed("acme.models.Pump")
    key = keys.public
    match case:
        case "other-key":
            key = keys.other
        case "changed":
            envelope = json.loads(path.read_text())
            payload = base64.b64decode(envelope["payload"]).replace(b"Pump", b"Bomb")
            path.write_text(json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}))
        case "no-list":
            path.unlink()
        case "no-key":
            key = tmp_path / "nowhere.pem"
        case "deny-list":
            path.write_bytes(signing.DenyList(NOW).to_bytes(signing.read_signing_key(keys.private)))
    given = {"key-alone": (f"allow_list_key={key}",), "list-alone": (f"allow_list={path}",)}
    done = scan(tmp_path, *given.get(case, (f"allow_list={path}", f"allow_list_key={key}")))
    found = json.loads(done.stdout)
    assert (done.returncode, found["outcome"]) == (3, "not-performed")
    assert "allow" in found["reason"]


def test_the_command_makes_shows_extends_and_withdraws(keys, tmp_path):
    path = tmp_path / "allowed.json"
    sign = ("policy", "allow", path, "--key", keys.private)
    assert aigov(*sign, "acme.models.Pump", "PlantFilter", "--reason", "reviewed by line 3").returncode == 0
    assert aigov(*sign, "acme.models.Valve", "--reason", "reviewed later", "--withdraw", "PlantFilter").returncode == 0
    shown = aigov("policy", "allowed", path, "--public-key", keys.public).stdout.splitlines()
    assert [line.split("  ")[0] for line in shown] == ["acme.models.Pump", "acme.models.Valve"]
    assert shown[1].endswith("reviewed later")
    refused = aigov("policy", "allowed", path, "--public-key", keys.other)
    assert refused.returncode == 1
    assert "was not signed with the key" in refused.stderr
    other = aigov("policy", "allow", path, "x.Y", "--reason", "z", "--key", keys.private.with_name("other.pem"))
    assert other.returncode == 1, "a list of another key is not taken over"


@pytest.mark.parametrize("name", ["", "acme.*", "a b", "a,b", "x" * 301, "a\nb", "a\u202eb"])
def test_a_name_that_is_not_exact_is_refused(name, keys, tmp_path):
    done = aigov("policy", "allow", tmp_path / "l.json", name, "--reason", "r", "--key", keys.private)
    assert done.returncode == 2
    assert not (tmp_path / "l.json").exists()


def test_a_name_needs_a_reason(keys, tmp_path):
    done = aigov("policy", "allow", tmp_path / "l.json", "acme.Pump", "--key", keys.private)
    assert done.returncode == 2
    assert "reason" in done.stderr


@pytest.mark.parametrize(
    "content",
    [
        {"schema": "aigov/allow-list/v2", "issued": "2026-11-26T00:00:00Z", "entries": []},
        {"schema": "aigov/allow-list/v1", "issued": "yesterday", "entries": []},
        {"schema": "aigov/allow-list/v1", "issued": "2026-11-26T00:00:00Z", "entries": [{"name": "a.B"}]},
        {
            "schema": "aigov/allow-list/v1",
            "issued": "2026-11-26T00:00:00Z",
            "entries": [{"name": "a.*", "since": "2026-11-26T00:00:00Z", "reason": "r"}],
        },
        {"schema": "aigov/allow-list/v1", "issued": "2026-11-26T00:00:00Z", "entries": [], "more": 1},
    ],
)
def test_a_signed_list_of_another_shape_is_refused(content, keys, tmp_path):
    path = tmp_path / "l.json"
    path.write_bytes(write_document(KIND, content, signing.read_signing_key(keys.private)))
    with pytest.raises(SignatureError):
        signing.read_allow_list(path, signing.read_public_key(keys.public))


def test_a_list_that_is_not_there_is_an_input_error(keys, tmp_path):
    with pytest.raises(InputError):
        signing.read_allow_list(tmp_path / "none.json", signing.read_public_key(keys.public))


def test_the_names_of_a_list_are_part_of_what_decides_a_result(listed, keys, tmp_path):
    from aigov import Model, Role, Subject
    from aigov.model import File
    from aigov_checks.model.serialization import SerializationParams, serialization

    file = File(tmp_path / "m", "m", 1, "0" * 64)
    subject = Subject("s", models=(Model("m", Role.MODEL, "m", (file,)),))
    plain = serialization.parts.split(subject, SerializationParams())[0].content
    params = SerializationParams(allow_list=str(listed("b.B", "a.A")), allow_list_key=str(keys.public))
    assert "allowed" not in plain
    assert serialization.parts.split(subject, params)[0].content["allowed"] == ("a.A", "b.B")
