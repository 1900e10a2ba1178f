"""What the benchmark is made of: templates, labelled values and the corpus of one split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a label says about its span."""

    TRUE = "true"
    """Personal data or a secret: to be found."""
    APART = "apart"
    """Personal data that needs a language model: to be found, reported in a table of its own."""
    NEGATIVE = "negative"
    """A hard negative: not to be reported."""
    NEUTRAL = "neutral"
    """May be reported, need not be."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one placeholder of the templates stands for."""

    kind: Kind
    type: str
    row: str
    """Row of the tables; a type may have several, such as names with and without a cue."""
    check_digit: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One record as a pattern; `body` is text, a mapping of columns, or what a JSON line holds."""

    id: str
    form: str
    file: str
    encoding: str
    body: object


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a value, end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """One value: file, number of the record from 0, and pointer (RFC 6901), column, or None in text."""

    file: str
    record: int
    pointer: str | None


@dataclass(frozen=True, slots=True)
class Label:
    """One span with its meaning. In text a value of several lines has further spans on the records that follow."""

    place: Place
    span: Span
    meaning: Meaning
    template: str
    more: tuple[tuple[Place, Span], ...] = ()

    def spans(self) -> tuple[tuple[Place, Span], ...]:
        """Return every place with its span, the first first."""
        return (self.place, self.span), *self.more


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files, the values in them with the templates that they come from, and their labels."""

    files: Mapping[str, bytes]
    values: Mapping[Place, str]
    templates: Mapping[Place, str]
    labels: tuple[Label, ...]
