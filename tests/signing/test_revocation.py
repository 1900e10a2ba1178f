"""Certificate revocation lists, and the signed and dated deny-list."""

from datetime import UTC, datetime, timedelta

import pytest
from certifying import NOW, assured, refusal, stamped
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from aigov import InputError, SignatureError, signing

DAY = timedelta(days=1)


def crl(name, key, *serials, last=NOW - DAY, following=NOW + DAY, when=NOW - DAY, extensions=(), entry=()):  # noqa: PLR0913
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .last_update(last)
        .next_update(following)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
        for extension in entry:
            revoked = revoked.add_extension(extension, critical=False)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(key, hashes.SHA256())


@pytest.fixture
def lists(authority, tmp_path):
    """Return a function that gives signature, trust and the lists of both issuers, that of `middle` as asked."""

    def make(timestamp=None, **middle):
        path, trust = authority(timestamp=timestamp)
        serials = middle.pop("serials", ())
        pem, der = tmp_path / "root.crl.pem", tmp_path / "middle.crl"
        pem.write_bytes(crl("root", authority.keys.root).public_bytes(Encoding.PEM))
        signer = middle.pop("key", authority.keys.middle)
        der.write_bytes(crl("middle", signer, *serials, **middle).public_bytes(Encoding.DER))
        return path, signing.CertificateTrust(trust.roots, trust.identity, NOW, (pem, der))

    return make


SERIAL = 1 + len("signer")


def test_certificates_that_no_list_names_verify(file, lists):
    assert signing.verify(file, *lists(serials=(99,))).scheme == "certificate"


def test_a_revoked_certificate_is_refused(file, lists):
    assert refusal(file, *lists(serials=(SERIAL,))) == "signing.crl.revoked"


def test_every_issuer_needs_a_current_list_of_its_own(file, lists, authority):
    path, trust = lists()
    one = signing.CertificateTrust(trust.roots, trust.identity, NOW, trust.crls[:1])
    assert refusal(file, path, one) == "signing.crl.missing"
    assert refusal(file, *lists(following=NOW - timedelta(hours=1))) == "signing.crl.old"
    assert refusal(file, *lists(last=NOW + DAY, following=NOW + 2 * DAY)) == "signing.crl.future"
    assert refusal(file, *lists(key=ec.generate_private_key(ec.SECP256R1()))) == "signing.crl.missing"
    assert refusal(file, *lists(extensions=(x509.DeltaCRLIndicator(1),))) == "signing.crl.missing"


@pytest.mark.parametrize("reason", [x509.ReasonFlags.superseded, None, x509.ReasonFlags.key_compromise])
def test_a_signature_from_before_a_revocation_holds_unless_the_key_was_stolen(file, lists, clock, tmp_path, reason):
    entry = (x509.CRLReason(reason),) if reason else ()
    stamp = stamped(clock, NOW - 9 * DAY)
    made = lists(stamp, serials=(SERIAL,), entry=entry)
    if reason is not x509.ReasonFlags.key_compromise:
        assert signing.verify(file, *made, assured(tmp_path)).signed_before == NOW - 9 * DAY
    else:
        assert refusal(file, *made, assured(tmp_path)) == "signing.crl.revoked"
    since = x509.InvalidityDate((NOW - 20 * DAY).replace(tzinfo=None))
    made = lists(stamp, serials=(SERIAL,), entry=(*entry, since))
    assert refusal(file, *made, assured(tmp_path)) == "signing.crl.revoked"


