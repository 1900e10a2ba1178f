"""Key rotation: the old key says which key comes after it, so that who pinned the old one can follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aigov.errors import InputError, SignatureError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.documents import Document, read_document, time_of, time_text, write_document
from aigov.signing.keys import PublicKey, parse_public_key, read_public_key

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.signing.private_keys import SigningKey
    from aigov.signing.verification import KeyTrust

KIND = "application/vnd.aigov.key-rotation+json"
SCHEMA = "aigov/key-rotation/v1"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a statement of rotation says."""

    old: str
    """Fingerprint of the key that signed it."""
    new: PublicKey
    issued: datetime


def rotation_path(key: Path) -> Path:
    """Return where the statement for a new key goes: `release-2027.pem` to `release-2027.rotation.json`."""
    return key.with_name(f"{key.name.removesuffix('.pem')}.rotation.json")


def write_rotation(old: SigningKey, new: PublicKey, issued: datetime) -> bytes:
    """Return the statement that `new` comes after `old`, signed by `old`."""
    content = {
        "schema": SCHEMA,
        "from": old.public.fingerprint,
        "to": new.fingerprint,
        "public_key": new.pem.decode("ascii"),
        "issued": time_text(issued),
    }
    return write_document(KIND, content, old)


def trusted_keys(trust: KeyTrust) -> dict[PublicKey, tuple[str, ...]]:
    """Return the pinned key and the ones that it, or one of its successors, handed over to.

    With each go the fingerprints on the way to it from the pinned key, its own last.

    A circle of rotations ends where it began. A rotation that no trusted key signed is refused, not skipped.

    Raises:
        InputError: a file cannot be read.
        SignatureError: a rotation is broken, or no trusted key signed it.
    """
    pinned = read_public_key(trust.public_key)
    trusted: dict[PublicKey, tuple[str, ...]] = {pinned: (pinned.fingerprint,)}
    waiting = [read_document(path, KIND) for path in trust.rotations]
    while waiting:
        used = next(((document, key) for document in waiting for key in trusted if document.accepted_by(key)), None)
        if used is None:
            raise SignatureError(msg("signing.rotation.stranger"), waiting[0].place)
        document, key = used
        waiting.remove(document)
        new = _read(document, key).new
        trusted.setdefault(new, (*trusted[key], new.fingerprint))
    return trusted


def _read(document: Document, key: PublicKey) -> Rotation:
    read, content = document.content()
    read.members(content, "payload", ("schema", "from", "to", "public_key", "issued"))
    if content["schema"] != SCHEMA:
        shown = public(str(content["schema"]), 40)
        read.refuse("signing.wrong-value", field="schema", found=shown, expected=SCHEMA)
    try:
        new = parse_public_key(read.text(content["public_key"], "public_key").encode(), document.place)
    except InputError as error:
        raise SignatureError(error.message, document.place) from error
    if content["to"] != new.fingerprint or content["from"] != key.fingerprint:
        read.refuse("signing.rotation.contradicts")
    return Rotation(key.fingerprint, new, time_of(read, content["issued"], "issued"))
