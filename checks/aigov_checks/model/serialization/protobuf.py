"""The wire format of protocol buffers, field by field, without copying and without generated code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_VARINT_BYTES = 10


class BrokenWireError(ValueError):
    """A message that ends in the middle of a field or has a field that cannot be."""

    def __init__(self, offset: int) -> None:
        super().__init__("broken")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    number: int
    wire: int
    value: int
    """The number; for bytes their length."""
    start: int
    """Offset of the value in the file."""
    end: int


def fields(data: memoryview, start: int, end: int) -> Iterator[Field]:
    """Yield the fields of the message in `data[start:end]`.

    Raises:
        BrokenWireError: the rest cannot be read.
    """
    position = start
    while position < end:
        at = position
        key, position = _varint(data, position, end)
        number, wire = key >> 3, key & 7
        value, begin = 0, position
        if wire == VARINT:
            value, position = _varint(data, position, end)
        elif wire == BYTES:
            value, begin = _varint(data, position, end)
            position = begin + value
        elif wire in {FIXED32, FIXED64}:
            position += 4 if wire == FIXED32 else 8
        else:
            raise BrokenWireError(at)
        if position > end or number == 0:
            raise BrokenWireError(at)
        yield Field(number, wire, value, begin, position)


def packed_numbers(data: memoryview, entry: Field) -> Iterator[int]:
    """Yield the numbers of a packed field; one that is cut off is left out."""
    value, shift = 0, 0
    for byte in data[entry.start : entry.end]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  # the last byte of a number has no high bit
            yield value
            value, shift = 0, 0
        elif shift > 7 * _VARINT_BYTES:
            return


def _varint(data: memoryview, position: int, end: int) -> tuple[int, int]:
    value = 0
    for index in range(_VARINT_BYTES):
        if position + index >= end:
            break
        byte = data[position + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004  # the last byte has no high bit
            return value, position + index + 1
    raise BrokenWireError(position)
