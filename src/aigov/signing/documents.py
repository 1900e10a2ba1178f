"""Small signed documents of our own, a deny-list or a rotation: JSON in a DSSE envelope with its own payload type."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.digests import read_bounded
from aigov.signing.envelope import pre_authentication_encoding
from aigov.signing.strict_json import Json, StrictJson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aigov.i18n import Message
    from aigov.signing.keys import PublicKey
    from aigov.signing.private_keys import SigningKey

MAX_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed envelope; nothing in it is trusted before `accepted_by` said so."""

    kind: str
    payload: bytes
    signature: bytes
    place: Place

    def accepted_by(self, key: PublicKey) -> bool:
        """Return whether `key` signed it."""
        return key.accepts(self.signature, pre_authentication_encoding(self.payload, self.kind))

    def content(self) -> tuple[StrictJson, dict[str, Json]]:
        """Return a strict reader and the object that was signed."""
        read = StrictJson(self.place)
        return read, read.object(read.parse(self.payload), "payload")


def write_document(kind: str, content: dict[str, Json], key: SigningKey) -> bytes:
    """Return a document of payload type `kind`, signed by `key`."""
    payload = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    signature = key.sign(pre_authentication_encoding(payload, kind))
    envelope = {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(signature).decode("ascii"), "keyid": key.public.fingerprint}],
    }
    return json.dumps(envelope, indent=1).encode() + b"\n"


def read_document(path: Path, kind: str) -> Document:
    """Return the document of a file.

    Raises:
        InputError: it cannot be read.
        SignatureError: it is no envelope of payload type `kind` with one signature.
    """
    place = Place(str(path))
    data = read_bounded(path, MAX_BYTES)
    read = StrictJson(place)
    if len(data) > MAX_BYTES:
        read.refuse("signing.too-large", limit=MAX_BYTES // 1_000_000)
    members = read.members(read.parse(data), "envelope", ("payload", "payloadType", "signatures"))
    if members["payloadType"] != kind:
        found = public(str(members["payloadType"]), 80)
        read.refuse("signing.wrong-value", field="payloadType", found=found, expected=kind)
    signatures = read.array(members["signatures"], "signatures", 16)
    if len(signatures) != 1:
        read.refuse("signing.signatures", count=len(signatures))
    signature = read.members(signatures[0], "signatures[0]", ("sig",), ("keyid",))
    payload = read.base64(members["payload"], "payload")
    return Document(kind, payload, read.base64(signature["sig"], "signatures[0].sig"), place)


def read_list(
    path: Path, kind: str, schema: str, most: int, signed_by: tuple[PublicKey, Message]
) -> tuple[StrictJson, datetime, Sequence[Json]]:
    """Return the reader of a signed list, when it was issued, and its entries, at most `most`.

    `signed_by` is the key that must have signed it, and what is said where another one did.

    Raises:
        InputError: it cannot be read.
        SignatureError: it is no list of this kind and schema, or another key signed it.
    """
    key, forged = signed_by
    document = read_document(path, kind)
    if not document.accepted_by(key):
        raise SignatureError(forged, document.place)
    read, content = document.content()
    read.members(content, "payload", ("schema", "issued", "entries"))
    if content["schema"] != schema:
        read.refuse("signing.wrong-value", field="schema", found=public(str(content["schema"]), 40), expected=schema)
    return read, time_of(read, content["issued"], "issued"), read.array(content["entries"], "entries", most)


def time_of(read: StrictJson, value: Json, where: str) -> datetime:
    """Return a moment written as `2026-11-23T08:00:00Z`."""
    text = read.text(value, where)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        read.refuse("signing.not-a-time", field=where, found=public(text, 40))


def time_text(moment: datetime) -> str:
    """Return a moment as `time_of` reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_argument(text: str) -> datetime:
    """Return a moment or a day of a command line; a day begins at midnight UTC.

    Raises:
        InputError: it is neither.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(msg("signing.not-a-time", field="time", found=public(text, 40))) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
