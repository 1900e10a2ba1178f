import hashlib
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from aigov import InputError, SignatureError, signing
from aigov.signing.algorithms import OMS


@pytest.mark.parametrize("curve", list(OMS))
def test_what_is_signed_verifies_on_every_curve(tmp_path, file, folder, curve):
    public = signing.new_key(tmp_path / "k.pem", curve)
    trust = signing.KeyTrust(tmp_path / "k.pub.pem")
    for model in (file, folder):
        signature = signing.sign(model, tmp_path / "k.pem")
        found = signing.verify(model, None, trust)
        assert signature == signing.signature_path(model)
        assert (found.scheme, found.fingerprint, found.uncovered, found.notes) == ("key", public.fingerprint, (), ())


def test_a_folder_is_signed_into_itself_and_a_file_beside_itself(keys, file, folder):
    assert signing.sign(file, keys.private) == file.with_name("模型 1.onnx.sig")
    assert signing.sign(folder, keys.private) == folder / "model.sig"
    assert [r.name for r in signing.verify(folder, None, keys.trust).resources] == [
        "__init__.py", "config.json", "sub-c/vocab.txt", "sub/weights.bin",
    ]  # fmt: skip


def test_same_key_and_bytes_give_the_same_signature_file(keys, folder, tmp_path):
    first = signing.sign(folder, keys.private).read_bytes()
    again = signing.sign(folder, keys.private).read_bytes()
    assert first == again
    assert signing.sign(folder, keys.private, tmp_path / "elsewhere.sig").read_bytes() != b""


def test_the_written_bundle_has_nothing_but_what_the_format_asks_for(keys, file):
    bundle = json.loads(signing.sign(file, keys.private).read_bytes())
    assert bundle["verificationMaterial"] == {
        "publicKey": {"hint": hashlib.sha256(keys.public.read_bytes()).hexdigest()},
        "tlogEntries": [],
    }
    assert set(bundle) == {"mediaType", "verificationMaterial", "dsseEnvelope"}
    assert bundle["dsseEnvelope"]["signatures"][0]["keyid"] == ""


def test_one_changed_bit_is_named(keys, file, folder):
    for model, target in ((file, file), (folder, folder / "sub" / "weights.bin")):
        signing.sign(model, keys.private)
        data = bytearray(target.read_bytes())
        data[5000] ^= 1
        target.write_bytes(data)
        with pytest.raises(SignatureError, match=rf"not what was signed.*Changed \(1\): .*{target.name}\."):
            signing.verify(model, None, keys.trust)


def test_a_missing_and_an_added_file_are_named(keys, folder):
    signing.sign(folder, keys.private)
    (folder / "config.json").rename(folder / "config.yaml")
    with pytest.raises(SignatureError, match=r"Missing \(1\): config.json\. Not signed \(1\): config.yaml\."):
        signing.verify(folder, None, keys.trust)


def test_a_signature_of_another_model_does_not_hold(keys, file, tmp_path):
    signing.sign(file, keys.private)
    other = tmp_path / "other.onnx"
    other.write_bytes(b"other")
    with pytest.raises(SignatureError, match=r"Changed \(1\): other.onnx"):
        signing.verify(other, file.with_name(f"{file.name}.sig"), keys.trust)


def test_another_key_is_named_by_its_fingerprint(keys, file):
    signing.sign(file, keys.private)
    with pytest.raises(
        SignatureError, match=f"signed with another key: {signing.fingerprint(keys.public.read_bytes())}"
    ):
        signing.verify(file, None, signing.KeyTrust(keys.other))


def test_a_hint_of_another_key_is_a_note_where_the_signature_holds(keys, file):
    path = signing.sign(file, keys.private)
    bundle = json.loads(path.read_bytes())
    bundle["verificationMaterial"]["publicKey"]["hint"] = "00"
    path.write_text(json.dumps(bundle))
    assert [note.id for note in signing.verify(file, None, keys.trust).notes] == ["signing.note.hint"]


def test_a_file_signed_under_its_base_name_verifies_as_the_specification_says(keys, file):
    from aigov.signing.signer import sign_statement

    digest = signing.file_digest(file)
    statement = signing.Statement(file.name, (signing.Resource(file.name, "sha256", digest),))
    path = file.with_name("spec.sig")
    path.write_bytes(sign_statement(statement, signing.read_private_key(keys.private)).to_bytes())
    assert signing.verify(file, path, keys.trust).resources[0].digest == digest