@pytest.mark.parametrize("content", [b"", b"x" * 99, b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_a_list_that_is_none_is_an_input_error(file, lists, content):
    path, trust = lists()
    trust.crls[0].write_bytes(content)
    with pytest.raises(InputError, match="no certificate revocation list"):
        signing.verify(file, path, trust)


@pytest.fixture
def deny(file, keys, tmp_path):
    """Return a function that signs `file` and gives what refuses its key by a list."""
    key = signing.read_private_key(keys.private)
    signing.sign(file, keys.private)

    def make(*entries, issued=NOW, key=key, **more):
        path = tmp_path / "deny.json"
        path.write_bytes(signing.DenyList(issued, entries).to_bytes(key))
        return assured(tmp_path, deny=signing.DenyTrust(path, keys.public, timedelta(days=30)), **more)

    make.fingerprint = key.public.fingerprint
    return make


def test_a_key_that_no_list_names_verifies(file, keys, clock, deny):
    assert signing.verify(file, None, keys.trust, deny(signing.Denied("0" * 64, "another")))


def test_a_denied_key_or_certificate_is_refused_with_the_reason(file, keys, authority, clock, deny):
    denied = signing.Denied(deny.fingerprint, "the laptop was stolen")
    with pytest.raises(SignatureError, match="the laptop was stolen"):
        signing.verify(file, None, keys.trust, deny(denied))
    made = authority()
    leaf = signing.verify(file, *made).fingerprint
    assert refusal(file, *made, deny(signing.Denied(leaf, "x"))) == "signing.deny.denied"


def test_a_list_that_is_old_of_the_future_or_of_another_key_is_refused(file, keys, clock, deny, tmp_path):
    assert refusal(file, None, keys.trust, deny(issued=NOW - 31 * DAY)) == "signing.deny.old"
    assert refusal(file, None, keys.trust, deny(issued=NOW + DAY)) == "signing.deny.future"
    stranger = signing.read_private_key(tmp_path / "keys" / "other.pem")
    assert refusal(file, None, keys.trust, deny(key=stranger)) == "signing.deny.bad-signature"
    assert refusal(file, None, keys.trust, deny(at=datetime(1970, 1, 2, tzinfo=UTC))) == "signing.deny.future"


def test_what_was_signed_before_counts_only_with_a_trusted_time(file, keys, clock, deny, tmp_path):
    entry = signing.Denied(deny.fingerprint, "stolen", not_before=NOW - 5 * DAY)
    assert refusal(file, None, keys.trust, deny(entry)) == "signing.deny.denied"
    for at, verifies in ((NOW - 6 * DAY, True), (NOW - 5 * DAY, False), (NOW - DAY, False)):
        signing.sign(file, keys.private, recipe=signing.Recipe(timestamp=stamped(clock, at)))
        if verifies:
            assert signing.verify(file, None, keys.trust, deny(entry)).signed_before == at
        else:
            assert refusal(file, None, keys.trust, deny(entry)) == "signing.deny.denied"


def test_an_entry_lapses_by_the_present_and_not_by_a_late_timestamp(file, keys, clock, deny):
    entry = signing.Denied(deny.fingerprint, "missing", not_after=NOW - DAY)
    assert signing.verify(file, None, keys.trust, deny(entry)).scheme == "key"
    entry = signing.Denied(deny.fingerprint, "missing", NOW - 9 * DAY, NOW + DAY)
    for at in (NOW - 2 * DAY, NOW):
        signing.sign(file, keys.private, recipe=signing.Recipe(timestamp=stamped(clock, at)))
        assert refusal(file, None, keys.trust, deny(entry)) == "signing.deny.denied"


def test_a_deny_list_cut_anywhere_or_a_signature_in_its_place_is_refused(file, keys, clock, deny, tmp_path):
    assurance = deny(signing.Denied("0" * 64, "x"))
    whole = assurance.deny.path.read_bytes()
    for size in range(0, len(whole) - 2, max(1, len(whole) // 200)):
        assurance.deny.path.write_bytes(whole[:size])
        refusal(file, None, keys.trust, assurance)
    assurance.deny.path.write_bytes(signing.signature_path(file).read_bytes())
    assert refusal(file, None, keys.trust, assurance) == "signing.missing-field"


def test_roots_lists_and_chains_cut_anywhere_never_verify(file, lists, tmp_path):
    path, trust = lists(serials=(99,))
    for target in (trust.roots, *trust.crls):
        whole = target.read_bytes()
        for size in range(0, len(whole) - 2, max(1, len(whole) // 200)):
            target.write_bytes(whole[:size])
            with pytest.raises((SignatureError, InputError)):
                signing.verify(file, path, trust)
        target.write_bytes(whole)
    chain = tmp_path / "chain.pem"
    whole = chain.read_bytes()
    for size in range(0, len(whole) // 2, max(1, len(whole) // 200)):
        chain.write_bytes(whole[:size])
        with pytest.raises((SignatureError, InputError)):
            _signed_and_verified(file, tmp_path, trust)


def _signed_and_verified(file, home, trust):
    recipe = signing.Recipe(certificate=home / "chain.pem")
    signing.verify(file, signing.sign(file, home / "signer.pem", recipe=recipe), trust)
