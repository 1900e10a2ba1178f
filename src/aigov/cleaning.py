"""The plugin contract for cleaning: how values are replaced, and what became of one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from aigov.i18n import FrozenMap, Message
from aigov.model import File


class Method(StrEnum):
    """What takes the place of a value."""

    MASK = "mask"
    """`*` for all but its ends, as in reports."""
    PSEUDONYM = "pseudonym"
    """A keyed token: equal values of one type have equal tokens, so that tables can still be joined."""
    FAKE = "fake"
    """A value of the same form with a valid check digit, from a range that is given to nobody."""
    DROP = "drop"
    """Nothing; the record stays, so that labels and row numbers still fit."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Which method is used for which type of value, and the key of pseudonyms and fakes."""

    default: Method
    methods: FrozenMap[str, Method] = field(default_factory=FrozenMap)
    key: bytes = field(default=b"", repr=False)

    def of(self, type_: str) -> Method:
        """Return the method for one type."""
        return self.methods.get(type_, self.default)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of one file."""

    values: FrozenMap[str, FrozenMap[str, int]] = field(default_factory=FrozenMap)
    """Type to what was really done to how many values; a fake that cannot be made is a pseudonym."""
    again: int = 0
    """Values that the detectors found once more after the first replacement, and that were then masked or dropped."""
    left_out: Message | None = None
    """Why no copy was written; None where there is one."""

    @property
    def total(self) -> int:
        """Values that were replaced."""
        return sum(sum(methods.values()) for methods in self.values.values())


@dataclass(frozen=True, slots=True)
class Redactor:
    """What a check hands out to clean files of what it finds; checks may share one."""

    clean: Callable[[File, Path, Cleaning], Cleaned]
    """Writes a copy of a file, without what is found in it, to a path that does not exist yet; its folder does.

    Whatever it does not replace stays as it was to the byte. Where it cannot promise that nothing is found in the copy
    it writes none and says why.
    """
    types: Callable[[], tuple[str, ...]]
    """Types of values that it replaces."""
