"""What a policy asks of `model.signature`: certificates, lists, algorithms and digests; and the policy `cn-crypto`."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from certifying import NOW, stamped

from aigov import FrozenMap, Model, NotPerformed, Role, Subject, signing
from aigov.model import Artifact, File
from aigov_checks.model.signature import SignatureParams, signature

DAY = timedelta(days=1)
AT = NOW.isoformat()


def look(root: Path, path: Path, sig: Path | None = None, params=None, **trust):
    given = Artifact("s", Role.SIGNATURE, sig.name, (File(sig, sig.name, 1, "0" * 64),)) if sig else None
    found = (File(path, path.name, path.stat().st_size, signing.file_digest(path)),)
    known = FrozenMap({name: str(value) for name, value in trust.items()})
    model = Model("m", Role.MODEL, path.name, found, signature=given, trust=known)
    return signature.function(Subject("s", models=(model,), root=root), SignatureParams(**{"at": AT, **(params or {})}))


def valid(outcome):
    measured = outcome.measurements["signature_valid"]
    return measured.value == 1 and measured.low == 1


def test_a_certificate_is_judged_at_the_day_that_is_given(tmp_path, file, authority):
    path, trust = authority()
    more = {"roots": trust.roots, "identity": trust.identity}
    outcome = look(tmp_path, file, path, **more)
    assert valid(outcome)
    assert (outcome.facts["scheme"], outcome.facts["judged_on"]) == ("certificate", "2026-11-23")
    for params in ({"at": "1970-01-02"}, {"at": "2031-01-01T00:00:00Z"}, {"roots": "roots.pem", "identity": "x"}):
        outcome = look(tmp_path, file, path, params, **more)
        assert not valid(outcome)
        assert outcome.occurrences[0].type == "signature.invalid"


def test_a_policy_that_pins_roots_takes_no_identity_or_clock_of_the_subject(tmp_path, file, authority, clock):
    path, trust = authority(leaf={"end": NOW - DAY}, timestamp=stamped(clock, NOW - 2 * DAY))
    mine = {"roots": trust.roots, "identity": trust.identity, "timestamp_roots": "time-roots.pem"}
    outcome = look(tmp_path, file, path, **mine)
    assert valid(outcome)
    assert outcome.facts["signed_before"] == (NOW - 2 * DAY).isoformat()
    assert isinstance(look(tmp_path, file, path, {"roots": "roots.pem"}, **mine), NotPerformed)
    assert not valid(look(tmp_path, file, path, {"roots": "roots.pem", "identity": trust.identity}, **mine))
    assert valid(look(tmp_path, file, path, mine))


def test_a_deny_list_of_the_plant_is_heard_and_has_an_age(tmp_path, file, keys):
    key = signing.read_private_key(keys.private)
    signing.sign(file, keys.private)
    listed = {"public_key": keys.public, "deny_list": "deny.json", "deny_list_key": keys.public}
    (tmp_path / "deny.json").write_bytes(signing.DenyList(NOW - 3 * DAY).to_bytes(key))
    assert valid(look(tmp_path, file, **listed))
    assert not valid(look(tmp_path, file, None, {"deny_list_age_days": 2}, **listed))
    denied = signing.Denied(key.public.fingerprint, "stolen")
    (tmp_path / "deny.json").write_bytes(signing.DenyList(NOW, (denied,)).to_bytes(key))
    assert not valid(look(tmp_path, file, **listed))
    del listed["deny_list_key"]
    assert isinstance(look(tmp_path, file, **listed), NotPerformed)


def test_another_algorithm_or_digest_than_the_policy_asks_for_does_not_count(tmp_path, file, keys):
    signing.sign(file, keys.private)
    for params, counts in (
        ({"algorithm": "p256", "digest": "sha256"}, True),
        ({"algorithm": "p384"}, False),
        ({"digest": "sm3"}, False),
    ):
        assert valid(look(tmp_path, file, None, params, public_key=keys.public)) is counts
    signing.sign(file, keys.private, recipe=signing.Recipe(signing.Hashing(sm3=True)))
    assert valid(look(tmp_path, file, None, {"digest": "sm3"}, public_key=keys.public))


@pytest.mark.parametrize("algorithm", ["ed25519", "ml-dsa-65"])
def test_a_bundle_of_our_own_is_found_beside_the_model_with_its_own_key(tmp_path, file, keys, algorithm):
    signing.new_key(tmp_path / "k.pem", signing.Algorithm(algorithm))
    signing.sign(file, keys.private)
    trust = {"public_key": keys.public, f"public_key_{algorithm.replace('-', '_')}": tmp_path / "k.pub.pem"}
    assert not valid(look(tmp_path, file, None, {"algorithm": algorithm}, **trust))
    signing.sign(file, tmp_path / "k.pem")
    assert look(tmp_path, file, None, {"algorithm": algorithm}, **trust).facts["algorithm"] == algorithm
    assert valid(look(tmp_path, file, **trust))


SUBJECT = """
apiVersion: aigov/v1
kind: Subject
metadata: {name: plant}
models:
  - name: m
    path: model.bin
    trust: {public_key: keys/oms.pub.pem, public_key_sm2: keys/sm2.pub.pem}
