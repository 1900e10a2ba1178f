"""The DSSE envelope in its bundle: Sigstore's v0.3, or ours where the algorithm is outside the OMS registry."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.algorithms import Algorithm
from aigov.signing.digests import read_bounded
from aigov.signing.strict_json import Json, StrictJson

if TYPE_CHECKING:
    from pathlib import Path

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PROFILE_MEDIA_TYPE = "application/vnd.aigov.model-signature.v1+json"
PROFILE = "not OpenSSF Model Signing v1.0: the algorithm is outside its registry"
"""Label of our own bundle: the statement is the one of OMS, key and signature are not."""
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BYTES = 64_000_000
"""Size of the largest signature file that is read."""
MAX_CERTIFICATES = 16
_MAX_TIMESTAMPS = 8
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
    timestamps: tuple[bytes, ...] = ()
    """RFC 3161 responses (DER) over the signature."""
    profile: Algorithm | None = field(default=None)
    """Algorithm of a bundle that is ours and not OMS."""

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
        material["tlogEntries"] = []
        if self.timestamps:
            tokens = [{"signedTimestamp": _encode(token)} for token in self.timestamps]
            material["timestampVerificationData"] = {"rfc3161Timestamps": tokens}
        envelope = {
            "payload": _encode(self.payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": _encode(self.signature), "keyid": ""}],
        }
        document: dict[str, Json] = {"mediaType": MEDIA_TYPE}
        if self.profile is not None:
            document = {"mediaType": PROFILE_MEDIA_TYPE, "profile": PROFILE, "algorithm": self.profile.value}
        document |= {"verificationMaterial": material, "dsseEnvelope": envelope}
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def pre_authentication_encoding(payload: bytes, kind: str = PAYLOAD_TYPE) -> bytes:
    """Return the bytes that are signed (DSSE v1.0 protocol, PAE) for a payload of type `kind`."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def parse_bundle(data: bytes, place: Place) -> Bundle:
    """Return the bundle of a signature file.

    Raises:
        SignatureError: it is empty, too large, not JSON, not this kind of bundle, or has more than one signature.
    """
    read = StrictJson(place)
    if len(data) > MAX_BYTES:
        read.refuse("signing.too-large", limit=MAX_BYTES // 1_000_000)
    document = read.object(read.parse(data), "bundle")
    profile = _profile(read, document)
    label = () if profile is None else ("profile", "algorithm")
    read.members(document, "bundle", ("mediaType", *label, "verificationMaterial", "dsseEnvelope"))
    members = read.members(document["verificationMaterial"], "verificationMaterial", (), (*_SCHEMES, *_BESIDE))
    material = _material(read, members)
    if profile is not None and not isinstance(material, KeyHint):
        read.leave("signing.profile-needs-key")
    notes = (msg("signing.note.not-checked", field="tlogEntries"),) if members.get("tlogEntries") else ()
    timestamps = _timestamps(read, members.get("timestampVerificationData"))
    payload, signature = _envelope(read, document["dsseEnvelope"])
    return Bundle(material, payload, signature, notes, timestamps, profile)


def is_bundle(path: Path) -> bool:
    """Return whether a file is a signature bundle, whoever made it."""
    try:
        parse_bundle(read_bounded(path, MAX_BYTES), Place(str(path)))
    except (SignatureError, InputError):
        return False
    return True


def _profile(read: StrictJson, document: dict[str, Json]) -> Algorithm | None:
    """Return the algorithm of a bundle of ours; None where it is one of Sigstore."""
    found = document.get("mediaType")
    if found == MEDIA_TYPE:
        return None
    if found != PROFILE_MEDIA_TYPE:
        read.refuse("signing.wrong-value", field="mediaType", found=public(str(found), 80), expected=MEDIA_TYPE)
    if document.get("profile") != PROFILE:
        shown = public(str(document.get("profile")), 80)
        read.refuse("signing.wrong-value", field="profile", found=shown, expected=PROFILE)
    algorithm = document.get("algorithm")
    known = [one for one in Algorithm if not one.oms and one == algorithm]
    if not known:
        read.leave("signing.algorithm-unknown", algorithm=public(str(algorithm), 40))
    return known[0]


def _material(read: StrictJson, members: dict[str, Json]) -> KeyHint | CertificateChain:
    schemes = [name for name in _SCHEMES if name in members]
    if len(schemes) != 1:
        read.refuse("signing.schemes", count=len(schemes))
    if schemes[0] == "certificate":
        if not members.get("tlogEntries"):
            read.refuse("signing.missing-field", field="verificationMaterial.tlogEntries")
        read.leave("signing.keyless-unsupported")
    if schemes[0] == "publicKey":
        return _hint(read, members["publicKey"])
    return _chain(read, members["x509CertificateChain"])


def _timestamps(read: StrictJson, value: Json) -> tuple[bytes, ...]:
    if value is None:
        return ()
    where = "verificationMaterial.timestampVerificationData"
    tokens = read.members(value, where, (), ("rfc3161Timestamps",)).get("rfc3161Timestamps") or []
    where = f"{where}.rfc3161Timestamps"
    items = [
        read.members(item, where, ("signedTimestamp",))["signedTimestamp"]
        for item in read.array(tokens, where, _MAX_TIMESTAMPS)
    ]
    return tuple(read.base64(item, f"{where}.signedTimestamp") for item in items)


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
    return CertificateChain(tuple(read.base64(text, f"{where}.certificates.rawBytes") for text in raw))


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
    payload = read.base64(members["payload"], f"{where}.payload")
    return payload, read.base64(signature["sig"], f"{where}.signatures[0].sig")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
