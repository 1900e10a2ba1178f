"""Write the hostile signatures beside this file: `<expected message id>/<name>.sig`, the same bytes every time.

They are over `model.bin`, made with a key that is derived from a constant and worth nothing.
"""

import base64
import hashlib
import json
from copy import deepcopy
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = Path(__file__).parent
KEY = ec.derive_private_key(20261123, ec.SECP256R1())
MODEL = bytes(range(256))
TYPE = "application/vnd.in-toto+json"
PROFILE = "not OpenSSF Model Signing v1.0: the algorithm is outside its registry"


def statement():
    digest = hashlib.sha256(MODEL)
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model.bin", "digest": {"sha256": hashlib.sha256(digest.digest()).hexdigest()}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": [{"name": ".", "algorithm": "sha256", "digest": digest.hexdigest()}],
        },
    }


def bundle(payload, prefix=b"DSSEv1 "):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = prefix + f"{len(TYPE)} {TYPE} {len(data)} ".encode() + data
    signature = KEY.sign(signed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": hashlib.sha256(pem).hexdigest()}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(data).decode(),
            "payloadType": TYPE,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }


def changed(make, *path, value):
    """Return `make()` with the member at `path` set to `value`, or removed where it is `...`."""
    document = deepcopy(make())
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def good():
    return bundle(statement())


def b(*path, value):
    return json.dumps(changed(good, *path, value=value)).encode()


def s(*path, value):
    return json.dumps(bundle(changed(statement, *path, value=value))).encode()


def shards(names, size=100):
    """Return a statement over shards of `model.bin`, whose digests nobody gets to compare."""
    document = statement()
    resource = document["predicate"]["resources"][0]
    document["predicate"]["serialization"] |= {"method": "shards", "shard_size": size}
    document["predicate"]["resources"] = [{**resource, "name": name} for name in names]
    return json.dumps(bundle(document)).encode()


