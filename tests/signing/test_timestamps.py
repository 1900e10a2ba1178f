"""Trusted timestamps (RFC 3161), and chains of certificates that lead nowhere."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from certifying import CODE, NOW, SERVER, YEAR, assured, certificate, refusal, stamped, time_authority
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from aigov import InputError, SignatureError, signing
from aigov.errors import Place
from aigov.signing.envelope import parse_bundle

DAY = timedelta(days=1)


def test_a_timestamp_keeps_a_signature_valid_after_its_certificate(file, authority, clock, tmp_path):
    path, trust = authority(leaf={"end": NOW + DAY}, timestamp=stamped(clock, NOW))
    later = NOW + 5 * YEAR
    trust = signing.CertificateTrust(trust.roots, trust.identity, later)
    assert signing.verify(file, path, trust, assured(tmp_path, later)).signed_before == NOW
    assert refusal(file, path, trust) == "signing.certificate.expired"


def test_a_timestamp_after_the_end_of_a_certificate_does_not_help(file, authority, clock, tmp_path):
    made = authority(leaf={"end": NOW - 2 * DAY}, timestamp=stamped(clock, NOW - DAY))
    assert refusal(file, *made, assured(tmp_path)) == "signing.certificate.expired"


def test_a_timestamp_without_pinned_roots_is_said_to_be_unchecked(file, authority, clock):
    found = signing.verify(file, *authority(timestamp=stamped(clock, NOW)))
    assert [note.id for note in found.notes] == ["signing.note.not-checked"]
    assert found.signed_before is None


def test_pinned_roots_and_no_timestamp_judge_the_present_and_say_so(file, authority, clock, tmp_path):
    found = signing.verify(file, *authority(), assured(tmp_path))
    assert [note.id for note in found.notes] == ["signing.note.no-timestamp"]


def test_a_timestamp_of_another_authority_or_signature_is_refused(file, authority, clock, tmp_path):
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    made = authority(timestamp=stamped(time_authority(stranger), NOW))
    assert refusal(file, *made, assured(tmp_path)) == "signing.timestamp.bad"
    made = authority(timestamp=lambda _: clock.token(b"another signature", NOW))
    assert refusal(file, *made, assured(tmp_path)) == "signing.timestamp.bad"


def test_a_timestamp_of_the_future_or_a_clock_in_1970_is_refused(file, keys, clock, tmp_path):
    signing.sign(file, keys.private, recipe=signing.Recipe(timestamp=stamped(clock, NOW)))
    early = datetime(1970, 1, 2, tzinfo=UTC)
    assert refusal(file, None, keys.trust, assured(tmp_path, early)) == "signing.timestamp.future"
    assert refusal(file, None, keys.trust, assured(tmp_path, None)) == "signing.no-clock"


def test_a_certificate_for_something_else_makes_no_authority(tmp_path):
    for use in (SERVER, CODE, None):
        with pytest.raises(InputError, match="no time-stamping authority"):
            time_authority(tmp_path, use=use)


def test_an_authority_that_was_not_valid_then_is_refused(file, keys, tmp_path):
    clock = time_authority(tmp_path, end=NOW - DAY)
    signing.sign(file, keys.private, recipe=signing.Recipe(timestamp=stamped(clock, NOW)))
    assert refusal(file, None, keys.trust, assured(tmp_path)) == "signing.timestamp.bad"


def test_a_timestamp_cut_or_flipped_anywhere_never_counts(file, keys, clock, tmp_path):
    path = signing.sign(file, keys.private)
    bundle = parse_bundle(path.read_bytes(), Place("s"))
    token = clock.token(bundle.signature, NOW)
    broken = [token[:size] for size in range(1, len(token), max(1, len(token) // 200))]
    for position in range(0, len(token), 5):
        data = bytearray(token)
        data[position] ^= 1 << (position % 8)
        broken.append(bytes(data))
    for data in broken:
        path.write_bytes(replace(bundle, timestamps=(data,)).to_bytes())
        try:
            found = signing.verify(file, path, keys.trust, assured(tmp_path))
        except SignatureError as error:
            assert error.message.id == "signing.timestamp.bad"  # noqa: PT017  # a changed note is as good
        else:
            assert found.signed_before == NOW


@pytest.mark.parametrize(
    "make", [lambda: ec.generate_private_key(ec.SECP384R1()), lambda: rsa.generate_private_key(65537, 2048)]
)
def test_openssl_verifies_our_timestamps(tmp_path, make):
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not installed")
    clock = time_authority(tmp_path, make())
    (tmp_path / "data").write_bytes(b"signature")
    (tmp_path / "response.tsr").write_bytes(clock.token(b"signature", NOW))
    command = ["openssl", "ts", "-verify", "-data", "data", "-in", "response.tsr", "-CAfile", "time-roots.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout, done.stderr


def test_a_response_made_elsewhere_is_attached(file, keys, clock, tmp_path):
    path = signing.sign(file, keys.private)
    response = tmp_path / "response.tsr"
    response.write_bytes(clock.token(parse_bundle(path.read_bytes(), Place("s")).signature, NOW))
    path.write_bytes(signing.attach(path, response))
    assert signing.verify(file, path, keys.trust, assured(tmp_path)).signed_before == NOW
    response.write_bytes(clock.token(b"another", NOW))
    with pytest.raises(InputError, match="not one over this signature"):
        signing.attach(path, response)
    response.write_bytes(b"nothing")
    with pytest.raises(InputError, match="no response of a time-stamping authority"):
        signing.attach(path, response)


def test_a_chain_with_a_loop_ends(file, authority, tmp_path):
    """Two issuers that issue each other, and no root among them."""
    a, b = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    leaf = certificate("signer", authority.keys.leaf, issuer=("a", a))
    circle = [leaf, certificate("a", a, issuer=("b", b), ca=True), certificate("b", b, issuer=("a", a), ca=True)]
    _, trust = authority()
    chain = tmp_path / "circle.pem"
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in circle))
    path = signing.sign(file, tmp_path / "signer.pem", recipe=signing.Recipe(certificate=chain))
    assert refusal(file, path, trust) == "signing.certificate.no-path"


def test_certificates_must_be_those_of_the_key(file, authority, keys, tmp_path):
    authority()
    with pytest.raises(InputError, match="not the one of the signing key"):
        signing.sign(file, keys.private, recipe=signing.Recipe(certificate=tmp_path / "chain.pem"))
    with pytest.raises(InputError, match="no certificate"):
        signing.sign(file, keys.private, recipe=signing.Recipe(certificate=keys.public))
