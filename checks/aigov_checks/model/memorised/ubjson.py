"""UBJSON as XGBoost writes it: keys, strings and counted arrays; arrays of numbers are bytes like any other.

Source: the UBJSON specification, draft 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.model.memorised.limits import MAX_NESTING, MAX_STRINGS
from aigov_checks.model.memorised.pieces import Blob, Gap, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Piece

_SIZES = {
    ord("i"): 1, ord("U"): 1, ord("I"): 2, ord("l"): 4, ord("L"): 8, ord("d"): 4, ord("D"): 8, ord("C"): 1,
}  # fmt: skip
_WHOLE = b"iUIlL"
_NOTHING = b"ZNTF"
_SHOWN = 200


class _BrokenError(ValueError):
    """The file ends within a value, or a value cannot be."""


@dataclass(slots=True)
class _Cursor:
    blob: Blob
    position: int = 0
    values: int = 0

    def byte(self) -> int:
        return self.take(1)[0]

    def peek(self) -> int:
        if self.position >= len(self.blob.data):
            raise _BrokenError
        return self.blob.data[self.position]

    def take(self, size: int) -> memoryview:
        end = self.position + size
        if size < 0 or end > len(self.blob.data):
            raise _BrokenError
        self.position = end
        return self.blob.data[end - size : end]

    def length(self) -> int:
        kind = self.byte()
        if kind not in _WHOLE:
            raise _BrokenError
        return int.from_bytes(self.take(_SIZES[kind]), "big", signed=kind != ord("U"))

    def text(self, pointer: str, column: str = "") -> Text:
        value = bytes(self.take(self.length()))
        return Text(value, self.blob.inside(pointer), self.blob.at(self.position - len(value)), column)

    def counted(self) -> tuple[int, int]:
        """Return type and number of the values of a container; 0 and -1 where they are not said."""
        kind, length = 0, -1
        if self.peek() == ord("$"):
            self.take(1)
            kind = self.byte()
        if self.peek() == ord("#"):
            self.take(1)
            length = self.length()
        if kind and length < 0:
            raise _BrokenError
        return kind, length


def read_ubjson(blob: Blob) -> Iterator[Piece]:
    """Yield keys and strings of a document."""
    cursor = _Cursor(blob)
    try:
        yield from _value(cursor, cursor.byte(), "", 0)
        if cursor.position != len(blob.data):
            yield Gap("trailing", blob.pointer, blob.at(cursor.position))
    except _BrokenError:
        yield Gap("broken", blob.pointer, blob.at(min(cursor.position, len(blob.data))))


def _value(cursor: _Cursor, kind: int, pointer: str, depth: int) -> Iterator[Piece]:
    cursor.values += 1
    if depth > MAX_NESTING or cursor.values > MAX_STRINGS:
        raise _BrokenError
    if kind == ord("S") or kind == ord("H"):
        yield cursor.text(pointer, pointer.rpartition("/")[2])
    elif kind == ord("{"):
        yield from _object(cursor, pointer, depth)
    elif kind == ord("["):
        yield from _array(cursor, pointer, depth)
    elif kind in _SIZES:
        cursor.take(_SIZES[kind])
    elif kind not in _NOTHING:
        raise _BrokenError


def _object(cursor: _Cursor, pointer: str, depth: int) -> Iterator[Piece]:
    kind, length = cursor.counted()
    done = 0
    while done != length:
        if length < 0 and cursor.peek() == ord("}"):
            cursor.take(1)
            return
        key = cursor.text(pointer)
        yield key
        inner = f"{pointer}/{key.value[:_SHOWN].decode('utf-8', 'replace')}"[:_SHOWN]
        yield from _value(cursor, kind or cursor.byte(), inner, depth + 1)
        done += 1


def _array(cursor: _Cursor, pointer: str, depth: int) -> Iterator[Piece]:
    kind, length = cursor.counted()
    if kind in _SIZES:
        start = cursor.position
        cursor.take(_SIZES[kind] * length)
        cursor.blob.name(start, cursor.position, pointer)
        return
    if kind and kind in _NOTHING:
        return
    done = 0
    while done != length:
        if length < 0 and cursor.peek() == ord("]"):
            cursor.take(1)
            return
        yield from _value(cursor, kind or cursor.byte(), f"{pointer}/{done}"[:_SHOWN], depth + 1)
        done += 1
