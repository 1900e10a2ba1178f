"""JSON as cells with their byte offsets: a tokenizer without recursion, in which duplicate keys stay."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.data.cells import Cell, utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from mmap import mmap

DEEPEST = 256
"""Levels of nesting beyond which a document is read as plain text."""
_TOKEN = re.compile(
    rb'[ \t\r\n]*(?:(?P<string>"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+")|'
    rb"(?P<number>-?[0-9][0-9.eE+-]*)|(?P<word>true|false|null)|(?P<mark>[\[\]{},:]))",
)
_END = re.compile(rb"[ \t\r\n]*")


class JsonError(ValueError):
    """The text is no JSON, or deeper than `DEEPEST`."""


@dataclass(slots=True)
class _Level:
    """One open array or object: the index of the next item, or the key of the next value."""

    array: bool
    index: int = 0
    key: str | None = None
    expects: str = "first"
    """`first` item or close, `value`, `colon`, `key`, or `next` comma or close."""


@dataclass(slots=True)
class _Walk:
    """Where the reader is: open levels, records seen, newlines passed."""

    levels: list[_Level] = field(default_factory=list)
    record: int = 0
    newlines: int = 0
    counted: int = 0
    opens: bool = False
    """Whether the items of a top-level array are records."""
    many: bool = False
    """Whether such an array is open or was the last."""


def line_cells(line: bytes, known: AbstractSet[bytes] = frozenset()) -> Iterator[Cell]:
    """Yield every key, string and number of the one document of a line with its pointer; duplicate keys stay.

    Keys that are written as one of the `known` are left out.

    Raises:
        JsonError: see the class; cells before the error were already yielded.
    """
    return _cells(line, _Walk(), known)


def document_cells(text: bytes | mmap, known: AbstractSet[bytes] = frozenset()) -> Iterator[Cell]:
    """Yield the cells of a whole file; the items of a top-level array, or several documents in a row, are records.

    Keys that are written as one of the `known` are left out, which may grow meanwhile.

    Raises:
        JsonError: see the class; cells before the error were already yielded.
    """
    return _cells(text, _Walk(opens=True), known)


def _cells(text: bytes | mmap, walk: _Walk, known: AbstractSet[bytes]) -> Iterator[Cell]:
    position = 3 if text[:3] == BOM_UTF8 else 0
    while (found := _TOKEN.match(text, position)) is not None:
        kind, token = found.lastgroup or "", found[found.lastgroup or 0]
        start = found.start(kind)
        position = found.end()
        if kind == "mark":
            _mark(walk, token)
        elif kind == "string" and _is_key(walk):
            walk.levels[-1].key, walk.levels[-1].expects = _unquote(token), "colon"
            if token[1:-1] not in known:
                yield _cell(walk, text, kind, token, start)._replace(column="", key=True)
        else:
            _may_follow(walk)
            if kind != "word":
                yield _cell(walk, text, kind, token, start)
            _close_value(walk)
    tail = _END.match(text, position)
    if walk.levels or (tail.end() if tail else position) != len(text):
        raise JsonError(position)


def _is_key(walk: _Walk) -> bool:
    return bool(walk.levels) and not walk.levels[-1].array and walk.levels[-1].expects in {"first", "key"}


def _may_follow(walk: _Walk) -> None:
    """Check that a value may stand here."""
    if walk.levels:
        level = walk.levels[-1]
        if level.expects != "value" and not (level.array and level.expects == "first"):
            raise JsonError(level.expects)
    elif walk.record and not walk.opens:
        raise JsonError(walk.record)


def _close_value(walk: _Walk) -> None:
    if walk.levels:
        walk.levels[-1].expects = "next"
    else:
        walk.record += 1


def _mark(walk: _Walk, mark: bytes) -> None:
    if mark in b"[{":
        _open(walk, mark)
        return
    if not walk.levels:
        raise JsonError(mark)
    level = walk.levels[-1]
    if mark in b"]}":
        _close(walk, mark)
    elif mark == b":" and level.expects == "colon":
        level.expects = "value"
    elif mark == b"," and level.expects == "next":
        level.index += 1
        level.expects = "value" if level.array else "key"
    else:
        raise JsonError(mark)


def _open(walk: _Walk, mark: bytes) -> None:
    _may_follow(walk)
    if not walk.levels:
        walk.many = walk.opens and mark == b"["
    walk.levels.append(_Level(array=mark == b"["))
    if len(walk.levels) > DEEPEST:
        raise JsonError(len(walk.levels))


def _close(walk: _Walk, mark: bytes) -> None:
    level = walk.levels.pop()
    if level.array != (mark == b"]") or level.expects not in {"first", "next"}:
        raise JsonError(mark)
    if not walk.levels and walk.many:
        walk.record += level.index + (level.expects == "next") - 1
    _close_value(walk)


def _cell(walk: _Walk, text: bytes | mmap, kind: str, token: bytes, start: int) -> Cell:
    walk.newlines += text[walk.counted : start].count(b"\n")
    walk.counted = start
    levels = walk.levels[1:] if walk.many else walk.levels
    record = walk.record + (walk.levels[0].index if walk.many and walk.levels else 0)
    pointer = "".join("/" + _step(level) for level in levels)
    column = next((level.key for level in reversed(levels) if not level.array and level.key is not None), "")
    if kind == "number":
        return Cell(token, pointer, column, start, walk.newlines, record)
    if b"\\" in token:
        return Cell(utf8(_unquote(token)), pointer, column, None, walk.newlines, record)
    return Cell(token[1:-1], pointer, column, start + 1, walk.newlines, record)


def _step(level: _Level) -> str:
    return str(level.index) if level.array else (level.key or "").replace("~", "~0").replace("/", "~1")


def _unquote(token: bytes) -> str:
    if b"\\" not in token:
        return token[1:-1].decode("utf-8", "surrogateescape")
    try:
        return str(json.loads(token.decode("utf-8", "surrogateescape"), strict=False))
    except ValueError as error:
        raise JsonError(token[:0]) from error
