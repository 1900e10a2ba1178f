"""Universal Binary JSON as XGBoost writes it; numbers in arrays stay where they are.

Source: the UBJSON specification, draft 12, and the model format of XGBoost. All numbers are big-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor, bounded
from aigov_checks.model.serialization.limits import MAX_FIELDS
from aigov_checks.model.serialization.notes import Context, Note, suspicious
from aigov_checks.model.serialization.text_rules import document_notes

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTHS = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8, b"d": 4, b"D": 8}
"""Marker to bytes of a number."""
_PLAIN = {b"Z": None, b"N": None, b"T": True, b"F": False}
_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Numbers:
    """A typed array, unread."""

    marker: bytes
    raw: memoryview


def is_ubjson(head: bytes) -> bool:
    """Whether the bytes begin like an object whose first key has a counted, plausible length."""
    width = WIDTHS.get(head[1:2]) if head[:1] == b"{" and head[1:2] in {b"i", b"U", b"I", b"l", b"L"} else None
    if width is None or len(head) < 2 + width:
        return False
    length = int.from_bytes(head[2 : 2 + width], "big")
    key = head[2 + width : 2 + width + length]
    return length < 1 << 10 and bool(key) and all(32 <= byte < 127 for byte in key)  # noqa: PLR2004  # printable ASCII


def read_ubjson(data: memoryview) -> tuple[Any, int]:  # any JSON value
    """Return the value of a document, and where it ends.

    Raises:
        BrokenFileError: it cannot be read.
    """
    cursor = Cursor(data, 0, "big")
    value = _value(cursor, bytes(cursor.take(1)), [MAX_FIELDS], _DEPTH)
    return value, cursor.at


def _value(cursor: Cursor, marker: bytes, left: list[int], depth: int) -> Any:  # any JSON value
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        raise BrokenFileError(cursor.at)
    match marker:
        case b"[":
            return _array(cursor, left, depth)
        case b"{":
            return _object(cursor, left, depth)
        case _:
            return _scalar(cursor, marker)


def _scalar(cursor: Cursor, marker: bytes) -> Any:  # a number, text or constant
    if marker in WIDTHS:
        raw = cursor.take(WIDTHS[marker])
        if marker in {b"d", b"D"}:
            return struct.unpack(">f" if marker == b"d" else ">d", raw)[0]
        return int.from_bytes(raw, "big", signed=marker != b"U")
    if marker in {b"S", b"C"}:
        return _text(cursor, bytes(cursor.take(1))) if marker == b"S" else chr(cursor.unsigned(1))
    if marker not in _PLAIN:
        raise BrokenFileError(cursor.at)
    return _PLAIN[marker]


def _text(cursor: Cursor, marker: bytes) -> str:
    return bytes(cursor.take(_count(cursor, marker))).decode("utf-8", "replace")


def _count(cursor: Cursor, marker: bytes) -> int:
    if marker not in {b"i", b"U", b"I", b"l", b"L"}:
        raise BrokenFileError(cursor.at)
    return cursor.unsigned(1) if marker == b"U" else cursor.signed(WIDTHS[marker])


def _array(cursor: Cursor, left: list[int], depth: int) -> Any:  # a list or Numbers
    kind, marker = b"", bytes(cursor.take(1))
    if marker == b"$":
        kind, marker = bytes(cursor.take(1)), bytes(cursor.take(1))
    if marker == b"#":
        count = _count(cursor, bytes(cursor.take(1)))
        if kind in WIDTHS:
            return Numbers(kind, cursor.take(count * WIDTHS[kind]))
        if not 0 <= count <= left[0]:
            raise BrokenFileError(cursor.at)
        return [_value(cursor, kind or bytes(cursor.take(1)), left, depth - 1) for _ in range(count)]
    found = []
    while marker != b"]":
        found.append(_value(cursor, marker, left, depth - 1))
        marker = bytes(cursor.take(1))
    return found


def _object(cursor: Cursor, left: list[int], depth: int) -> dict[str, Any]:  # any JSON values
    found: dict[str, Any] = {}
    marker = bytes(cursor.take(1))
    while marker != b"}":
        key = _text(cursor, marker)
        if key in found:
            raise BrokenFileError(cursor.at)
        found[key] = _value(cursor, bytes(cursor.take(1)), left, depth - 1)
        marker = bytes(cursor.take(1))
    return found


def _scan(data: memoryview, _context: Context) -> Iterator[Note]:
    value, end = read_ubjson(data)
    yield from document_notes(value)
    if end != len(data):
        yield suspicious("model.trailing", end, format="ubjson", size=len(data) - end)


scan_ubjson = bounded("ubjson", _scan)
