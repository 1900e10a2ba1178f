"""Protobuf messages of known kinds, one after the other, without recursion and without generated code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError
from aigov_checks.model.serialization.limits import MAX_FIELDS, MAX_MESSAGES, MAX_NAME
from aigov_checks.model.serialization.protobuf import BYTES, BrokenWireError, Field, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXT, NUMBER = "text", "number"
Schema = dict[str, dict[int, str]]
"""Message to field number to `text`, `number` or the name of a message; fields that are not named are stepped over."""


@dataclass(slots=True)
class Seen:
    """One message that was read to its end."""

    kind: str
    start: int
    end: int
    depth: int
    texts: dict[int, list[str]] = field(default_factory=dict)
    numbers: dict[int, list[int]] = field(default_factory=dict)

    def text(self, number: int) -> str:
        """Return the last text of a field; empty where there is none."""
        return self.texts.get(number, [""])[-1]


def walk(data: memoryview, root: str, schema: Mapping[str, Mapping[int, str]]) -> Iterator[Seen]:
    """Yield every message of a known kind, the outermost first; siblings may come in any order.

    Raises:
        BrokenFileError: one is cut, nested too deep, or has a field of the wrong type.
    """
    pending = [Seen(root, 0, len(data), 0)]
    left = MAX_FIELDS
    while pending:
        message = pending.pop()
        if message.depth > MAX_MESSAGES or left < 0:
            raise BrokenFileError(message.start)
        inner: list[Seen] = []
        try:
            for entry in fields(data, message.start, message.end):
                left -= 1
                _keep(data, message, entry, schema[message.kind].get(entry.number), inner)
        except BrokenWireError as error:
            raise BrokenFileError(error.offset) from error
        yield message
        pending.extend(reversed(inner))


def _keep(data: memoryview, message: Seen, entry: Field, kind: str | None, inner: list[Seen]) -> None:
    if kind is None or (kind == NUMBER and entry.wire == BYTES):
        return
    if kind == NUMBER:
        message.numbers.setdefault(entry.number, []).append(entry.value)
    elif entry.wire != BYTES:
        raise BrokenFileError(entry.start)
    elif kind == TEXT:
        piece = bytes(data[entry.start : min(entry.end, entry.start + MAX_NAME)])
        message.texts.setdefault(entry.number, []).append(piece.decode("utf-8", "replace"))
    else:
        inner.append(Seen(kind, entry.start, entry.end, message.depth + 1))


def top_fields(data: memoryview, most: int = 64) -> list[tuple[int, int, int, int]]:
    """Return number, wire type, start and end of the first fields; those before the first broken one."""
    found = []
    try:
        for entry in fields(data, 0, len(data)):
            found.append((entry.number, entry.wire, entry.start, entry.end))
            if len(found) == most:
                break
    except BrokenWireError:
        pass
    return found
