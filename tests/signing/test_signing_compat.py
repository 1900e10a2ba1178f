"""Signatures of every past release verify for ever; the files in tests/compat/ are never changed."""

from datetime import timedelta
from pathlib import Path

import pytest
from certifying import NOW, YEAR

from aigov import signing

KEPT = Path(__file__).parents[1] / "compat" / "signing"
KINDS = Path(__file__).parents[1] / "compat" / "signing-kinds"
NEEDS = {"sm2": "tongsuopy", "blake3": "blake3", "timestamp": "rfc3161_client"}


@pytest.mark.parametrize("release", sorted(path.name for path in KEPT.iterdir()))
@pytest.mark.parametrize("model", ["weights.bin", "folder"])
@pytest.mark.parametrize("curve", ["p256", "p384", "p521"])
def test_a_signature_of_a_past_release_verifies(release, model, curve):
    home = KEPT / release
    found = signing.verify(home / model, home / f"{model}.{curve}.sig", signing.KeyTrust(home / f"{curve}.pub.pem"))
    assert found.uncovered == ()
    assert found.notes == ()


@pytest.fixture(params=sorted(KINDS.iterdir()), ids=lambda path: path.name)
def kinds(request):
    return request.param


def test_there_is_one_of_each_kind(kinds):
    names = {path.name for path in kinds.glob("*.sig")}
    assert {f"key.{algorithm}.sig" for algorithm in signing.Algorithm} < names
    assert len(names) == 13


@pytest.mark.parametrize("path", sorted(KINDS.glob("*/*.sig")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_kind_of_a_past_release_verifies(path):
    for part in path.name.replace("-", ".").split("."):
        if part in NEEDS:
            pytest.importorskip(NEEDS[part], reason="needs an optional dependency")
    home = path.parent
    kind, name, _ = path.name.split(".")
    after = NOW + 9 * YEAR
    key = name if kind == "key" else "p256"
    trust = signing.KeyTrust(home / f"{key}.pub.pem")
    assurance = signing.Assurance(after)
    if kind == "certificate":
        trust = signing.CertificateTrust(home / "roots.pem", "signer@plant.example", after, (home / "root.crl",))
        assurance = signing.Assurance(after, home / "time-roots.pem")
    found = signing.verify(home / "model", path, trust, assurance)
    assert (found.uncovered, found.notes, found.ignored) == ((), (), ())
    assert {resource.name for resource in found.resources} >= {"config.json", "sub/weights.bin"}
    assert found.signed_before == (NOW if kind == "certificate" else None)


def test_a_deny_list_and_a_rotation_of_a_past_release_are_read(kinds):
    trust = signing.KeyTrust(kinds / "p256.pub.pem", (kinds / "p384.rotation.json",))
    deny = signing.DenyTrust(kinds / "deny.json", kinds / "p256.pub.pem", timedelta(days=30))
    found = signing.verify(kinds / "model", kinds / "key.p384.sig", trust, signing.Assurance(NOW, deny=deny))
    assert found.algorithm == "p384"


def test_an_allow_list_of_a_past_release_is_read(root):
    home = root / "tests/compat/allow-list/0.1.0"
    found = signing.read_allow_list(home / "allowed.json", signing.read_public_key(home / "key.pub.pem"))
    assert [(entry.name, entry.reason) for entry in found.entries] == [
        ("PlantFilter", "reviewed, 轴承"),
        ("acme.models.Pump", "reviewed, 轴承"),
    ]
