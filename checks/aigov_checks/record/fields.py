"""Values of a record, each with its JSON pointer, read without trusting that anything has its type."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigov import Location, MissingInputError, Quantity, Subject, UnsupportedInputError, msg
from aigov.load.node import pointer as pointer_of
from aigov.load.node import shorten
from aigov.model import FrozenMap, Record

_LARGEST = 10**18
"""Whole numbers beyond this are no count of anything; their digits alone could fill a report."""


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a record; `value` is None where nothing stands there."""

    value: Any  # as parsed from YAML
    pointer: str = ""

    def child(self, *keys: str) -> Field:
        """Return what stands under these keys, one below the other."""
        here = self
        for key in keys:
            inside = here.value.get(key) if isinstance(here.value, Mapping) else None
            here = Field(inside, here.pointer + pointer_of(key))
        return here

    def items(self) -> Iterator[Field]:
        """Iterate over the items of a list; nothing where it is no list."""
        if isinstance(self.value, list | tuple):
            for index, item in enumerate(self.value):
                yield Field(item, f"{self.pointer}/{index}")

    @property
    def present(self) -> bool:
        """Whether anything stands here."""
        return self.value is not None

    @property
    def text(self) -> str | None:
        """The value where it is text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def whole(self) -> int | None:
        """The value where it is a whole number of a size that a count can have."""
        known = isinstance(self.value, int) and not isinstance(self.value, bool)
        return self.value if known and abs(self.value) <= _LARGEST else None

    @property
    def number(self) -> float | None:
        """The value where it is a finite number."""
        if isinstance(self.value, float):
            return self.value if math.isfinite(self.value) else None
        return None if self.whole is None else float(self.whole)

    @property
    def shown(self) -> str:
        """The value for a sentence: one line, printable, short."""
        match self.value:
            case str():
                return shorten(self.value)
            case bool() | float() | None:
                return str(self.value)
            case int():
                return str(self.value) if abs(self.value) <= _LARGEST else "…"
            case list() | tuple():
                return (
                    "[" + ", ".join(Field(item).shown for item in self.value[:8]) + "]" if _flat(self.value) else "[…]"
                )
            case _:
                return "…"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A record with the way back from a JSON pointer to a line."""

    root: Field
    path: str
    lines: Mapping[str, int]

    def names_of(self, path: str) -> tuple[str, str]:
        """Return how reports may call a file that the record names: seen from the subject, or from the record."""
        beside = posixpath.join(posixpath.dirname(self.path), path)
        return posixpath.normpath(path), posixpath.normpath(beside)

    def locate(self, pointer: str) -> Location:
        """Return the place of a pointer, with the line of the nearest thing that stands there."""
        known = pointer
        while known and known not in self.lines:
            known = known.rpartition("/")[0]
        return Location(self.path, line=self.lines.get(known), pointer=pointer)


def sheet_of(subject: Subject) -> Sheet:
    """Return the subject's record.

    Raises:
        MissingInputError: the subject has none, or its file is absent.
        UnsupportedInputError: the file holds something other than a mapping.
    """
    record = record_of(subject)
    if record.document is None:
        raise UnsupportedInputError(msg("record.not-a-mapping", path=shown_path(record)))
    return Sheet(Field(record.document), shown_path(record), record.lines)


def record_of(subject: Subject) -> Record:
    """Return the record as loaded, whatever it holds.

    Raises:
        MissingInputError: the subject has none, or its file is absent.
    """
    if subject.record is None:
        raise MissingInputError(msg("record.none", subject=subject.name))
    if subject.record.absent is not None:
        raise MissingInputError(subject.record.absent)
    return subject.record


def shown_path(record: Record) -> str:
    """Return how reports call the record's file."""
    return record.found[0].name if record.found else record.declared or "record"


def named(field: Field) -> str:
    """Return the field's name of a model or data set for a sentence, or its pointer where it has none."""
    name = field.child("name").text
    return shorten(name) if name else shorten(field.pointer)


def shown_share(field: Field) -> Quantity | str:
    """Return a declared share for a sentence, or what stands there instead of a number."""
    return shorten(field.shown) if field.number is None else Quantity(field.number, "ratio")


def _flat(values: list[Any] | tuple[Any, ...]) -> bool:  # as parsed from YAML
    return not any(isinstance(value, Mapping | list | tuple | FrozenMap) for value in values)
