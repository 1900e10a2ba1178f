"""The schemas and test vectors of the OpenSSF Model Signing specification v1.0 (NOTICE beside them says whose)."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from aigov import SignatureError, signing
from aigov.errors import Place
from aigov.signing.envelope import CertificateChain, KeyHint, parse_bundle
from aigov.signing.statement_reader import parse_statement

HOME = Path(__file__).parent / "oms-v1.0"
VECTORS = HOME / "test-vectors"
SCHEMAS = {path.name.partition(".")[0]: json.loads(path.read_text()) for path in (HOME / "schemas").iterdir()}
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values())
PLACE = Place("vector")


def check(schema, document):
    Draft202012Validator(SCHEMAS[schema], registry=REGISTRY).validate(document)


def read(path):
    bundle = parse_bundle(path.read_bytes(), PLACE)
    return bundle, parse_statement(bundle.payload, PLACE)


@pytest.mark.parametrize(("name", "kind"), [("key", KeyHint), ("certificate", CertificateChain)])
def test_a_valid_vector_is_read(name, kind):
    bundle, statement = read(VECTORS / "valid" / f"{name}.bundle.json")
    assert isinstance(bundle.material, kind)
    assert [resource.name for resource in statement.resources] == ["signme-1", "signme-2"]
    assert "ignore-me" in statement.ignored


def test_the_valid_keyless_vector_is_left_to_others_by_name():
    with pytest.raises(signing.UnsupportedSignatureError, match="keyless"):
        read(VECTORS / "valid" / "sigstore.bundle.json")


@pytest.mark.parametrize("path", sorted(VECTORS.glob("invalid*/*.json")), ids=lambda path: path.name)
def test_an_invalid_vector_is_refused_and_not_just_unsupported(path):
    with pytest.raises(SignatureError) as caught:
        read(path)
    assert not isinstance(caught.value, signing.UnsupportedSignatureError)


def test_the_signature_of_the_certificate_vector_holds_under_its_issuer(tmp_path):
    path = VECTORS / "valid" / "certificate.bundle.json"
    leaf, issuer = (x509.load_der_x509_certificate(der) for der in read(path)[0].material.certificates)
    (tmp_path / "roots.pem").write_bytes(issuer.public_bytes(Encoding.PEM))
    (tmp_path / "model").mkdir()
    for name in ("signme-1", "signme-2", "ignore-me"):
        (tmp_path / "model" / name).write_text("not what was signed")
    trust = signing.CertificateTrust(
        tmp_path / "roots.pem", leaf.subject.rfc4514_string(), datetime(2026, 11, 23, tzinfo=UTC)
    )
    found = signing.examine(tmp_path / "model", path, trust)
    assert [(one.name, one.change) for one in found.differences] == [("signme-1", "changed"), ("signme-2", "changed")]
    assert found.uncovered == ("ignore-me",)
    document = json.loads(path.read_bytes())
    payload = base64.b64decode(document["dsseEnvelope"]["payload"])
    document["dsseEnvelope"]["payload"] = base64.b64encode(payload.replace(b"signme-1", b"signme-9")).decode()
    (tmp_path / "changed.sig").write_text(json.dumps(document))
    with pytest.raises(SignatureError, match="does not hold"):
        signing.examine(tmp_path / "model", tmp_path / "changed.sig", trust)


@pytest.mark.parametrize("shard_size", [None, 2])
@pytest.mark.parametrize("algorithm", ["sha256", "blake3"])
def test_what_we_write_is_valid_by_all_four_schemas(tmp_path, shard_size, algorithm):
    if algorithm == "blake3":
        pytest.importorskip("blake3", reason="needs the extra blake3")
    model = tmp_path / "model"
    model.mkdir()
    (model / "empty").touch()
    (model / "aa:1").write_text("12345")
    signing.new_key(tmp_path / "k.pem")
    recipe = signing.Recipe(signing.Hashing(algorithm, shard_size, sm3=True), timestamp=lambda _: b"token")
    document = json.loads(signing.sign(model, tmp_path / "k.pem", recipe=recipe).read_bytes())
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    check("bundle", document)
    check("envelope", document["dsseEnvelope"])
    check("statement", statement)
    check("predicate", statement["predicate"])
