"""The DSSE envelope in a Sigstore bundle v0.3: how a signed payload is written and read."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.strict_json import Json, StrictJson

if TYPE_CHECKING:
    from aigov.errors import Place

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BYTES = 64_000_000
"""Size of the largest signature file that is read."""
MAX_CERTIFICATES = 16
_BESIDE = ("tlogEntries", "timestampVerificationData")
_SCHEMES = ("publicKey", "x509CertificateChain", "certificate")


@dataclass(frozen=True, slots=True)
class KeyHint:
    """Signed with a key; `hint` is its fingerprint, empty in bundles older than model-signing 1.1."""

    hint: str


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """Signed with a certificate: DER of the leaf first, then its issuers."""

    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A parsed signature file. Nothing in it is trusted before the signature was verified."""

    material: KeyHint | CertificateChain
    payload: bytes
    signature: bytes
    notes: tuple[Message, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the file: compact JSON with a final newline, the same for the same content."""
        material: dict[str, Json]
        match self.material:
            case KeyHint(hint):
                material = {"publicKey": {"hint": hint}}
            case CertificateChain(certificates):
                material = {
                    "x509CertificateChain": {"certificates": [{"rawBytes": _encode(der)} for der in certificates]}
                }
        envelope = {
            "payload": _encode(self.payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": _encode(self.signature), "keyid": ""}],
        }
        document = {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {**material, "tlogEntries": []},
            "dsseEnvelope": envelope,
        }
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def pre_authentication_encoding(payload: bytes) -> bytes:
    """Return the bytes that are signed (DSSE v1.0 protocol, PAE) for an in-toto payload."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def parse_bundle(data: bytes, place: Place) -> Bundle:
    """Return the bundle of a signature file.

    Raises:
        SignatureError: it is empty, too large, not JSON, not this kind of bundle, or has more than one signature.
    """
    read = StrictJson(place)
    if len(data) > MAX_BYTES:
        read.refuse("signing.too-large", limit=MAX_BYTES // 1_000_000)
    document = read.object(read.parse(data), "bundle")
    if document.get("mediaType") != MEDIA_TYPE:
        read.refuse(
            "signing.wrong-value",
            field="mediaType",
            found=public(str(document.get("mediaType")), 80),
            expected=MEDIA_TYPE,
        )
    read.members(document, "bundle", ("mediaType", "verificationMaterial", "dsseEnvelope"))
    material, notes = _material(read, document["verificationMaterial"])
    payload, signature = _envelope(read, document["dsseEnvelope"])
    return Bundle(material, payload, signature, notes)


def _material(read: StrictJson, value: Json) -> tuple[KeyHint | CertificateChain, tuple[Message, ...]]:
    where = "verificationMaterial"
    members = read.members(value, where, (), (*_SCHEMES, *_BESIDE))
    schemes = [name for name in _SCHEMES if name in members]
    if len(schemes) != 1:
        read.refuse("signing.schemes", count=len(schemes))
    notes = tuple(msg("signing.note.not-checked", field=name) for name in _BESIDE if members.get(name))
    if schemes[0] == "certificate":
        read.leave("signing.keyless-unsupported")
    if schemes[0] == "publicKey":
        return _hint(read, members["publicKey"]), notes
    return _chain(read, members["x509CertificateChain"]), notes


def _hint(read: StrictJson, value: Json) -> KeyHint:
    where = "verificationMaterial.publicKey"
    hint = read.members(value, where, (), ("hint", "rawBytes", "keyDetails")).get("hint") or ""
    return KeyHint(read.text(hint, f"{where}.hint") if hint else "")


def _chain(read: StrictJson, value: Json) -> CertificateChain:
    where = "verificationMaterial.x509CertificateChain"
    items = read.array(read.members(value, where, ("certificates",))["certificates"], where, MAX_CERTIFICATES)
    if not items:
        read.refuse("signing.missing-field", field=f"{where}.certificates[0]")
    raw = [read.members(item, f"{where}.certificates", ("rawBytes",))["rawBytes"] for item in items]
    return CertificateChain(tuple(_decode(read, text, f"{where}.certificates.rawBytes") for text in raw))


def _envelope(read: StrictJson, value: Json) -> tuple[bytes, bytes]:
    where = "dsseEnvelope"
    members = read.members(value, where, ("payload", "payloadType", "signatures"))
    if members["payloadType"] != PAYLOAD_TYPE:
        read.refuse(
            "signing.wrong-value",
            field="payloadType",
            found=public(str(members["payloadType"]), 80),
            expected=PAYLOAD_TYPE,
        )
    signatures = read.array(members["signatures"], f"{where}.signatures", MAX_CERTIFICATES)
    if len(signatures) != 1:
        read.refuse("signing.signatures", count=len(signatures))
    signature = read.members(signatures[0], f"{where}.signatures[0]", ("sig",), ("keyid",))
    return _decode(read, members["payload"], f"{where}.payload"), _decode(
        read, signature["sig"], f"{where}.signatures[0].sig"
    )


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(read: StrictJson, value: Json, where: str) -> bytes:
    try:
        return base64.b64decode(read.text(value, where).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        read.refuse("signing.not-base64", field=where)
