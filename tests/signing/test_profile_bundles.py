"""Ed25519, ML-DSA-65 and SM2: the same statement in a bundle that says that it is not OpenSSF Model Signing."""

import base64
import json
import shutil
import subprocess
import sys

import pytest

from aigov import InputError, SignatureError, signing
from aigov.signing.algorithms import OMS, Algorithm

OUTSIDE = [algorithm for algorithm in Algorithm if algorithm not in OMS]


@pytest.fixture(params=OUTSIDE)
def outside(request, tmp_path):
    if request.param is Algorithm.SM2:
        pytest.importorskip("tongsuopy", reason="needs the extra cn-crypto")
    signing.new_key(tmp_path / "outside.pem", request.param)
    return request.param, tmp_path / "outside.pem", signing.KeyTrust(tmp_path / "outside.pub.pem")


def test_each_signs_and_verifies(outside, folder):
    algorithm, key, trust = outside
    path = signing.sign(folder, key)
    assert path == folder.with_name(f"model.{algorithm}.sig")
    found = signing.verify(folder, None, trust)
    assert (found.algorithm, found.oms, len(found.resources), found.uncovered) == (algorithm, False, 4, ())
    (folder / "config.json").write_text("[]")
    with pytest.raises(SignatureError, match=r"config.json"):
        signing.verify(folder, None, trust)


def test_the_bundle_says_that_it_is_not_oms(outside, file):
    algorithm, key, _ = outside
    document = json.loads(signing.sign(file, key).read_bytes())
    assert document["mediaType"] == "application/vnd.aigov.model-signature.v1+json"
    assert document["profile"] == "not OpenSSF Model Signing v1.0: the algorithm is outside its registry"
    assert document["algorithm"] == algorithm
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    assert statement["predicateType"] == "https://model_signing/signature/v1.0"


def test_several_keys_sign_one_statement_beside_each_other(outside, folder, keys):
    _, key, trust = outside
    paths = signing.sign_with(folder, [signing.read_private_key(keys.private), signing.read_private_key(key)])
    payloads = {json.loads(path.read_bytes())["dsseEnvelope"]["payload"] for path in paths}
    assert len(payloads) == 1
    for whom in (keys.trust, trust):
        assert signing.verify(folder, None, whom).uncovered == ()
    signing.sign(folder, keys.private)
    assert signing.verify(folder, None, trust).uncovered == ()


def test_what_takes_the_place_of_the_other_signature_is_uncovered(outside, folder):
    _, key, trust = outside
    signing.sign(folder, key)
    (folder / "model.sig").write_text("import os")
    assert signing.verify(folder, None, trust).uncovered == ("model.sig",)


def test_a_label_that_is_not_that_of_the_key_is_refused(outside, file, keys):
    algorithm, key, trust = outside
    path = signing.sign(file, key)
    document = json.loads(path.read_bytes())
    for other in OUTSIDE:
        if other is not algorithm:
            path.write_text(json.dumps({**document, "algorithm": other}))
            with pytest.raises(SignatureError, match="is labelled"):
                signing.verify(file, path, trust)
    with pytest.raises(SignatureError, match="is labelled"):
        signing.verify(file, path, keys.trust)
    stripped = {name: document[name] for name in ("verificationMaterial", "dsseEnvelope")}
    path.write_text(json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", **stripped}))
    with pytest.raises(SignatureError, match="is labelled OMS"):
        signing.verify(file, path, trust)


@pytest.mark.parametrize("signature", [b"garbage", b"\x30\x06\x02\x01\0\x02\x01\0", b"\0" * 5000, b"0" * 64])
def test_garbage_for_a_signature_is_refused(outside, file, signature):
    _, key, trust = outside
    path = signing.sign(file, key)
    document = json.loads(path.read_bytes())
    document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    path.write_text(json.dumps(document))
    with pytest.raises(SignatureError, match="does not hold"):
        signing.verify(file, path, trust)


def test_encrypted_keys_ask_for_their_passphrase(outside, file, tmp_path):
    algorithm, _, _ = outside
    key = tmp_path / "secret.pem"
    signing.new_key(key, algorithm, "口令 one".encode())
    assert b"ENCRYPTED" in key.read_bytes()
    with pytest.raises(InputError, match="passphrase is wrong"):
        signing.sign(file, key, passphrase=lambda: b"two")
    signing.sign(file, key, passphrase="口令 one".encode)
    assert signing.verify(file, None, signing.KeyTrust(tmp_path / "secret.pub.pem"))


def test_sm3_stands_beside_sha256_and_is_compared(file, folder, keys):
    recipe = signing.Recipe(signing.Hashing(sm3=True))
    signing.sign(folder, keys.private, recipe=recipe)
    found = signing.verify(folder, None, keys.trust)
    assert found.digests == ("sha256", "sm3")
    empty = next(resource for resource in found.resources if resource.name == "__init__.py")
    assert empty.sm3 == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"  # GB/T 32905, of nothing
    signing.sign(file, keys.private)
    assert signing.verify(file, None, keys.trust).digests == ("sha256",)


@pytest.mark.parametrize("algorithm", ["sha256", "blake3"])
@pytest.mark.parametrize("shard_size", [None, 1, 7, 1_000_000])
def test_every_way_to_hash_is_verified(folder, keys, algorithm, shard_size):
    if algorithm == "blake3":
        pytest.importorskip("blake3", reason="needs the extra blake3")
    (folder / "sub" / "weights.bin").write_bytes(bytes(range(256)))
    signing.sign(folder, keys.private, recipe=signing.Recipe(signing.Hashing(algorithm, shard_size, sm3=True)))
    assert signing.verify(folder, None, keys.trust).digests == (algorithm, "sm3")
    for content in (bytes(range(255)), bytes(range(256)) + b"\0", bytes(255) + b"\1"):
        (folder / "sub" / "weights.bin").write_bytes(content)
        with pytest.raises(SignatureError, match=r"(Changed|could not be read).*sub/weights.bin"):
            signing.verify(folder, None, keys.trust)


def test_only_empty_files_cannot_be_signed_in_shards(tmp_path, keys):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "empty").touch()
    with pytest.raises(SignatureError, match="only empty files"):
        signing.sign(tmp_path / "m", keys.private, recipe=signing.Recipe(signing.Hashing(shard_size=5)))


