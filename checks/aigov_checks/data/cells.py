"""A value with its place: what every reader of a format yields and the recogniser looks at."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """One value of one record. A tuple, because millions are made."""

    value: bytes
    """The decoded value as UTF-8; bytes that are no UTF-8 stay as they are."""
    pointer: str | None
    """JSON pointer into the record or name of the column; None in plain text."""
    column: str
    """Nearest name above the value, as a cue; empty where there is none."""
    start: int | None
    """Byte offset of the value in what was parsed; None where the value was escaped there."""
    newlines: int = 0
    """Newlines between the start of what was parsed and the value."""
    record: int = 0
    """Index of the record within what was parsed."""
    key: bool = False
    """Whether this is the key of a member of JSON; the pointer is that of the member."""


def characters(value: bytes) -> int:
    """Return the number of characters; a byte that is no UTF-8 counts as one."""
    return len(value) if value.isascii() else len(value.decode("utf-8", "surrogateescape"))


def utf8(text: str) -> bytes:
    """Return text as UTF-8; half a surrogate pair becomes U+FFFD, so that no offset moves."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= symbol <= "\udfff" else symbol for symbol in text).encode()
