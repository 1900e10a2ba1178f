"""The only maker of redacted text: a mask that keeps enough to find the place, and a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from aigov.model import Redacted

_MASK = "*"


@dataclass(frozen=True, slots=True)
class Mask:
    """How many characters stay readable at either end; never more than a third of the value together."""

    head: int = 0
    tail: int = 0


def mask(value: str, keep: Mask = Mask()) -> Redacted:  # a frozen value
    """Return `value` with all but its ends replaced by `*`; control characters become `·`.

    At most a third of the characters stays readable, so a short value is masked whole.
    """
    allowed = len(value) // 3
    head = min(keep.head, allowed)
    tail = min(keep.tail, allowed - head)
    hidden = len(value) - head - tail
    text = value[:head] + _MASK * hidden + (value[len(value) - tail :] if tail else "")
    return cast("Redacted", _printable(text))


def hide(value: str) -> Redacted:
    """Return a mask of fixed width that tells nothing, for secrets."""
    return cast("Redacted", _MASK * 8 if value else "")


def keyed_digest(value: str, key: bytes) -> str:
    """Return `hmac-sha256:<hex>` of the NFKC form: equal values match, and without the key none can be guessed."""
    normal = unicodedata.normalize("NFKC", value).encode()
    return "hmac-sha256:" + hmac.new(key, normal, hashlib.sha256).hexdigest()


def public(text: str, limit: int = 300) -> Redacted:
    """Return text without personal values by construction (a class name, an error), shortened and printable."""
    clean = _printable(text)
    return cast("Redacted", clean if len(clean) <= limit else clean[: limit - 1] + "…")


def new_key() -> bytes:
    """Return 32 random bytes; a key lives for one audit unless the user keeps one."""
    return os.urandom(32)


def _printable(text: str) -> str:
    if text.isprintable():  # then there is no character of category C in it
        return text
    return "".join("·" if unicodedata.category(character).startswith("C") else character for character in text)
