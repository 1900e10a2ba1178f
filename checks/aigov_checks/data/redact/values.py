"""One decoded value to the same without what both families of detectors find in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from aigov_checks.data.cells import Cell, utf8
from aigov_checks.data.detectors import load
from aigov_checks.data.keys import Plain, matches_in_cell
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.recognise import EVERY, Match, Recogniser
from aigov_checks.data.redact.replace import Replacer
from aigov_checks.data.scan_columns import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable


_DEEPEST = 64


class Edit(NamedTuple):
    """A range of bytes and the text that takes its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Ranges in order that do not overlap, such as those of secrets, which come before personal data."""

    ranges: Sequence[tuple[int, int]]

    def overlaps(self, start: int, end: int) -> bool:
        """Say whether a range overlaps one of them."""
        at = bisect_left(self.ranges, (end, end)) - 1
        return at >= 0 and self.ranges[at][1] > start


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Both families; where they overlap a secret is replaced whole."""

    secrets: Recogniser
    pii: Recogniser
    replacer: Replacer
    plain: Plain = field(default_factory=Plain)
    """Keys in which there is nothing to replace."""

    @classmethod
    def of(cls, replacer: Replacer) -> Cleaner:
        """Return a cleaner with every detector that the checks have by default."""
        return cls(Recogniser(load("secrets")), Recogniser(load("pii", DEFAULT)), replacer)

    def edits(self, value: bytes, column: str) -> list[Edit]:
        """Return what must be replaced in a value of a column, in order."""
        return self.edits_of(Cell(value, None, column, None))

    def edits_of(self, cell: Cell) -> list[Edit]:
        """Return what must be replaced in a value or in a key, in order."""
        if cell.key and cell.value.decode("utf-8", "surrogateescape") in self.plain.words:
            return []
        secrets = matches_in_cell(self.secrets, cell, EVERY)
        taken = Taken([(match.start, match.end) for match in secrets])
        found = [(match, True) for match in secrets]
        found += [
            (match, False)
            for match in matches_in_cell(self.pii, cell, EVERY)
            if not taken.overlaps(match.start, match.end)
        ]
        if cell.key and not found:
            self.plain.add(cell.value)
        ordered = sorted(found, key=lambda item: item[0].start)
        return [Edit(match.start, match.end, self._text(cell, match, secret=secret)) for match, secret in ordered]

    def text(self, value: bytes, column: str) -> bytes:
        """Return a text without what was found; the same object where nothing was."""
        edits = self.edits(value, column)
        return applied(value, edits) if edits else value

    def value(self, value: object, column: str, depth: int = 0) -> object:
        """Return a value of a table without what was found; the same object where nothing was.

        A number of which text would remain becomes None.
        """
        if isinstance(value, Mapping) and depth < _DEEPEST:
            items = {key: self.value(item, column, depth + 1) for key, item in value.items()}
            return items if any(items[key] is not item for key, item in value.items()) else value
        if isinstance(value, list | tuple) and depth < _DEEPEST:
            made = [self.value(item, column, depth + 1) for item in value]
            return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
        return self._scalar(value, column)

    def _scalar(self, value: object, column: str) -> object:
        text = text_of(value)
        new = self.text(text, column) if text else text
        if new is text or new is None:
            return value
        if isinstance(value, bytes):
            return new
        if isinstance(value, str):
            return new.decode("utf-8", "replace")
        return type(value)(int(new)) if new.isdigit() else None  # type: ignore[call-arg]  # a number

    def _text(self, cell: Cell, match: Match, *, secret: bool) -> str:
        original = cell.value[match.start : match.end].decode("utf-8", "replace")
        replace = self.replacer.replace_in_key if cell.key else self.replacer.replace
        return replace(match.detector, original, secret=secret)


def applied(value: bytes, edits: Sequence[Edit]) -> bytes:
    """Return bytes with the edits made; they are in order and do not overlap."""
    return b"".join(_pieces(value, edits))


def _pieces(value: bytes, edits: Sequence[Edit]) -> Iterable[bytes]:
    at = 0
    for edit in edits:
        yield value[at : edit.start]
        yield utf8(edit.text)
        at = edit.end
    yield value[at:]
