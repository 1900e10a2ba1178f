"""What a server says, made fit for a message: short, printable, and never more than words."""

from __future__ import annotations

import json

_LONGEST = 120


def shown(text: object) -> str:
    """Return the first characters of a text, without those that cannot be printed."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text)[:_LONGEST]).strip() or "?"


def said(data: bytes) -> str:
    """Return the error in an answer of the protocol, or the first words of any other text; `?` for none."""
    text = data[: 4 * _LONGEST].decode("utf-8", "replace")
    try:
        found = json.loads(data) if len(data) <= 1 << 16 else None
    except (ValueError, RecursionError):
        found = None
    error = found.get("error") if isinstance(found, dict) else None
    return shown(error if isinstance(error, str) else text)
