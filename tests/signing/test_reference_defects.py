"""The fourteen defects that were observed in the reference implementation (model-signing 1.1.1); ours has none.

A test is named by the number of its defect; more on 4 (time and revocation) is in test_timestamps.py and test_revocation.py.
"""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions, requires

import pytest
from certifying import NOW, SERVER, certificate, time_authority
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from aigov import InputError, SignatureError, signing


def refused(file, made, reason):
    with pytest.raises(SignatureError) as caught:
        signing.verify(file, *made)
    assert caught.value.message.id == f"signing.certificate.{reason}"


def test_1_everything_that_is_imported_is_a_declared_dependency():
    code = (
        "import sys, pkgutil, importlib, aigov.signing as home\n"
        "for found in pkgutil.iter_modules(home.__path__): importlib.import_module(f'aigov.signing.{found.name}')\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    direct = _needed("aigov")
    declared = {"aigov", *direct, *(name for package in direct for name in _needed(package))}
    owners = packages_distributions()
    strangers = {name for name in loaded if name in owners and not {_plain(o) for o in owners[name]} & declared}
    assert strangers <= {"_virtualenv", "_distutils_hack", "setuptools"}


def _needed(package):
    return {_plain(re.match(r"[A-Za-z0-9._-]+", text)[0]) for text in requires(package) or () if "extra ==" not in text}


def _plain(name):
    return name.lower().replace("_", "-")


def test_a_chain_to_a_trusted_root_verifies(file, authority):
    found = signing.verify(file, *authority())
    assert (found.scheme, found.identity) == ("certificate", "signer@plant.example")


def test_2_an_expired_certificate_is_refused(file, authority):
    refused(file, authority(leaf={"end": NOW - timedelta(days=1)}), "expired")
    refused(file, authority(middle={"end": NOW - timedelta(days=1)}), "expired")
    refused(file, authority(root={"end": NOW - timedelta(days=1)}), "expired")


def test_2_a_certificate_of_tomorrow_or_a_clock_in_1970_is_refused(file, authority):
    refused(file, authority(leaf={"start": NOW + timedelta(days=1)}), "not-yet")
    path, trust = authority()
    refused(
        file, (path, signing.CertificateTrust(trust.roots, trust.identity, datetime(1970, 1, 2, tzinfo=UTC))), "not-yet"
    )


def test_3_a_certificate_for_another_use_is_refused(file, authority):
    refused(file, authority(leaf={"use": SERVER}), "not-code-signing")
    refused(file, authority(leaf={"use": None}), "not-code-signing")


def test_3_only_the_named_roots_are_trusted(file, authority, tmp_path):
    path, trust = authority()
    stranger = certificate("root", ec.generate_private_key(ec.SECP256R1()), ca=True)
    trust.roots.write_bytes(stranger.public_bytes(Encoding.PEM))
    refused(file, (path, trust), "no-path")
    trust.roots.write_bytes(b"")
    with pytest.raises(InputError, match="holds no certificate"):
        signing.verify(file, path, trust)


def test_3_the_identity_is_pinned(file, authority):
    path, trust = authority()
    refused(file, (path, signing.CertificateTrust(trust.roots, "other@plant.example", NOW)), "other-identity")


def test_3_an_issuer_must_be_allowed_to_issue(file, authority):
    refused(file, authority(middle={"ca": False, "use": None}), "not-issuer")
    refused(file, authority(root={"path_length": 0}), "not-issuer")


def test_3_what_is_critical_and_unknown_is_refused(file, authority):
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
    refused(file, authority(leaf={"extra": (unknown,)}), "critical")
    limits = x509.NameConstraints([x509.RFC822Name("elsewhere.example")], None)
    refused(file, authority(middle={"extra": (limits,)}), "critical")


def test_3_garbage_for_a_certificate_is_refused(file, authority):
    path, trust = authority()
    bundle = json.loads(path.read_bytes())
    bundle["verificationMaterial"]["x509CertificateChain"]["certificates"][0]["rawBytes"] = "AAAA"
    path.write_text(json.dumps(bundle))
    refused(file, (path, trust), "unreadable")


def test_4_a_signature_has_a_time_and_its_signer_can_be_revoked(file, authority, keys, tmp_path):
    stamp = time_authority(tmp_path)
    gone = authority(leaf={"end": NOW - timedelta(days=1)}, timestamp=lambda s: stamp.token(s, NOW - timedelta(days=9)))
    assurance = signing.Assurance(NOW, tmp_path / "time-roots.pem")
    assert signing.verify(file, *gone, assurance).signed_before == NOW - timedelta(days=9)
    refused(file, gone, "expired")

    deny = tmp_path / "deny.json"
    key = signing.read_private_key(keys.private)
    deny.write_bytes(signing.DenyList(NOW, (signing.Denied(key.public.fingerprint, "lost"),)).to_bytes(key))
    signing.sign(file, keys.private)
    listed = signing.Assurance(NOW, deny=signing.DenyTrust(deny, keys.public, timedelta(days=1)))
    with pytest.raises(SignatureError, match=r"on the deny-list.*lost"):
        signing.verify(file, None, keys.trust, listed)


def test_a_certificate_bundle_needs_roots_and_a_key_bundle_needs_a_key(file, authority, keys):
    path, trust = authority()
    with pytest.raises(SignatureError, match="--trust"):
        signing.verify(file, path, keys.trust)
    with pytest.raises(SignatureError, match="--public-key"):
        signing.verify(file, signing.sign(file, keys.private), trust)


def resigned(keys, path, change):
    """Rewrite the statement of a signature with `change` and sign it again with the same key."""
    import base64

    from aigov.signing.envelope import Bundle, KeyHint, pre_authentication_encoding

    bundle = json.loads(path.read_bytes())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(statement)
    payload = json.dumps(statement).encode()
    key = signing.read_private_key(keys.private)
    made = Bundle(KeyHint(key.public.fingerprint), payload, key.sign(pre_authentication_encoding(payload)))
    path.write_bytes(made.to_bytes())


def test_5_a_signature_over_shards_verifies_without_being_told_how(keys, folder):
    path = signing.sign(folder, keys.private, recipe=signing.Recipe(signing.Hashing(shard_size=1_000_000)))
    assert len(signing.verify(folder, None, keys.trust).resources) == 5
    # as the reference implementation writes it: a whole number with a point
    resigned(keys, path, lambda s: s["predicate"]["serialization"].update(shard_size=1e6))
    assert len(signing.verify(folder, None, keys.trust).resources) == 5
    (folder / "sub" / "weights.bin").write_bytes(b"\1" * 2_999_999 + b"\2")
    with pytest.raises(SignatureError, match=r"Changed \(1\): sub/weights.bin"):
        signing.verify(folder, None, keys.trust)


def test_6_an_empty_file_is_covered(keys, folder):
    signing.sign(folder, keys.private)
    (folder / "__init__.py").unlink()
    with pytest.raises(SignatureError, match=r"__init__.py"):
        signing.verify(folder, None, keys.trust)
    (folder / "__init__.py").touch()
    (folder / "sub" / "__init__.py").touch()
    with pytest.raises(SignatureError, match=r"Not signed \(1\): sub/__init__.py"):
        signing.verify(folder, None, keys.trust)


def test_6_an_empty_file_is_covered_by_a_signature_over_shards(keys, folder):
    signing.sign(folder, keys.private, recipe=signing.Recipe(signing.Hashing(shard_size=1_000_000)))
    (folder / "__init__.py").write_text("import os")
    with pytest.raises(SignatureError, match=r"Changed \(1\): __init__.py"):
        signing.verify(folder, None, keys.trust)
    (folder / "__init__.py").unlink()
    with pytest.raises(SignatureError, match=r"Missing \(1\): __init__.py"):
        signing.verify(folder, None, keys.trust)
    (folder / "__init__.py").touch()
    (folder / "sub" / "__init__.py").touch()
    with pytest.raises(SignatureError, match=r"Not signed \(1\): sub/__init__.py"):
        signing.verify(folder, None, keys.trust)


def test_6_an_empty_file_under_shards_of_another_signer_is_listed_as_uncovered(keys, folder):
    path = signing.sign(folder, keys.private, recipe=signing.Recipe(signing.Hashing(shard_size=1_000_000)))
    resigned(keys, path, lambda s: s["subject"][0].pop("annotations"))
    assert signing.verify(folder, None, keys.trust).uncovered == ("__init__.py",)
    (folder / "__init__.py").write_text("import os")
    with pytest.raises(SignatureError, match=r"Not signed \(1\): __init__.py"):
        signing.verify(folder, None, keys.trust)


@pytest.mark.parametrize("shard_size", [None, 1, 1_000_000])
def test_6_a_colon_in_a_file_name_is_no_problem(keys, folder, shard_size):
    (folder / "sub" / "weights.bin").write_bytes(b"12345")
    for name in ("run 12:30:00.log", "aa:0:1", "bb:0:1:1:2"):
        (folder / name).write_text("xy")
    signing.sign(folder, keys.private, recipe=signing.Recipe(signing.Hashing(shard_size=shard_size)))
    found = signing.verify(folder, None, keys.trust)
    assert {"run 12:30:00.log", "aa:0:1", "bb:0:1:1:2"} <= {resource.name for resource in found.resources}
    (folder / "aa:0:1").write_text("xx")
    with pytest.raises(SignatureError, match=r"Changed \(1\): aa:0:1"):
        signing.verify(folder, None, keys.trust)


def test_7_blake2_verifies(keys, folder):
    import hashlib

    def with_blake2(statement):
        statement["predicate"]["serialization"]["hash_type"] = "blake2b"
        root = b""
        for resource in statement["predicate"]["resources"]:
            digest = hashlib.blake2b((folder / resource["name"]).read_bytes())
            resource.update(algorithm="blake2b", digest=digest.hexdigest())
            root += digest.digest()
        statement["subject"][0]["digest"]["sha256"] = hashlib.sha256(root).hexdigest()

    resigned(keys, signing.sign(folder, keys.private), with_blake2)
    assert signing.verify(folder, None, keys.trust).resources[0].algorithm == "blake2b"
    (folder / "config.json").write_text("[]")
    with pytest.raises(SignatureError, match=r"config.json"):
        signing.verify(folder, None, keys.trust)


def test_8_a_link_is_never_followed_whatever_the_signature_says(keys, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "code.py").write_text("print()")
    signature = signing.sign(folder, keys.private)
    resigned(keys, signature, lambda s: s["predicate"]["serialization"].update(allow_symlinks=True))
    for target in (outside, outside / "code.py"):
        (folder / "link").symlink_to(target)
        with pytest.raises(SignatureError, match=r"Symbolic links.*\(1\): link"):
            signing.verify(folder, None, keys.trust)
        with pytest.raises(SignatureError, match="link is a symbolic link"):
            signing.sign(folder, keys.private)
        (folder / "link").unlink()
    (tmp_path / "alias").symlink_to(folder)
    with pytest.raises(SignatureError, match="model is a symbolic link"):
        signing.sign(tmp_path / "alias", keys.private)


def test_8_a_signed_file_that_became_a_link_to_the_same_bytes_is_refused(keys, folder, tmp_path):
    signing.sign(folder, keys.private)
    (folder / "config.json").rename(tmp_path / "config.json")
    (folder / "config.json").symlink_to(tmp_path / "config.json")
    with pytest.raises(SignatureError, match=r"Symbolic links.*config.json"):
        signing.verify(folder, None, keys.trust)


def test_9_files_under_excluded_paths_are_listed_as_uncovered(keys, folder):
    signing.sign(folder, keys.private)
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh")
    (folder / ".gitattributes").write_text("")
    assert signing.verify(folder, None, keys.trust).uncovered == (".git/hooks/post-checkout", ".gitattributes")
    (folder / "sub" / ".git").write_text("not at the top: not excluded")
    with pytest.raises(SignatureError, match=r"sub/.git"):
        signing.verify(folder, None, keys.trust)


def test_10_what_the_signer_left_out_is_said(keys, folder):
    path = signing.sign(folder, keys.private)

    def leave_out(statement):
        import hashlib

        statement["predicate"]["serialization"]["ignore_paths"].append("config.json")
        kept = [r for r in statement["predicate"]["resources"] if r["name"] != "config.json"]
        statement["predicate"]["resources"] = kept
        root = hashlib.sha256(b"".join(bytes.fromhex(r["digest"]) for r in kept)).hexdigest()
        statement["subject"][0]["digest"]["sha256"] = root

    resigned(keys, path, leave_out)
    found = signing.verify(folder, None, keys.trust)
    assert (found.ignored, found.uncovered) == (("config.json",), ("config.json",))


def test_10_a_path_that_is_signed_and_ignored_is_still_compared(keys, folder):
    path = signing.sign(folder, keys.private)
    resigned(keys, path, lambda s: s["predicate"]["serialization"]["ignore_paths"].append("config.json"))
    (folder / "config.json").write_text("[]")
    with pytest.raises(SignatureError, match=r"config.json"):
        signing.verify(folder, None, keys.trust)


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "C:/x", "a\\..\\x", "a//b", "./a", "a/.", "a/", "a\0b", "\ud800"]
)
def test_11_names_that_lead_out_of_the_model_are_refused(keys, folder, name):
    path = signing.sign(folder, keys.private)
    resigned(keys, path, lambda s: s["predicate"]["resources"][0].update(name=name))
    with pytest.raises(SignatureError, match="not a relative path"):
        signing.verify(folder, None, keys.trust)
    path.unlink()
    resigned_again = signing.sign(folder, keys.private)
    resigned(keys, resigned_again, lambda s: s["predicate"]["serialization"]["ignore_paths"].append(name))
    with pytest.raises(SignatureError, match="not a relative path"):
        signing.verify(folder, None, keys.trust)


