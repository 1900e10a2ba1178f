"""Keys in a token, with SoftHSM 2 as the token where it is installed."""

import subprocess
from pathlib import Path

import pytest

from aigov import InputError, signing
from aigov.signing.pkcs11 import parse_uri

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
CURVES = {"p256": "secp256r1", "p384": "secp384r1", "p521": "secp521r1"}


@pytest.fixture(params=CURVES)
def token(request, tmp_path, monkeypatch):
    """Return the URI of a key in a fresh token, and the file with its PIN."""
    library = pytest.importorskip("pkcs11", reason="needs the extra pkcs11")
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None:
        pytest.skip("SoftHSM 2 is not installed (Debian: softhsm2)")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    (tmp_path / "pin").write_text("1234\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    make = ["softhsm2-util", "--init-token", "--free", "--label", "plant", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run(make, check=True, capture_output=True)
    lib = library.lib(module)
    lib.reinitialize()
    from pkcs11.util.ec import encode_named_curve_parameters

    with lib.get_token(token_label="plant").open(rw=True, user_pin="1234") as session:
        curve = {library.Attribute.EC_PARAMS: encode_named_curve_parameters(CURVES[request.param])}
        parameters = session.create_domain_parameters(library.KeyType.EC, curve, local=True)
        parameters.generate_keypair(label="release key", id=b"\1", store=True)
    return f"pkcs11:token=plant;object=release%20key?module-path={module}", tmp_path / "pin"


def test_a_key_in_a_token_signs(token, folder, tmp_path):
    uri, pin = token
    key = signing.read_signing_key(f"{uri}&pin-source=file:{pin}")
    (tmp_path / "token.pub.pem").write_bytes(key.public.pem)
    signing.sign(folder, f"{uri}&pin-source=file:{pin}")
    trust = signing.KeyTrust(tmp_path / "token.pub.pem")
    assert signing.verify(folder, None, trust).fingerprint == key.public.fingerprint
    signing.sign(folder, uri.replace("object=release%20key", "id=%01"), passphrase=lambda: b"1234")
    assert signing.verify(folder, None, trust).algorithm == key.public.algorithm


def test_a_wrong_pin_token_key_or_module_is_named(token, folder):
    uri, pin = token
    for wrong in (
        uri,
        uri.replace("plant", "other") + f"&pin-source={pin}",
        uri.replace("release", "other") + f"&pin-source={pin}",
        uri.replace("libsofthsm2.so", "nothing.so") + f"&pin-source={pin}",
        uri + "&pin-source=/nowhere/pin",
    ):
        with pytest.raises(InputError) as caught:
            signing.sign(folder, wrong, passphrase=lambda: b"0000")
        assert "signing." not in str(caught.value)
    with pytest.raises(InputError, match="encrypted"):
        signing.sign(folder, uri)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("pkcs11:", "bad-uri"),
        ("pkcs11:token=a", "bad-uri"),
        ("pkcs11:object=a;object=b", "bad-uri"),
        ("pkcs11:object=a;colour=blue", "bad-uri"),
        ("pkcs11:object=a b", "bad-uri"),
        ("pkcs11:object=a?module-name=softhsm", "bad-uri"),
        ("pkcs11:object=a?pin-value=1234", "pin-in-uri"),
    ],
)
def test_a_uri_that_cannot_be_used_is_refused(uri, message):
    with pytest.raises(InputError) as caught:
        parse_uri(uri)
    assert caught.value.message.id == f"signing.pkcs11.{message}"
    assert "1234" not in str(caught.value)


def test_without_a_module_the_way_to_name_one_is_said(folder, monkeypatch):
    pytest.importorskip("pkcs11", reason="needs the extra pkcs11")
    monkeypatch.delenv("AIGOV_PKCS11_MODULE", raising=False)
    with pytest.raises(InputError, match="AIGOV_PKCS11_MODULE"):
        signing.sign(folder, "pkcs11:object=a", passphrase=lambda: b"1")