def samples():  # noqa: PLR0915  # one line an exhibit  # one line an exhibit
    resource = statement()["predicate"]["resources"][0]
    first, text = good(), json.dumps(good())
    garbage = {"sig": base64.b64encode(b"garbage").decode()}
    signatures = first["dsseEnvelope"]["signatures"]
    ser = ("predicate", "serialization")
    res = ("predicate", "resources")
    legacy = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model.bin", "digest": {"sha256": hashlib.sha256(MODEL).hexdigest()}}],
        "predicateType": "https://model_signing/Digests/v0.1",
        "predicate": {"unused": "Unused, just passed due to API requirements"},
    }
    yield "empty-file", "zero-bytes", b""
    yield "not-json", "white-space", b" \n\t"
    yield "not-json", "byte-order-mark", b"\xef\xbb\xbf" + text.encode()
    yield "not-json", "utf-16", text.encode("utf-16")
    yield "not-json", "binary", bytes(range(256))
    yield "not-json", "two-documents", (text + text).encode()
    yield "not-json", "not-a-number", text.replace('"tlogEntries": []', '"tlogEntries": [NaN]').encode()
    yield "not-json", "number-of-5000-digits", text.replace("[]", "[" + "9" * 5000 + "]").encode()
    yield "not-json", "pem", KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    yield "too-deep", "arrays", b"[" * 40 + b"]" * 40
    yield "too-deep", "unclosed", b"[" * 20_000
    yield "too-deep", "in-tlog", text.replace('"tlogEntries": []', '"tlogEntries": ' + "[" * 40 + "]" * 40).encode()
    yield "duplicate-field", "two-envelopes", text.replace('{"mediaType"', '{"dsseEnvelope": {}, "mediaType"').encode()
    yield "wrong-type", "null", b"null"
    yield "wrong-type", "list", b"[]"
    yield "wrong-value", "media-type-0.2", b("mediaType", value="application/vnd.dev.sigstore.bundle+json;version=0.2")
    yield "wrong-value", "media-type-missing", b("mediaType", value=...)
    yield "wrong-value", "media-type-list", b("mediaType", value=["application/vnd.dev.sigstore.bundle.v0.3+json"])
    yield "wrong-value", "payload-type", b("dsseEnvelope", "payloadType", value="application/json")
    yield "unknown-field", "bundle", b("extra", value=1)
    yield "unknown-field", "envelope", b("dsseEnvelope", "extra", value=1)
    yield "unknown-field", "signature", b("dsseEnvelope", "signatures", 0, "cert", value="")
    yield "missing-field", "envelope", b("dsseEnvelope", value=...)
    yield "missing-field", "material", b("verificationMaterial", value=...)
    yield "missing-field", "sig", b("dsseEnvelope", "signatures", 0, value={})
    yield "schemes", "none", b("verificationMaterial", value={"tlogEntries": []})
    yield "schemes", "two", b("verificationMaterial", "certificate", value={"rawBytes": "AA=="})
    keyless = {"certificate": {"rawBytes": "AA=="}, "tlogEntries": [{"logIndex": "1"}]}
    yield "keyless-unsupported", "keyless", b("verificationMaterial", value=keyless)
    yield "missing-field", "keyless-without-log", b("verificationMaterial", value={"certificate": {"rawBytes": "AA=="}})
    yield (
        "needs-roots",
        "certificate",
        b("verificationMaterial", value={"x509CertificateChain": {"certificates": [{"rawBytes": "AA=="}]}}),
    )
    yield "signatures", "none", b("dsseEnvelope", "signatures", value=[])
    yield "signatures", "garbage-first", b("dsseEnvelope", "signatures", value=[garbage, *signatures])
    yield "signatures", "garbage-second", b("dsseEnvelope", "signatures", value=[*signatures, garbage])
    yield "bad-signature", "garbage", b("dsseEnvelope", "signatures", value=[garbage])
    yield "bad-signature", "r-and-s-zero", b("dsseEnvelope", "signatures", 0, "sig", value="MAYCAQACAQA=")
    yield "bad-signature", "legacy-encoding", json.dumps(bundle(statement(), b"DSSEV1 ")).encode()
    yield "bad-signature", "payload-exchanged", b("dsseEnvelope", "payload", value="e30=")
    yield "not-base64", "payload", b("dsseEnvelope", "payload", value="e30=\n")
    yield "not-base64", "url-alphabet", b("dsseEnvelope", "signatures", 0, "sig", value="_-_-")
    yield "not-base64", "not-ascii", b("dsseEnvelope", "payload", value="ｅ30=")
    yield "wrong-type", "payload-number", b("dsseEnvelope", "payload", value=7)
    yield "wrong-type", "payload-empty", b("dsseEnvelope", "payload", value="")
    yield "wrong-type", "hint-number", b("verificationMaterial", "publicKey", "hint", value=7)
    yield "not-json", "payload", json.dumps(bundle(b"{")).encode()
    yield "too-deep", "payload", json.dumps(bundle(b"[" * 9999)).encode()
    yield "duplicate-field", "payload", json.dumps(bundle(b'{"a": 1, "a": 2}')).encode()
    yield "legacy", "digests-0.1", json.dumps(bundle(legacy)).encode()
    yield "wrong-value", "statement-type", s("_type", value="https://in-toto.io/Statement/v0.1")
    yield "wrong-value", "predicate-type", s("predicateType", value="https://slsa.dev/provenance/v1")
    yield "subjects", "none", s("subject", value=[])
    yield "subjects", "two", s("subject", value=statement()["subject"] * 2)
    yield "wrong-type", "subject-name-empty", s("subject", 0, "name", value="")
    yield "root-differs", "root", s("subject", 0, "digest", "sha256", value="0" * 64)
    yield "unknown-field", "predicate", s("predicate", "model_card", value={})
    yield "unknown-field", "serialization", s(*ser, "follow", value=True)
    yield "unknown-field", "statement", s("extra", value=1)
    yield "missing-field", "serialization", s("predicate", "serialization", value=...)
    yield "wrong-type", "symlinks-text", s(*ser, "allow_symlinks", value="false")
    yield "missing-field", "shards-without-size", s(*ser, "method", value="shards")
    yield "method-unsupported", "unknown", s(*ser, "method", value="tensors")
    yield "method-unsupported", "method-list", s(*ser, "method", value=["files"])
    yield "hash-unsupported", "md5", s(*ser, "hash_type", value="md5")
    yield "hash-unsupported", "list", s(*ser, "hash_type", value=["sha256"])
    yield "wrong-type", "shard-size-zero", shards([], size=0)
    yield "wrong-type", "shard-size-broken", shards([], size=0.5)
    yield "wrong-type", "shard-size-endless", shards([], size=1e300)
    yield "unknown-field", "shard-size-for-files", s(*ser, "shard_size", value=9)
    yield "bad-shard", "no-offsets", shards(["model.bin"])
    yield "bad-shard", "gap", shards(["model.bin:0:100", "model.bin:200:256"])
    yield "bad-shard", "first-missing", shards(["model.bin:100:200"])
    yield "bad-shard", "overlap", shards(["model.bin:0:100", "model.bin:50:150"])
    yield "bad-shard", "longer-than-the-size", shards(["model.bin:0:256"])
    yield "bad-shard", "short-in-the-middle", shards(["model.bin:0:50", "model.bin:100:200"])
    yield "bad-shard", "backwards", shards(["model.bin:100:0"])
    yield "bad-shard", "leading-zero", shards(["model.bin:00:100"])
    yield "bad-shard", "other-digits", shards(["model.bin:０:100"])
    yield "bad-shard", "2^63", shards([f"model.bin:0:{'9' * 30}"])
    yield "bad-name", "shard-traversal", shards(["../model.bin:0:100"])
    yield "duplicate-name", "shard-twice", shards(["model.bin:0:100"] * 2)
    yield "bad-digest", "sm3-short", s(*res, 0, "annotations", value={"sm3": "00"})
    stamps = ("verificationMaterial", "timestampVerificationData")
    yield "wrong-type", "timestamps-text", b(*stamps, value="now")
    yield "unknown-field", "timestamps", b(*stamps, value={"rfc3161Timestamps": [], "x": 1})
    yield "missing-field", "timestamp-empty", b(*stamps, value={"rfc3161Timestamps": [{}]})
    yield "not-base64", "timestamp", b(*stamps, value={"rfc3161Timestamps": [{"signedTimestamp": "#"}]})
    yield "too-many", "timestamps", b(*stamps, value={"rfc3161Timestamps": [{"signedTimestamp": "AA=="}] * 9})
    ours = {**first, "mediaType": "application/vnd.aigov.model-signature.v1+json", "profile": PROFILE}
    bare = {"mediaType": ours["mediaType"], "profile": PROFILE, "algorithm": "sm2"}
    yield "missing-field", "profile-without-material", json.dumps(bare).encode()
    yield "unknown-field", "profile", json.dumps({**ours, "algorithm": "sm2", "x": 1}).encode()
    yield "wrong-value", "profile", json.dumps({**ours, "profile": "OMS", "algorithm": "sm2"}).encode()
    yield "algorithm-unknown", "rot13", json.dumps({**ours, "algorithm": "rot13"}).encode()
    yield "algorithm-unknown", "curve-of-oms", json.dumps({**ours, "algorithm": "p256"}).encode()
    yield "other-algorithm", "sm2-for-a-p256-key", json.dumps({**ours, "algorithm": "sm2"}).encode()
    yield "no-resources", "none", s(*res, value=[])
    yield "duplicate-name", "twice", s(*res, value=[{**resource, "name": "a"}] * 2)
    yield "bad-name", "traversal", s(*res, 0, "name", value="../model.bin")
    yield "bad-name", "absolute", s(*res, 0, "name", value="/model.bin")
    yield "bad-name", "surrogate", s(*res, 0, "name", value="\ud800")
    yield "bad-name", "whole-among-others", s(*res, value=[resource, {**resource, "name": "a"}])
    yield "bad-name", "ignore-everything", s(*ser, "ignore_paths", value=["."])
    yield "wrong-type", "name-number", s(*res, 0, "name", value=3)
    yield "wrong-value", "md5-resource", s(*res, 0, "algorithm", value="md5")
    yield "bad-digest", "short", s(*res, 0, "digest", value=resource["digest"][:32])
    yield "bad-digest", "upper-case", s(*res, 0, "digest", value=resource["digest"].upper())
    yield "bad-digest", "fullwidth", s(*res, 0, "digest", value="０" * 64)


def main():
    (HERE / "model.bin").write_bytes(MODEL)
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (HERE / "museum.pub.pem").write_bytes(pem)
    (HERE / "good.sig").write_bytes(json.dumps(good()).encode())
    for expected, name, data in samples():
        folder = HERE / expected
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.sig").write_bytes(data)


if __name__ == "__main__":
    main()
