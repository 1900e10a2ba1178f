"""Operands of opcodes as the values that the symbolic machine keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization.limits import MAX_NAME
from aigov_checks.model.serialization.pickle_reader import Malformed, PickleReader, number, quoted, text_of
from aigov_checks.model.serialization.pickle_values import OTHER, Value

if TYPE_CHECKING:
    from collections.abc import Callable


def line_number(reader: PickleReader) -> Value:
    """Return the number of INT or LONG; 00 and 01 are truth values."""
    start = reader.position
    line = reader.line()
    if line in {b"00", b"01"}:
        return line == b"01"
    number(line[:64], start)
    return number(line, start) if len(line) < 20 else OTHER  # noqa: PLR2004  # digits of 64 bits


def line_float(reader: PickleReader) -> Value:
    """Return the number of FLOAT, unread."""
    start = reader.position
    try:
        float(reader.line()[:400])
    except ValueError as error:
        raise Malformed("operand", start) from error
    return OTHER


def binary_float(reader: PickleReader) -> Value:
    """Return the number of BINFLOAT, unread."""
    reader.take(8)
    return OTHER


def long(size: int) -> Callable[[PickleReader], Value]:
    """Return a reader of LONG1 or LONG4."""

    def make(reader: PickleReader) -> Value:
        length = reader.byte() if size == 1 else reader.signed4()
        data = reader.take(length)
        return int.from_bytes(data, "little", signed=True) if length <= 8 else OTHER  # noqa: PLR2004  # bytes of 64 bits

    return make


def counted(size: int) -> Callable[[PickleReader], Value]:
    """Return a reader of bytes whose length has `size` bytes."""
    if size == 1:
        return lambda reader: reader.take(reader.byte())
    return lambda reader: reader.take(reader.unsigned(size))


def counted_signed(reader: PickleReader) -> Value:
    """Return the bytes of BINSTRING, whose length is signed."""
    return reader.take(reader.signed4())


def text(size: int) -> Callable[[PickleReader], Value]:
    """Return a reader of text whose length has `size` bytes."""
    bytes_of = counted(size)
    return lambda reader: text_of(bytes_of(reader))


def latin(take: Callable[[PickleReader], Value]) -> Callable[[PickleReader], Value]:
    """Return a reader of Python 2 strings: text under most encodings, so they can be names."""

    def make(reader: PickleReader) -> Value:
        data = take(reader)
        return bytes(data).decode("latin-1") if len(data) <= MAX_NAME else data

    return make


def quoted_line(reader: PickleReader) -> Value:
    """Return the text of STRING."""
    start = reader.position
    return quoted(reader.line(), start)