def test_12_an_empty_folder_is_not_signed(keys, tmp_path):
    empty = tmp_path / "empty"
    (empty / "only" / "folders").mkdir(parents=True)
    (empty / ".git").mkdir()
    (empty / ".git" / "HEAD").touch()
    with pytest.raises(SignatureError, match="no file to sign"):
        signing.sign(empty, keys.private)


def test_13_names_are_in_code_point_order_and_any_signed_order_has_one_root(keys, folder):
    path = signing.sign(folder, keys.private)
    root = signing.verify(folder, None, keys.trust).root

    def by_components(statement):
        import hashlib

        resources = sorted(statement["predicate"]["resources"], key=lambda r: r["name"].split("/"))
        assert [r["name"] for r in resources][-2:] == ["sub/weights.bin", "sub-c/vocab.txt"]
        statement["predicate"]["resources"] = resources
        joined = b"".join(bytes.fromhex(r["digest"]) for r in resources)
        statement["subject"][0]["digest"]["sha256"] = hashlib.sha256(joined).hexdigest()

    resigned(keys, path, by_components)
    found = signing.verify(folder, None, keys.trust)
    assert [r.name for r in found.resources][-2:] == ["sub-c/vocab.txt", "sub/weights.bin"]
    assert found.root == root


def test_special_files_are_refused_without_waiting_for_them(keys, folder):
    signing.sign(folder, keys.private)
    os.mkfifo(folder / "pipe")
    with pytest.raises(SignatureError, match=r"Sockets, pipes or devices \(1\): pipe"):
        signing.verify(folder, None, keys.trust)
    with pytest.raises(SignatureError, match="pipe is a socket, pipe or device"):
        signing.sign(folder, keys.private)
    with pytest.raises(SignatureError, match="neither a file nor a folder"):
        signing.sign(folder / "pipe", keys.private)
    with pytest.raises(InputError, match="not a regular file"):
        signing.verify(folder, folder / "pipe", keys.trust)


