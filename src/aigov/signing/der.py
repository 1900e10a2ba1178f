"""Writing DER (X.690), as much as a timestamp needs; nothing here reads what others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_HIGH = 0x80
_SEVEN = 0x7F


def tagged(tag: int, content: bytes) -> bytes:
    """Return an element with a one-byte tag."""
    size = len(content)
    if size < _HIGH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _HIGH | len(length))) + length + content


def sequence(*items: bytes) -> bytes:
    """Return a SEQUENCE."""
    return tagged(0x30, b"".join(items))


def set_of(items: Iterable[bytes], tag: int = 0x31) -> bytes:
    """Return a SET OF, in the order that DER asks for; `tag` is another one where it is implicit."""
    return tagged(tag, b"".join(sorted(items)))


def explicit(number: int, content: bytes) -> bytes:
    """Return a constructed element of the context class."""
    return tagged(0xA0 | number, content)


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(data: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tagged(0x04, data)


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tagged(0x06, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def boolean_true() -> bytes:
    """Return the BOOLEAN true."""
    return tagged(0x01, b"\xff")


def generalized_time(moment: datetime) -> bytes:
    """Return a GeneralizedTime in whole seconds of UTC."""
    return tagged(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _base128(arc: int) -> bytes:
    digits = [arc & _SEVEN]
    while arc := arc >> 7:
        digits.append(_HIGH | (arc & _SEVEN))
    return bytes(reversed(digits))
