"""A detector: one way in which one type of value is written, and what around it speaks for or against it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from aigov import FrozenMap, Tier
from aigov.redact import Mask
from aigov_checks.data import patterns
from aigov_checks.data.prefixes import prefixes, shortest, tree
from aigov_checks.data.shared_gates import SharedGate
from aigov_checks.data.validators import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping


_CONNECTED = 6
_MARKS = b" .:=#_'\"-"
_LINKS = tuple(link.encode() for link in ("：", "号", "为", "是", "编号", "number", "no", "id"))
_LINK_ENDS = frozenset(link[-1] for link in _LINKS)
_OPENING = 2
"""Bytes from which on it pays to look for the beginning of a match first."""
LONGEST_NAME = 64
"""Characters of the name of a column beyond which it says nothing."""
WINDOW = 32
"""Bytes before a match in which a cue counts, unless the detector says otherwise."""


@dataclass(frozen=True, eq=False)  # without slots: patterns are made when they are first asked for
class Detector:
    """One way in which one type of value is written."""

    type: str
    version: int
    bit: int
    """What the gates behind which it looks set in the mask of a line."""
    core: bytes
    """The pattern without its boundary."""
    apart: str
    """The boundary of the pattern."""
    boundary: str
    """The boundary of its gate."""
    plain: bool
    """Whether no quote can belong to a value, so that what matches in a cell also matches in the record."""
    automaton: bytes
    fallback: bytes
    shared: tuple[SharedGate, ...]
    """Gates that it shares with others; its own then never passes."""
    tier: Tier
    precedence: int
    """Where two matches overlap, the lower number wins."""
    validator: Validator | None
    cues: re.Pattern[bytes] | None
    """Words of which one must stand before the value or name its column."""
    reject: tuple[bytes, ...]
    """Words directly before the value that say it is something else."""
    reject_before: re.Pattern[bytes] | None
    """What stands before a value that belongs to something longer, such as the address of a service."""
    reject_reach: int
    """Bytes before a value of which `reject_before` may speak."""
    reject_value: re.Pattern[bytes] | None
    window: int
    """Bytes before a match in which a cue counts."""
    reach: int
    """Bytes up to which a match in plain text goes on over the following lines; 0 where it never does."""
    column_names: tuple[str, ...]
    columns: re.Pattern[str] | None
    """Names of columns whose whole value is checked against `column_value`."""
    column_value: re.Pattern[bytes] | None
    entity: str
    """Presidio entity that decides; empty for our own detectors."""
    mask: Mask
    category: FrozenMap[str, str]

    @cached_property
    def exact(self) -> re.Pattern[bytes]:
        """The pattern that decides."""
        return patterns.exact(self.core, self.apart)

    @cached_property
    def group(self) -> int:
        """Group of `exact` that is the value; 0 for all of it."""
        return self.exact.groupindex.get("value", 0)

    @cached_property
    def opening(self) -> re.Pattern[bytes] | None:
        """Words of which one, in lower case, begins every match; None where a match may begin with anything."""
        return _opening(self.core)

    @cached_property
    def repeated(self) -> bool:
        """Whether long lists of words decide about a value, so that it pays to remember it."""
        return self.reject_value is not None or bool(self.shared)

    @cached_property
    def endings(self) -> Mapping[int, tuple[bytes, ...]]:
        """The words of `reject` by their last byte."""
        return _by_last_byte(self.reject)

    @cached_property
    def last_bytes(self) -> frozenset[int]:
        """Bytes with which the words of `reject`, and what may stand between them and a value, end before any marks."""
        bare = [word.rstrip(_MARKS) for word in (*self.reject, *_LINKS)]
        if not all(bare):
            return frozenset(range(256))
        ends = bytes(word[-1] for word in bare)
        return frozenset(ends + ends.upper())

    @cached_property
    def refusing(self) -> bool:
        """Whether what stands before a value may say that it is something else."""
        return bool(self.reject) or self.reject_before is not None

    @property
    def id(self) -> str:
        """Name and version, as evidence shows it."""
        return f"{self.type}@{self.version}"

    def search(self, text: bytes, lower: bytes, position: int) -> re.Match[bytes] | None:
        """Return the first match from `position` on; `lower` is the text in lower case."""
        if self.opening is None:
            return self.exact.search(text, position)
        while (word := self.opening.search(lower, position)) is not None:
            found = self.exact.match(text, word.start())
            if found is not None:
                return found
            position = word.start() + 1
        return None

    def holds(self, value: bytes) -> bool:
        """Say whether the value itself is one, by its check digits and structure."""
        if self.validator is not None and not self.validator(value):
            return False
        return self.reject_value is None or self.reject_value.fullmatch(value) is None

    def refused(self, text: bytes, start: int, column: str) -> bool:
        """Say whether a word directly before the value, or the name of its column, says that it is something else."""
        if self.reject_before is not None and self.reject_before.search(
            text[max(0, start - self.reject_reach) : start]
        ):
            return True
        if not self.reject:
            return False
        if column and announced(column_words(column), self.endings):
            return True
        at, least = start - 1, max(0, start - WINDOW)
        while at >= least and text[at] in _MARKS:
            at -= 1
        if at < least or text[at] not in self.last_bytes:
            return False  # told from one byte, because it is asked of every number
        return announced(text[least:start].rpartition(b"\n")[2], self.endings)

    def expected_at(self, text: bytes, start: int, column: str) -> bool:
        """Say whether a cue stands before the value or names its column, where one must."""
        if self.cues is None:
            return True
        before = text[max(0, start - self.window) : start].rpartition(b"\n")[2]
        return bool(self.cues.search(before) or self.cues.search(column_words(column)))

    def fills(self, value: bytes) -> bool:
        """Say whether a whole value is what a column named for this type should hold."""
        if self.column_value is None or self.column_value.fullmatch(value) is None:
            return False
        if self.reject_value is not None and self.reject_value.fullmatch(value) is not None:
            return False
        return self.validator is None or self.validator(value)

    def names(self, column: str) -> bool:
        """Say whether a column of that name is expected to hold this type."""
        if self.columns is None or len(column) > LONGEST_NAME:
            return False
        return self.columns.search(column_words(column).decode()) is not None


def announced(before: bytes, endings: Mapping[int, tuple[bytes, ...]]) -> bool:
    """Say whether one of the words stands directly before a value, with at most a few connectors between.

    Done by the ends of strings, because a search for forty words at every position would take most of a scan's time.
    """
    text = before.lower()
    for _ in range(_CONNECTED):
        if not text:
            return False
        ending = endings.get(text[-1], ())
        if text.endswith(ending) and any(text.endswith(word) and _whole(text, word) for word in ending):
            return True
        bare = text.rstrip(_MARKS)
        if bare == text:
            if text[-1] not in _LINK_ENDS or not text.endswith(_LINKS):
                return False
            bare = text[: -len(next(link for link in _LINKS if text.endswith(link)))]
        text = bare
    return False


def _by_last_byte(words: tuple[bytes, ...]) -> Mapping[int, tuple[bytes, ...]]:
    return {last: tuple(word for word in words if word[-1] == last) for last in {word[-1] for word in words}}


def _whole(text: bytes, word: bytes) -> bool:
    """Say whether a word at the end of the text is not the end of a longer one."""
    return not word.isascii() or not text[: -len(word)][-1:].isalpha()


@lru_cache(maxsize=1024)
def column_words(column: str) -> bytes:
    """Return the name of a column in lower-case words: `contactName` and `contact_name` become `contact name`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column[-LONGEST_NAME:])
    return re.sub(r"[_\-. /]{1,4}", " ", words).lower().encode(errors="replace")


def _opening(core: bytes) -> re.Pattern[bytes] | None:
    words = shortest(prefixes(core))
    plain = all(len(word) >= _OPENING and not word[:1].isdigit() for word in words)
    return re.compile(tree(words)) if plain else None
