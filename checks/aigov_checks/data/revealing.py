"""A block as the gate sees it: escapes undone, line for line, so that only lines with a candidate are ever parsed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89ABab][0-9A-Fa-f]{2}\\u[dD][C-Fc-f][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[\"\\/bfnrt])",
)
_RARE = 100
"""Bytes of a block for each escape from which on it pays to look at each one."""
_SPACE = b"\x0b"
"""Stands for an escaped newline or other control character: no letter or digit, yet on the same line."""
_SIMPLE = {
    b"\\\\": b"\x1c",
    b'\\"': b'"',
    b"\\/": b"/",
    b"\\n": _SPACE,
    b"\\r": _SPACE,
    b"\\t": _SPACE,
    b"\\b": _SPACE,
    b"\\f": _SPACE,
    b"\x1c": b"\\",
}
"""In this order; the file separator stands for an escaped backslash meanwhile, and may not stand in JSON."""


@dataclass(slots=True)
class Revealed:
    """A block and what the gate sees of it, line by line."""

    data: bytes
    text: bytes
    _ends: Sequence[int] = field(init=False)
    """Where the lines of `data` end, if `text` is another."""
    _text_ends: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        """Find the lines."""
        same = self.text is self.data
        self._ends = () if same else _line_ends(self.data)
        self._text_ends = () if same else _line_ends(self.text)

    def line(self, start: int, end: int) -> tuple[int, int]:
        """Return the range in `data` of the line that has this range in `text`."""
        if not self._ends:
            return start, end
        number = bisect_left(self._text_ends, end)
        return (self._ends[number - 1] + 1 if number else 0), self._ends[number]

    def lines(self, start: int, end: int) -> bytes:
        """Return the text of whole lines with this range in `data`."""
        if not self._ends:
            return self.data[start:end]
        first, last = bisect_left(self._ends, start), bisect_left(self._ends, max(start, end - 1))
        return self.text[self._text_ends[first - 1] + 1 if first else 0 : self._text_ends[last]]


def reveal(data: bytes, shape: str) -> Revealed:
    """Return a block with the escapes of its shape (`jsonl`, `csv`) undone for the gate."""
    return Revealed(data, revealed(data, shape))


def revealed(data: bytes, shape: str) -> bytes:
    """Return `data` with the escapes of its shape (`jsonl`, `broken`, `csv`) undone and every newline where it was.

    It holds whatever text a cell of one line holds, so a gate over it lets through each line in which a cell matches.
    """
    if shape == "csv":
        return data.replace(b'""', b'"')
    if shape == "text" or b"\\" not in data:
        return data
    if b"\\u" in data:
        text = _with_characters(data)
        if text is None:
            return _ESCAPE.sub(lambda found: _meaning(found[0]), data)
        data = text
    if data.count(b"\\") * _RARE < len(data):
        return _ESCAPE.sub(lambda found: _meaning(found[0]), data)
    for escape, meaning in _SIMPLE.items():
        data = data.replace(escape, meaning)
    return data


def _with_characters(data: bytes) -> bytes | None:
    r"""Undo `\uXXXX` by Python's codec of that name, which minds backslashes before it; None where it would not do."""
    if not data.isascii() or b"\\U" in data:
        return None
    try:
        text = data.decode("raw_unicode_escape")
    except UnicodeDecodeError:
        return None
    if text.count("\n") != data.count(b"\n"):
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:  # halves of pairs
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


@lru_cache(maxsize=10_000)
def _meaning(escape: bytes) -> bytes:
    if escape == b"\\\\":
        return b"\\"
    if escape[:2] != b"\\u":
        return _SIMPLE[escape]
    text = bytes.fromhex(escape.replace(b"\\u", b"").decode()).decode("utf-16-be", "replace")
    return _SPACE if text in "\n\r" else text.encode()


def _line_ends(data: bytes) -> list[int]:
    try:
        import numpy as np  # comes with Vectorscan
    except ImportError:
        return [end - 1 for end in accumulate(len(line) + 1 for line in data.split(b"\n"))]
    ends: list[int] = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")).tolist()
    return [*ends, len(data)]
