"""The allow-list: names of one's own classes and operators that model files may hold, signed by whoever looked at them.

A policy pins the key, so that who may audit a model need not be who may allow what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aigov.errors import InputError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.documents import read_list, time_of, time_text, write_document

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.signing.keys import PublicKey
    from aigov.signing.private_keys import SigningKey
    from aigov.signing.strict_json import Json, StrictJson

KIND = "application/vnd.aigov.allow-list+json"
SCHEMA = "aigov/allow-list/v1"
_MAX_ENTRIES = 10_000
_MAX_NAME = 300
_MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Allowed:
    """One exact name, since when it is allowed, and why."""

    name: str
    """As the occurrence says it: `module.Class`, or the name of an operator or layer."""
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AllowList:
    """The entries of a list, by name, and when it was issued."""

    issued: datetime
    entries: tuple[Allowed, ...] = ()

    def to_bytes(self, key: SigningKey) -> bytes:
        """Return the file, signed."""
        entries = [{"name": e.name, "since": time_text(e.since), "reason": e.reason} for e in self.entries]
        content: dict[str, Json] = {"schema": SCHEMA, "issued": time_text(self.issued), "entries": entries}
        return write_document(KIND, content, key)


def read_allow_list(path: Path, key: PublicKey) -> AllowList:
    """Return a list that `key` signed.

    Raises:
        InputError: it cannot be read.
        SignatureError: it is no allow-list, or another key signed it.
    """
    forged = msg("signing.allow.bad-signature", fingerprint=key.fingerprint)
    read, issued, entries = read_list(path, KIND, SCHEMA, _MAX_ENTRIES, (key, forged))
    return AllowList(issued, tuple(_entry(read, entry, f"entries[{i}]") for i, entry in enumerate(entries)))


def checked_name(text: str) -> str:
    """Return a name that a list can hold: printable, without spaces or commas, at most 300 characters.

    Raises:
        InputError: it is none; a pattern such as `acme.*` is none either, for only exact names are allowed.
    """
    if not _is_name(text):
        raise InputError(msg("signing.allow.no-name", found=public(text, 80)), hint=msg("signing.allow.no-name.hint"))
    return text


def checked_reason(text: str) -> str:
    """Return a reason of 1 to 500 characters.

    Raises:
        InputError: it is empty or longer.
    """
    if not text.strip() or len(text) > _MAX_REASON:
        raise InputError(msg("signing.allow.no-reason", limit=_MAX_REASON))
    return text


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _MAX_NAME and text.isprintable() and not set(text) & set(" ,*?")


def _entry(read: StrictJson, value: Json, where: str) -> Allowed:
    members = read.members(value, where, ("name", "since", "reason"))
    name = read.text(members["name"], f"{where}.name")
    if not _is_name(name):
        read.refuse("signing.allow.no-name", found=public(name, 80))
    since = time_of(read, members["since"], f"{where}.since")
    return Allowed(name, since, read.text(members["reason"], f"{where}.reason"))