"""
MISSING = "raise ModuleNotFoundError('No module named tongsuopy', name='tongsuopy')"


def audit(folder, first=""):
    """Audit by `cn-crypto`; what lies in the folder `first` is imported before what is installed."""
    command = [sys.executable, "-m", "aigov", "audit", ".", "--policy", "cn-crypto", "--lang", "en"]
    command += ["--output", "out", "--format", "json"]
    path = os.pathsep.join(part for part in (str(first), os.environ.get("PYTHONPATH", "")) if part)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
    )
    path = next(iter((folder / "out").glob("*.json")), None)
    document = json.loads(done.stdout or path.read_text())
    return done, [finding["verdict"] for finding in document["findings"]]


@pytest.fixture
def plant(tmp_path):
    pytest.importorskip("tongsuopy", reason="needs the extra cn-crypto")
    folder = tmp_path / "plant"
    (folder / "keys").mkdir(parents=True)
    (folder / "aigov.yaml").write_text(SUBJECT)
    (folder / "model.bin").write_bytes(b"weights")
    signing.new_key(folder / "keys" / "oms.pem")
    signing.new_key(folder / "keys" / "sm2.pem", signing.Algorithm.SM2)
    return folder


def test_cn_crypto_passes_what_has_sm2_and_sm3_and_fails_what_has_not(plant):
    keys = [signing.read_private_key(plant / "keys" / f"{name}.pem") for name in ("oms", "sm2")]
    signing.sign_with(plant / "model.bin", keys)
    assert audit(plant)[1] == ["pass", "fail"]
    signing.sign_with(plant / "model.bin", keys, recipe=signing.Recipe(signing.Hashing(sm3=True)))
    done, verdicts = audit(plant)
    assert (done.returncode, verdicts) == (0, ["pass", "pass"])
    (plant / "model.bin.sm2.sig").unlink()
    assert audit(plant)[1] == ["fail", "fail"]


def test_cn_crypto_is_not_assessed_with_the_install_line_where_the_extra_is_missing(plant, tmp_path):
    signing.sign(plant / "model.bin", plant / "keys" / "sm2.pem")
    (tmp_path / "first" / "tongsuopy").mkdir(parents=True)
    (tmp_path / "first" / "tongsuopy" / "__init__.py").write_text(MISSING)  # workers are processes of their own
    done, verdicts = audit(plant, tmp_path / "first")
    assert (done.returncode, verdicts) == (3, ["not-assessed", "not-assessed"])
    assert 'pip install "aigov[cn-crypto]"' in done.stdout + done.stderr
