"""Keys that hand over to the next one."""

from datetime import timedelta

import pytest
from certifying import NOW, refusal

from aigov import signing


@pytest.fixture
def rotated(keys, tmp_path):
    """Return a function that makes the next key and the statement of `old` about it."""

    def make(old, name):
        public = signing.new_key(tmp_path / f"{name}.pem")
        path = signing.rotation_path(tmp_path / f"{name}.pem")
        path.write_bytes(signing.write_rotation(signing.read_private_key(old), public, NOW))
        return path

    return make


def test_who_pinned_the_old_key_follows_to_the_new_one(file, keys, rotated, tmp_path):
    first = rotated(keys.private, "second")
    second = rotated(tmp_path / "second.pem", "third")
    signing.sign(file, tmp_path / "third.pem")
    trust = signing.KeyTrust(keys.public, (second, first))
    assert signing.verify(file, None, trust).fingerprint == signing.fingerprint(
        (tmp_path / "third.pub.pem").read_text()
    )
    assert refusal(file, None, signing.KeyTrust(keys.public)) == "signing.other-key"
    assert refusal(file, None, signing.KeyTrust(keys.public, (second,))) == "signing.rotation.stranger"
    signing.sign(file, keys.private)
    assert signing.verify(file, None, trust).scheme == "key"


def test_a_rotation_of_a_stranger_is_refused_even_beside_a_good_signature(file, keys, rotated, tmp_path):
    signing.sign(file, keys.private)
    trust = signing.KeyTrust(keys.public, (rotated(tmp_path / "keys" / "other.pem", "evil"),))
    assert refusal(file, None, trust) == "signing.rotation.stranger"


def test_a_denied_key_hands_over_to_nobody(file, keys, rotated, tmp_path):
    trust = signing.KeyTrust(keys.public, (rotated(keys.private, "next"),))
    signing.sign(file, tmp_path / "next.pem")
    old = signing.read_private_key(keys.private)
    deny = tmp_path / "deny.json"
    deny.write_bytes(signing.DenyList(NOW, (signing.Denied(old.public.fingerprint, "stolen"),)).to_bytes(old))
    listed = signing.Assurance(NOW, deny=signing.DenyTrust(deny, keys.public, timedelta(days=1)))
    assert refusal(file, None, trust, listed) == "signing.deny.denied"
    assert signing.verify(file, None, signing.KeyTrust(tmp_path / "next.pub.pem"), listed)


def test_a_circle_of_rotations_ends(file, keys, rotated, tmp_path):
    there = rotated(keys.private, "next")
    back = tmp_path / "back.json"
    old = signing.read_public_key(keys.public)
    back.write_bytes(signing.write_rotation(signing.read_private_key(tmp_path / "next.pem"), old, NOW))
    signing.sign(file, tmp_path / "next.pem")
    assert signing.verify(file, None, signing.KeyTrust(keys.public, (back, there))).scheme == "key"
