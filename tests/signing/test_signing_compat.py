"""Signatures of every past release verify for ever; the files in tests/compat/signing are never changed."""

from pathlib import Path

import pytest

from aigov import signing

KEPT = Path(__file__).parents[1] / "compat" / "signing"


@pytest.mark.parametrize("release", sorted(path.name for path in KEPT.iterdir()))
@pytest.mark.parametrize("model", ["weights.bin", "folder"])
@pytest.mark.parametrize("curve", ["p256", "p384", "p521"])
def test_a_signature_of_a_past_release_verifies(release, model, curve):
    home = KEPT / release
    found = signing.verify(home / model, home / f"{model}.{curve}.sig", signing.KeyTrust(home / f"{curve}.pub.pem"))
    assert found.uncovered == ()
    assert found.notes == ()
