"""Draws that every maker of values uses; the same seed gives the same text."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALNUM = string.ascii_letters + string.digits
UPPER_ALNUM = string.ascii_uppercase + string.digits
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Draw:
    """A random generator with the vocabulary of one split."""

    rng: random.Random
    words: Mapping[str, Sequence[str]]

    def word(self, name: str) -> str:
        """Return one entry of the list `name` of the vocabulary."""
        return str(self.rng.choice(self.words[name]))

    def one(self, *choices: str) -> str:
        """Return one of the choices."""
        return self.rng.choice(choices)

    def chars(self, alphabet: str, length: int) -> str:
        """Return `length` characters of the alphabet."""
        return "".join(self.rng.choices(alphabet, k=length))

    def digits(self, length: int) -> str:
        """Return `length` digits, the first not zero."""
        return self.one(*"123456789") + self.chars(string.digits, length - 1)

    def between(self, low: int, high: int) -> int:
        """Return an integer of the closed range."""
        return self.rng.randint(low, high)

    def chance(self, share: float) -> bool:
        """Return true in that share of the calls."""
        return self.rng.random() < share

    def birth(self) -> tuple[int, int, int]:
        """Return year, month and day of a birth."""
        return int(self.word("birth_years")), self.between(1, 12), self.between(1, 28)


def seeded(seed: str, words: Mapping[str, Sequence[str]]) -> Draw:
    """Return a draw that depends on nothing but the seed and the vocabulary."""
    return Draw(random.Random(seed), words)  # noqa: S311 a benchmark must be repeatable
