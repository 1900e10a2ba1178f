"""Keys of JSON as values: what is found in one, where a key is a word and nothing announces it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov import Tier

if TYPE_CHECKING:
    from aigov_checks.data.cells import Cell
    from aigov_checks.data.recognise import Match, Recogniser

_REMEMBERED = 10_000
"""Keys without a match that are remembered; keys that are data would fill memory."""
_LONGEST = 64
"""Bytes of a key that is remembered."""
_SENTENCE = re.compile("[ \t\r\n:=,;/|(]|，|。|、|；|：|（".encode())


@dataclass(slots=True)
class Plain:
    """Keys in which nothing is found; the same names stand in record after record.

    What is found does not depend on the gates of a line, so they hold for every line.
    """

    words: set[str] = field(default_factory=set)
    tokens: set[bytes] = field(default_factory=set)
    """Those that are written without escapes, as they are written."""

    def add(self, key: bytes) -> None:
        """Remember a key, if it is short and all of it can be read."""
        if len(key) > _LONGEST or len(self.words) >= _REMEMBERED:
            return
        with suppress(UnicodeDecodeError):
            self.words.add(key.decode())
            if b"\\" not in key:
                self.tokens.add(key)


def announces(value: bytes) -> bool:
    """Say whether a text is more than a word, so that a part of it can announce another."""
    return _SENTENCE.search(value) is not None


def matches_in_key(recogniser: Recogniser, key: bytes, mask: int) -> list[Match]:
    """Return the matches in a key; the words of a name of a field announce nothing."""
    found = recogniser.find(key, "", mask)
    if found and not announces(key):
        return [match for match in found if match.detector.tier is not Tier.CONTEXT]
    return found


def matches_in_cell(recogniser: Recogniser, cell: Cell, mask: int) -> list[Match]:
    """Return the matches in a value, or in a key."""
    if cell.key:
        return matches_in_key(recogniser, cell.value, mask)
    return recogniser.find(cell.value, cell.column, mask)
