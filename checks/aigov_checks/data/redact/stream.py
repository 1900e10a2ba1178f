"""Digits and letters that follow from a key and a value, and from which neither can be guessed."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
_LETTERS = "abcdefghijklmnop"


@dataclass(slots=True)
class Stream:
    """HMAC-SHA256 in counter mode; the same choices in the same order for the same key and identity."""

    key: bytes = field(repr=False)
    identity: str = field(repr=False)
    _counter: int = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1."""
        message = f"{self._counter}\0{self.identity}".encode("utf-8", "surrogatepass")
        self._counter += 1
        return int.from_bytes(hmac.new(self.key, message, hashlib.sha256).digest(), "big") % limit

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def digits(self, count: int) -> str:
        """Return decimal digits."""
        return f"{self.below(10**count):0{count}d}" if count else ""

    def letters(self, count: int) -> str:
        """Return letters of which no pattern of an identifier is made, four bits each."""
        value = self.below(16**count)
        return "".join(_LETTERS[value >> (4 * i) & 15] for i in range(count))