def openssl_has_sm2():
    if shutil.which("openssl") is None:
        return False
    command = [shutil.which("openssl"), "list", "-signature-algorithms"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return "SM2" in listed.stdout


def openssl(folder, *arguments):
    command = [shutil.which("openssl"), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not openssl_has_sm2(), reason="the openssl command has no SM2")
def test_openssl_and_we_verify_each_others_sm2(tmp_path, file):
    pytest.importorskip("tongsuopy", reason="needs the extra cn-crypto")
    from aigov.errors import Place
    from aigov.signing.envelope import parse_bundle, pre_authentication_encoding

    sm3 = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    openssl(tmp_path, "genpkey", "-algorithm", "SM2", "-out", "theirs.pem")
    openssl(tmp_path, "pkey", "-in", "theirs.pem", "-pubout", "-out", "theirs.pub.pem")
    openssl(tmp_path, "pkey", "-in", "theirs.pem", "-aes256", "-passout", "pass:abc", "-out", "locked.pem")
    assert signing.read_private_key(tmp_path / "locked.pem", lambda: b"abc").public.algorithm == "sm2"
    signing.new_key(tmp_path / "ours.pem", Algorithm.SM2)
    for key in ("theirs", "ours"):
        path = signing.sign(file, tmp_path / f"{key}.pem")
        bundle = parse_bundle(path.read_bytes(), Place("s"))
        (tmp_path / "signed").write_bytes(pre_authentication_encoding(bundle.payload))
        (tmp_path / "sig").write_bytes(bundle.signature)
        verify = ("-verify", "-pubin", "-inkey", f"{key}.pub.pem", "-in", "signed", "-sigfile", "sig")
        assert "Verified Successfully" in openssl(tmp_path, "pkeyutl", *verify, *sm3)

        openssl(tmp_path, "pkeyutl", "-sign", "-inkey", f"{key}.pem", "-in", "signed", "-out", "sig", *sm3)
        document = json.loads(path.read_bytes())
        document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode((tmp_path / "sig").read_bytes()).decode()
        path.write_text(json.dumps(document))
        assert signing.verify(file, path, signing.KeyTrust(tmp_path / f"{key}.pub.pem")).algorithm == "sm2"


WITHOUT = """
import sys
sys.modules[{module!r}] = None
from aigov.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("module", "arguments", "words"),
    [
        ("tongsuopy", ("key", "new", "k.pem", "--algorithm", "sm2"), 'pip install "aigov[cn-crypto]"'),
        ("blake3", ("sign", "m.bin", "--key", "p.pem", "--hash", "blake3"), 'pip install "aigov[blake3]"'),
        ("rfc3161_client", ("timestamp", "attach", "m.bin.sig", "m.bin"), 'pip install "aigov[timestamp]"'),
        ("pkcs11", ("key", "show", "pkcs11:object=k"), 'pip install "aigov[pkcs11]"'),
        (
            "cryptography.hazmat.primitives.asymmetric.mldsa",
            ("key", "new", "k.pem", "--algorithm", "ml-dsa-65"),
            "cryptography 47 or later",
        ),
    ],
)
def test_what_is_not_installed_is_said_with_the_install_line(tmp_path, keys, module, arguments, words):
    (tmp_path / "m.bin").write_bytes(b"model")
    shutil.copy(keys.private, tmp_path / "p.pem")
    signing.sign(tmp_path / "m.bin", keys.private)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(module=module), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {1, 2}, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "k.pem").exists()
