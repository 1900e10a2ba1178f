"""Text as a person reads it: full-width and other compatibility characters as ASCII, invisible ones gone."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD = (
    rb"(?:\xef\xbc[\x90-\x99\xa1-\xba]|\xef\xbd[\x81-\x9a]|\xef\xbb\xbf|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]"
    rb"|\xc2\xad|\xcc[\x80-\xbf]|\xcd[\x80-\xaf]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xf0\x9d\x9f[\x8e-\xbf]|\x00)"
)
"""Bytes of characters that hide a value from a pattern over ASCII; lines without them are never folded."""


_ESCAPED = re.compile(rb'(?s)\\u[0-9A-Fa-f]{4}|\\[/"]|[^\\]+|.')
_RUN = re.compile(r"[\x01-\x7f\u4e00-\u9fff]+|[\s\S]")


Run = tuple[bytes, int, int]
"""What is left of a range of the original, and that range."""


@dataclass(slots=True)
class Folded:
    """Folded bytes, and where they came from, which is worked out when it is asked for first."""

    data: bytes
    runs: Iterable[Run]
    _starts: list[int] = field(default_factory=list)
    _origins: list[tuple[int, int]] = field(default_factory=list)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of original bytes from which the folded range came."""
        if not self._starts:
            self._read()
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
        begin, stop = self._origins[first][0], self._origins[last][1]
        if self._same(first):
            begin += start - self._starts[first]
        if self._same(last):
            stop = self._origins[last][0] + end - self._starts[last]
        return begin, stop

    def _read(self) -> None:
        size = 0
        for kept, start, end in self.runs:
            if kept:
                self._starts.append(size)
                self._origins.append((start, end))
                size += len(kept)

    def _same(self, run: int) -> bool:
        """Say whether a run is byte for byte what it was."""
        following = self._starts[run + 1] if run + 1 < len(self._starts) else len(self.data)
        start, end = self._origins[run]
        return following - self._starts[run] == end - start


class _Plain(dict[int, str | None]):
    """Characters as `str.translate` wants them, found as they are met."""

    def __missing__(self, code: int) -> str | None:
        """Return what a character is folded to; None for nothing."""
        kept = _plain(chr(code)).decode("utf-8", "surrogateescape") or None
        self[code] = kept
        return kept


def fold(value: bytes) -> Folded:
    """Return `value` with digits and letters of other widths as ASCII, and without marks that are not seen."""
    text = value.decode("utf-8", "surrogateescape")
    return Folded(text.translate(_Plain()).encode("utf-8", "surrogateescape"), _folded_runs(text))


def _folded_runs(text: str) -> Iterator[Run]:
    position = 0
    for found in _RUN.finditer(text):
        run = found[0]
        size = len(run.encode("utf-8", "surrogateescape"))
        yield run.encode() if len(run) > 1 else _plain(run), position, position + size
        position += size


def unescape(value: bytes) -> Folded:
    """Return broken JSON with its escaped characters as themselves."""
    runs = list(_unescaped_runs(value))
    return Folded(b"".join(kept for kept, _, _ in runs), runs)


def _unescaped_runs(value: bytes) -> Iterator[Run]:
    for found in _ESCAPED.finditer(value):
        symbol = found[0]
        if symbol[:2] == b"\\u" and len(symbol) > 2:  # noqa: PLR2004  # an escape
            symbol = chr(int(symbol[2:].decode(), base=16)).encode("utf-8", "replace")
        elif symbol in {b"\\/", b'\\"'}:
            symbol = symbol[1:]
        yield symbol, found.start(), found.end()


@lru_cache(maxsize=4096)
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
