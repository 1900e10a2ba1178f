"""GGUF: metadata of typed values, and the names of tensors; the tensors themselves are bytes like any other.

Source: docs/gguf.md of ggml, versions 2 and 3 (little and big endian).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.memorised.limits import MAX_NESTING, MAX_STRINGS
from aigov_checks.model.memorised.pieces import Blob, Gap, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Piece

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)
_HEADER = 24


class _BrokenError(ValueError):
    """The file ends within a value, or a value cannot be."""


class _Cursor:
    """A position in the file; every size is held against what is left."""

    def __init__(self, blob: Blob, order: str) -> None:
        self.blob = blob
        self.order = order
        self.position = 4
        self.strings = 0

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), self.order)  # type: ignore[arg-type]  # little or big

    def take(self, size: int) -> memoryview:
        end = self.position + size
        if end > len(self.blob.data):
            raise _BrokenError
        self.position = end
        return self.blob.data[end - size : end]

    def text(self, pointer: str, column: str = "") -> Text:
        self.strings += 1
        if self.strings > MAX_STRINGS:
            raise _BrokenError
        value = bytes(self.take(self.number(8)))
        return Text(value, self.blob.inside(pointer), self.blob.at(self.position - len(value)), column)


def read_gguf(blob: Blob) -> Iterator[Piece]:
    """Yield keys, values and tokens of the metadata and the names of the tensors."""
    order = "big" if bytes(blob.data[4:8]) in {b"\0\0\0\3", b"\0\0\0\2"} else "little"
    cursor = _Cursor(blob, order)
    try:
        version = cursor.number(4)
        if version not in _VERSIONS:
            raise _BrokenError  # noqa: TRY301  # one place says that it is broken
        tensors, pairs = cursor.number(8), cursor.number(8)
        for _ in range(min(pairs, len(blob.data))):
            key = cursor.text("metadata")
            yield key
            name = key.value[:200].decode("utf-8", "replace")
            yield from _value(cursor, cursor.number(4), name, 0)
        for _ in range(min(tensors, len(blob.data))):
            yield cursor.text("tensors")
            cursor.take(8 * cursor.number(4) + 12)
    except _BrokenError:
        yield Gap("broken", blob.pointer, blob.at(min(cursor.position, len(blob.data))))


def _value(cursor: _Cursor, kind: int, name: str, depth: int) -> Iterator[Piece]:
    if kind == _STRING:
        yield cursor.text(name, name)
    elif kind == _ARRAY:
        inner, length = cursor.number(4), cursor.number(8)
        if depth > MAX_NESTING:
            raise _BrokenError
        if inner in _SIZES:
            cursor.take(_SIZES[inner] * length)
            return
        for index in range(min(length, len(cursor.blob.data))):
            yield from _value(cursor, inner, f"{name}[{index}]" if depth == 0 else name, depth + 1)
    elif kind in _SIZES:
        cursor.take(_SIZES[kind])
    else:
        raise _BrokenError
