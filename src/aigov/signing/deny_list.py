"""The deny-list: fingerprints of keys and certificates that are no longer trusted, signed and dated.

For plants without a network: a file that is carried in like any other, and that is refused once it is too old.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.documents import read_list, time_of, time_text, write_document
from aigov.signing.keys import read_public_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aigov.signing.keys import PublicKey
    from aigov.signing.private_keys import SigningKey
    from aigov.signing.strict_json import Json, StrictJson
    from aigov.signing.verification import DenyTrust

KIND = "application/vnd.aigov.deny-list+json"
SCHEMA = "aigov/deny-list/v1"
_MAX_ENTRIES = 100_000
_MAX_REASON = 500
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Denied:
    """One fingerprint, and when what it signs is refused."""

    fingerprint: str
    """SHA-256 in hex: of a public key's PEM text, or of a certificate's DER."""
    reason: str
    not_before: datetime | None = None
    """What a trusted timestamp puts before this still counts; without one nobody knows when it was signed."""
    not_after: datetime | None = None
    """When the entry lapses: a key that was missing and is found. Of the present, for a signature from inside a
    window can be stamped after it."""

    def covers(self, signed: datetime | None, at: datetime) -> bool:
        """Return whether a signature that a trusted timestamp puts before `signed` is refused at `at`."""
        if self.not_after is not None and at > self.not_after:
            return False
        return signed is None or self.not_before is None or signed >= self.not_before


@dataclass(frozen=True, slots=True)
class DenyList:
    """The entries of a list and when it was issued."""

    issued: datetime
    entries: tuple[Denied, ...] = ()

    def to_bytes(self, key: SigningKey) -> bytes:
        """Return the file, signed."""
        content: dict[str, Json] = {
            "schema": SCHEMA,
            "issued": time_text(self.issued),
            "entries": [_json(entry) for entry in self.entries],
        }
        return write_document(KIND, content, key)


def read_deny_list(path: Path, key: PublicKey) -> DenyList:
    """Return a list that `key` signed.

    Raises:
        InputError: it cannot be read.
        SignatureError: it is no deny-list, or another key signed it.
    """
    forged = msg("signing.deny.bad-signature", fingerprint=key.fingerprint)
    read, issued, entries = read_list(path, KIND, SCHEMA, _MAX_ENTRIES, (key, forged))
    return DenyList(issued, tuple(_entry(read, entry, f"entries[{i}]") for i, entry in enumerate(entries)))


def checked_fingerprint(text: str) -> str:
    """Return a fingerprint in lower case, without colons and `sha256:`.

    Raises:
        InputError: it is none.
    """
    found = text.lower().removeprefix("sha256:").replace(":", "")
    if not _FINGERPRINT.fullmatch(found):
        raise InputError(msg("signing.deny.no-fingerprint", found=public(text, 80)))
    return found


def check_denied(
    fingerprints: Iterable[str], trust: DenyTrust, at: datetime, signed: datetime | None, place: Place
) -> None:
    """Refuse a signer whom the list names.

    Raises:
        InputError: list or key cannot be read.
        SignatureError: a fingerprint is denied; the list is broken, older than `trust.max_age`, or of the future.
    """
    found = read_deny_list(trust.path, read_public_key(trust.public_key))
    where = Place(str(trust.path))
    if found.issued > at:
        raise SignatureError(msg("signing.deny.future", issued=time_text(found.issued)), where)
    if at - found.issued > trust.max_age:
        old = msg("signing.deny.old", issued=time_text(found.issued), days=trust.max_age.days)
        raise SignatureError(old, where, hint=msg("signing.deny.old.hint"))
    wanted = set(fingerprints)
    for entry in found.entries:
        if entry.fingerprint in wanted and entry.covers(signed, at):
            reason = public(entry.reason, _MAX_REASON)
            raise SignatureError(msg("signing.deny.denied", fingerprint=entry.fingerprint, reason=reason), place)


def _entry(read: StrictJson, value: Json, where: str) -> Denied:
    members = read.members(value, where, ("fingerprint", "reason"), ("not_before", "not_after"))
    fingerprint = read.text(members["fingerprint"], f"{where}.fingerprint")
    if not _FINGERPRINT.fullmatch(fingerprint):
        read.refuse("signing.bad-digest", field=f"{where}.fingerprint")
    start, end = (
        time_of(read, members[name], f"{where}.{name}") if name in members else None
        for name in ("not_before", "not_after")
    )
    return Denied(fingerprint, read.text(members["reason"], f"{where}.reason"), start, end)


def _json(entry: Denied) -> dict[str, Json]:
    found: dict[str, Json] = {"fingerprint": entry.fingerprint, "reason": entry.reason}
    if entry.not_before is not None:
        found["not_before"] = time_text(entry.not_before)
    if entry.not_after is not None:
        found["not_after"] = time_text(entry.not_after)
    return found