def test_names_that_are_not_utf_8_are_refused(keys, folder):
    try:
        open(os.fsencode(folder) + b"/\xff.bin", "wb").close()  # noqa: PTH123  # a name that no Path can hold  # a name that str cannot hold
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    with pytest.raises(SignatureError, match="cannot be signed"):
        signing.sign(folder, keys.private)


@pytest.mark.parametrize("bits", [2048])
def test_14_a_key_of_another_kind_is_a_clear_refusal(tmp_path, file, keys, bits):
    key = rsa.generate_private_key(65537, bits)
    private, public = tmp_path / "rsa.pem", tmp_path / "rsa.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(InputError, match=r"rsa.pem: This is a key of kind RSA.*P-256"):
        signing.sign(file, private)
    signing.sign(file, keys.private)
    with pytest.raises(InputError, match=r"rsa.pub.pem: This is a key of kind RSA"):
        signing.verify(file, None, signing.KeyTrust(public))


def test_14_ed25519_signs_under_its_own_label(tmp_path, file):
    signing.new_key(tmp_path / "ed.pem", signing.Algorithm.ED25519)
    path = signing.sign(file, tmp_path / "ed.pem")
    assert json.loads(path.read_bytes())["profile"].startswith("not OpenSSF Model Signing")
    assert not signing.verify(file, path, signing.KeyTrust(tmp_path / "ed.pub.pem")).oms