def test_the_public_key_file_is_what_openssl_would_write(tmp_path):
    for curve in OMS:
        public = signing.new_key(tmp_path / f"{curve}.pem", curve)
        pem = (tmp_path / f"{curve}.pub.pem").read_bytes()
        key = load_pem_public_key(pem)
        assert pem == key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert public.fingerprint == hashlib.sha256(pem).hexdigest() == signing.fingerprint(pem.decode())


def test_a_compressed_or_windows_written_public_key_is_the_same_key(keys):
    pem = keys.public.read_bytes()
    point = load_pem_public_key(pem).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    import base64

    der = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    text = b"-----BEGIN PUBLIC KEY-----\r\n" + base64.b64encode(der) + b"\r\n-----END PUBLIC KEY-----\r\n"
    assert signing.fingerprint(text) == signing.fingerprint(pem.replace(b"\n", b"\r\n")) == signing.fingerprint(pem)


def test_a_private_key_is_readable_by_its_owner_only_and_never_overwritten(keys):
    assert stat.S_IMODE(keys.private.stat().st_mode) == 0o600
    before = keys.private.read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        signing.new_key(keys.private)
    keys.public.unlink()
    with pytest.raises(InputError, match="never overwritten"):
        signing.new_key(keys.private)
    assert keys.private.read_bytes() == before
    assert not keys.public.exists()


def test_an_encrypted_key_asks_for_its_passphrase(tmp_path, file):
    key = tmp_path / "secret.pem"
    signing.new_key(key, signing.Algorithm.P256, b"correct horse")
    with pytest.raises(InputError, match="encrypted"):
        signing.sign(file, key)
    with pytest.raises(InputError, match="passphrase is wrong"):
        signing.sign(file, key, None, lambda: b"battery staple")
    signing.sign(file, key, None, lambda: b"correct horse")
    assert signing.verify(file, None, signing.KeyTrust(tmp_path / "secret.pub.pem"))


OTHER_KINDS = {
    "Ed448": ed448.Ed448PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "DSA": lambda: dsa.generate_private_key(2048),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_kinds_of_keys_are_refused_by_name(tmp_path, file, keys, kind):
    key = OTHER_KINDS[kind]()
    private, public = tmp_path / "k.pem", tmp_path / "k.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    signing.sign(file, keys.private)
    with pytest.raises(InputError, match=f"key of kind {kind}.*P-256"):
        signing.sign(file, private)
    with pytest.raises(InputError, match=f"key of kind {kind}.*P-256"):
        signing.verify(file, None, signing.KeyTrust(public))


@pytest.mark.parametrize(
    "text",
    [b"", b"hello", b"\xff\xfe" * 99, b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", b"-" * 70_000],
)
def test_a_key_that_is_no_key_is_refused_with_its_path(tmp_path, file, keys, text):
    bad = tmp_path / "bad.pem"
    bad.write_bytes(text)
    signing.sign(file, keys.private)
    with pytest.raises(InputError, match=r"bad\.pem"):
        signing.verify(file, None, signing.KeyTrust(bad))
    with pytest.raises(InputError, match=r"bad\.pem"):
        signing.sign(file, bad)


def test_a_point_off_the_curve_is_refused(keys):
    import base64

    der = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\4" + b"\1" * 64
    with pytest.raises(InputError, match="not a point of its curve"):
        signing.fingerprint(b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n")


def test_signing_never_overwrites_what_is_no_signature(keys, file, folder):
    for model, output in ((file, file), (folder, folder / "config.json")):
        before = output.read_bytes()
        with pytest.raises(InputError, match="not a signature"):
            signing.sign(model, keys.private, output)
        assert output.read_bytes() == before


def test_a_signature_that_cannot_be_written_leaves_nothing(keys, file, tmp_path):
    with pytest.raises(InputError, match="Cannot be written"):
        signing.sign(file, keys.private, tmp_path / "no" / "folder.sig")
    assert not (tmp_path / "no").exists()


def test_hashing_a_file_loads_no_cryptography():
    code = "import sys, aigov.signing as s; s.file_digest(sys.argv[1]); sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, __file__], check=False).returncode == 0  # our own code


def test_the_digest_of_a_file_is_its_sha256(file):
    assert signing.file_digest(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_is_no_file_has_no_digest(tmp_path):
    for path in (tmp_path, tmp_path / "nothing", Path("/dev/null")):
        with pytest.raises(InputError):
            signing.file_digest(path)
