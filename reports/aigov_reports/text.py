"""Hostile strings made harmless to read: what cannot be seen is shown, what is too long is cut and says so."""

from __future__ import annotations

import unicodedata

from aigov.i18n import msg, say
from aigov_reports.limits import LONGEST_TEXT

_KEPT = "\n\t"
_CONTROL_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}
_SUFFIX_ALLOWANCE = 60
"""A text that was cut once, with its suffix, is not cut again."""


def visible(text: str, lang: str = "en", limit: int = LONGEST_TEXT) -> str:
    """Return `text` with control, format, surrogate and unassigned characters shown by name, cut at `limit`.

    The result is valid in UTF-8 and in XML 1.0, and reorders nothing (bidirectional controls are shown too).
    Applying it twice changes nothing.
    """
    head = text[: limit + _SUFFIX_ALLOWANCE]
    pieces = [head] if head.isprintable() else list(map(_show, head))
    if len(head) == len(text) and sum(map(len, pieces)) <= limit + _SUFFIX_ALLOWANCE:
        return "".join(pieces)
    kept = _fitting(list(map(_show, head)), limit)
    return "".join(kept) + say(msg("report.cut", count=len(text) - len(kept)), lang)


def one_line(text: str, lang: str = "en", limit: int = LONGEST_TEXT) -> str:
    """Return `visible` text with every stretch of white space one space."""
    return " ".join(visible(text, lang, limit).split())


def _show(character: str) -> str:
    if character in _KEPT:
        return character
    picture = _CONTROL_PICTURES.get(character)
    if picture is not None:
        return picture
    category = unicodedata.category(character)
    if category.startswith("C") or category in {"Zl", "Zp"}:
        return f"‹U+{ord(character):04X}›"
    return character


def _fitting(pieces: list[str], limit: int) -> list[str]:
    used = 0
    for index, piece in enumerate(pieces):
        used += len(piece)
        if used > limit:
            return pieces[:index]
    return pieces
