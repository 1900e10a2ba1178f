"""Bytes of a pickle into opcodes with their operands, as the C unpickler reads them.

The table follows Lib/pickle.py and Modules/_pickle.c of CPython 3.11 to 3.14. Text operands are read as leniently
as C does: what a real unpickler accepts must not stop this reader.
"""

from __future__ import annotations

import codecs

from aigov_checks.model.serialization.limits import MAX_LINE, MAX_NAME

Operand = None | int | str | tuple[str, str] | memoryview


class Malformed(Exception):  # noqa: N818  # it describes a file and stays inside this package
    """A pickle that no unpickler would read to its end; `kind` is one word for why."""

    def __init__(self, kind: str, offset: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.offset = offset


class PickleReader:
    """A cursor over the bytes of one or several pickles."""

    def __init__(self, data: memoryview, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, size: int) -> memoryview:
        """Return the next `size` bytes without copying them."""
        end = self.position + size
        if size < 0 or end > len(self.data):
            raise Malformed("truncated" if size >= 0 else "operand", self.position)
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def byte(self) -> int:
        """Return the next byte as a number."""
        position = self.position
        if position >= len(self.data):
            raise Malformed("truncated", position)
        self.position = position + 1
        return self.data[position]

    def unsigned(self, size: int) -> int:
        """Return a little-endian unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def signed4(self) -> int:
        """Return a little-endian signed number of four bytes."""
        return int.from_bytes(self.take(4), "little", signed=True)

    def line(self) -> bytes:
        """Return the bytes before the next newline and step over it."""
        start, step = self.position, 64
        while True:
            piece = bytes(self.data[start : start + step])
            end = piece.find(b"\n")
            if end >= 0:
                self.position = start + end + 1
                return piece[:end]
            if start + step >= len(self.data):
                raise Malformed("truncated", self.position)
            if step > MAX_LINE:
                raise Malformed("limit", self.position)
            step *= 4


def name_of(line: bytes, offset: int) -> str:
    """Return a line as the name of a module or class."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("operand", offset) from error


def text_of(data: memoryview) -> str | memoryview:
    """Return a Unicode operand as text where it is short enough to be a name, else as bytes."""
    if len(data) > MAX_NAME:
        return data
    raw = bytes(data)
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def quoted(line: bytes, offset: int) -> str | memoryview:
    """Return the operand of STRING: outer quotes off, escapes resolved, any byte accepted (C with latin-1)."""
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in {b"'", b'"'}:  # noqa: PLR2004  # two quotes
        raise Malformed("operand", offset)
    try:
        raw, _ = codecs.escape_decode(line[1:-1])
    except ValueError as error:
        raise Malformed("operand", offset) from error
    return bytes(raw).decode("latin-1") if len(raw) <= MAX_NAME else memoryview(raw)


def raw_unicode(line: bytes) -> str | memoryview:
    """Return the operand of UNICODE, which is raw-unicode-escape."""
    if len(line) > MAX_NAME:
        return memoryview(line)
    return line.decode("raw-unicode-escape", "replace")


def number(line: bytes, offset: int) -> int:
    """Return the operand of GET, PUT, INT or LONG."""
    try:
        return int(line.strip().removesuffix(b"L"))
    except ValueError as error:
        raise Malformed("operand", offset) from error
