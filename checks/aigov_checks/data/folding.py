"""Text as a person reads it: full-width and other compatibility characters as ASCII, invisible ones gone."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

ODD = (
    rb"(?:\xef\xbc[\x90-\x99\xa1-\xba]|\xef\xbd[\x81-\x9a]|\xef\xbb\xbf|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]"
    rb"|\xc2\xad|\xcc[\x80-\xbf]|\xcd[\x80-\xaf]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xf0\x9d\x9f[\x8e-\xbf]|\x00)"
)
"""Bytes of characters that hide a value from a pattern over ASCII; lines without them are never folded."""


_ESCAPED = re.compile(rb"(?s)\\u[0-9A-Fa-f]{4}|\\[/\"]|.")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded bytes, and for each of their characters where it starts in the original bytes."""

    data: bytes
    starts: tuple[int, ...]
    origins: tuple[int, ...]
    """Start and end of the original of character i: `origins[2 * i]`, `origins[2 * i + 1]`."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of original bytes from which the folded range came."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        return self.origins[2 * first], self.origins[2 * last + 1]


def fold(value: bytes) -> Folded:
    """Return `value` with digits and letters of other widths as ASCII, and without marks that are not seen."""
    out = bytearray()
    starts: list[int] = []
    origins: list[int] = []
    position = 0
    for symbol in value.decode("utf-8", "surrogateescape"):
        size = len(symbol.encode("utf-8", "surrogateescape"))
        kept = _plain(symbol)
        if kept:
            starts.append(len(out))
            origins += (position, position + size)
            out += kept
        position += size
    return Folded(bytes(out), tuple(starts), tuple(origins))


def unescape(value: bytes) -> Folded:
    """Return broken JSON with its escaped characters as themselves."""
    out = bytearray()
    starts: list[int] = []
    origins: list[int] = []
    for found in _ESCAPED.finditer(value):
        symbol = found[0]
        if symbol[:2] == b"\\u" and len(symbol) > 2:  # noqa: PLR2004  # an escape
            symbol = chr(int(symbol[2:].decode(), base=16)).encode("utf-8", "replace")
        elif symbol in {b"\\/", b'\\"'}:
            symbol = symbol[1:]
        starts.append(len(out))
        origins += (found.start(), found.end())
        out += symbol
    return Folded(bytes(out), tuple(starts), tuple(origins))


def _plain(symbol: str) -> bytes:
    code = ord(symbol)
    if 0 < code < 128:  # noqa: PLR2004  # ASCII but NUL
        return symbol.encode()
    if code == 0 or unicodedata.category(symbol) in {"Cf", "Mn"}:
        return b""
    digit = unicodedata.decimal(symbol, None)
    if digit is not None:
        return b"%d" % digit
    if 0xFF21 <= code <= 0xFF5A:  # noqa: PLR2004  # full-width letters
        return unicodedata.normalize("NFKC", symbol).encode()
    return symbol.encode("utf-8", "surrogateescape")
