"""Patterns in the dialect that Vectorscan and `re` share over bytes: macros, boundaries, gates without look-around."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MACRO = re.compile(r"\{\{(\w+)\}\}")
_LOOK = re.compile(rb"\(\?(?:=|!|<=|<!)")
_HAN = r"(?:[\xe4-\xe9][\x80-\xbf][\x80-\xbf])"

EDGE = rb"(?<![0-9A-Za-z])"
"""No ASCII letter or digit before; every bounded pattern of the fallback begins with it."""
APART = rb"(?<![A-Za-z])"
"""No ASCII letter before."""
_AUTOMATON_APART = rb"(?:^|[^A-Za-z\n])"
_BEFORE = {
    "word": EDGE,
    "number": rb"(?<![0-9A-Za-z_])(?<![0-9][.\-])",
    "address": rb"(?<![0-9A-Za-z_.:\-])",
    "host": rb"(?<![0-9A-Za-z_.:\-])",
    "before": EDGE,
    "after": b"",
    "none": b"",
}
_AFTER = {
    "word": rb"(?![0-9A-Za-z])",
    "number": rb"(?![0-9A-Za-z_])(?![.\-][0-9])",
    "address": rb"(?![0-9A-Za-z_:\-])(?!\.[0-9A-Za-z])",
    "host": rb"(?![0-9A-Za-z_\-])(?!\.[0-9A-Za-z])(?!:(?![0-9]{1,5}(?![0-9A-Za-z:]))[0-9A-Za-z:])",
    "before": b"",
    "after": rb"(?![0-9A-Za-z])",
    "none": b"",
}
_BOUNDED = frozenset({"word", "number", "address", "host", "before"})
BOUNDARIES = tuple(_BEFORE)
"""What may stand beside a match: `word` no ASCII letter or digit; `number` no longer number either; `address` no dot or
colon; `host` the same, but a port may follow;
`before` and `after` check one end only; `none` leaves it to the pattern. Unicode's `\\b` is never used: a digit after a
Chinese character would not be at a boundary."""


def expand(pattern: str, macros: Mapping[str, str]) -> bytes:
    """Return the pattern with every `{{name}}` replaced, as UTF-8; surrogates stand for single bytes.

    Raises:
        KeyError: an unknown macro.
    """
    known = {"han": _HAN, **macros}
    while _MACRO.search(pattern):
        pattern = _MACRO.sub(lambda found: known[found[1]], pattern)
    return pattern.encode("utf-8", "surrogateescape")


def exact(core: bytes, boundary: str) -> re.Pattern[bytes]:
    """Return the pattern that decides, with its boundaries as look-arounds."""
    return re.compile(_BEFORE[boundary] + b"(?:" + core + b")" + _AFTER[boundary])


_AUTOMATON_BEFORE = {
    "word": rb"(?:^|[^0-9A-Za-z\n])",
    "before": rb"(?:^|[^0-9A-Za-z\n])",
    "number": rb"(?:^|[^0-9A-Za-z_.\-\n]|^[.\-]|[^0-9\n][.\-])",
    "address": rb"(?:^|[^0-9A-Za-z_.\-\n])",
    "host": rb"(?:^|[^0-9A-Za-z_.\-\n])",
}
_AUTOMATON_AFTER = {
    "word": rb"(?:[^0-9A-Za-z\n]|$)",
    "after": rb"(?:[^0-9A-Za-z\n]|$)",
    "number": rb"(?:[^0-9A-Za-z_.\-\n]|[.\-](?:[^0-9\n]|$)|$)",
    "address": rb"(?:[^0-9A-Za-z_.:\-\n]|\.(?:[^0-9A-Za-z\n]|$)|$)",
    "host": rb"(?:[^0-9A-Za-z_.\-\n]|\.(?:[^0-9A-Za-z\n]|$)|$)",
}


def automaton_gate(core: bytes, boundary: str, *, written: bool = False) -> bytes:
    """Return a pattern for Vectorscan that matches in every line in which the exact one does.

    Look-arounds are dropped, which only lets more through, and boundaries are consumed, which keeps callbacks few. A
    colon may stand before an address, because in JSON it stands before a number. In a gate that is `written` as one, no
    letter may stand where it says so: that only begins its words.
    """
    bare = _without_lookaround(core.replace(APART, _AUTOMATON_APART) if written else core).replace(
        b"(?P<value>", b"(?:"
    )
    return _AUTOMATON_BEFORE.get(boundary, b"") + b"(?:" + bare + b")" + _AUTOMATON_AFTER.get(boundary, b"")


def fallback_gate(core: bytes, boundary: str, *, written: bool = False) -> bytes:
    """Return the same gate for `re`, where a boundary that is not consumed leaves neighbours to be found."""
    bare = (core if written else _without_lookaround(core)).replace(b"(?P<value>", b"(?:")
    before = _BEFORE["word"] if boundary in _BOUNDED else b""
    after = _AFTER["word"] if boundary not in {"none", "before"} else b""
    return before + b"(?:" + bare + b")" + after


def _without_lookaround(pattern: bytes) -> bytes:
    while (found := _LOOK.search(pattern)) is not None:
        pattern = pattern[: found.start()] + pattern[_closing(pattern, found.start()) + 1 :]
    return pattern


def _closing(pattern: bytes, opening: int) -> int:
    """Return the position of the bracket that closes the group at `opening`."""
    depth = 0
    in_class = False
    position = opening
    while position < len(pattern):
        symbol = pattern[position : position + 1]
        if symbol == b"\\":
            position += 1
        elif in_class:
            in_class = symbol != b"]"
        elif symbol == b"[":
            in_class = True
        else:
            depth += {b"(": 1, b")": -1}.get(symbol, 0)
            if depth == 0:
                return position
        position += 1
    raise ValueError(f"group at {opening} is never closed")
