"""JSON as it is written, with some of its keys and values replaced and every other byte as it was."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from aigov_checks.data.cells import Cell, utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from mmap import mmap

    from aigov_checks.data.redact.values import Edit

_TOKEN = re.compile(rb'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"|-?[0-9][0-9.eE+-]*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNIT = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]+", re.DOTALL
)


def tokens_of(text: bytes | mmap) -> Iterator[tuple[int, bytes]]:
    """Yield where each key, string and number begins, with its text; of valid JSON only."""
    for found in _TOKEN.finditer(text):
        yield found.start(), found[0]


def json_edits(
    text: bytes | mmap, cells: Iterable[Cell], edits_of: Callable[[Cell], list[Edit]]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield the ranges of the text that change with their new bytes; `cells` are those of the same text, in order."""
    for (start, token), cell in zip(tokens_of(text), cells, strict=True):
        edits = edits_of(cell)
        if not edits:
            continue
        if token[:1] == b'"':
            yield from _in_string(start, token, edits)
        else:
            yield start, start + len(token), _number(token.decode(), edits)


def _number(token: str, edits: list[Edit]) -> bytes:
    """Return what takes the place of a number: a number where it still is one, else a string, or null for nothing."""
    text = token
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    if not text:
        return b"null"
    return text.encode() if _NUMBER.fullmatch(text) else json.dumps(text).encode()


def _in_string(start: int, token: bytes, edits: list[Edit]) -> Iterator[tuple[int, int, bytes]]:
    """Yield the edits of a decoded string as edits of its token; escapes that are not touched stay as they are."""
    raws, values = _offsets(token[1:-1])
    for edit in edits:
        begin, end = _raw(raws, values, edit.start, up=False), _raw(raws, values, edit.end, up=True)
        text = json.dumps(edit.text, ensure_ascii=token.isascii())[1:-1]
        yield start + 1 + begin, start + 1 + end, utf8(text)


def _offsets(inner: bytes) -> tuple[list[int], list[int]]:
    """Return where each unit begins, an escape or a run without, as it is written and as it is decoded."""
    raws, values = [0], [0]
    for unit in _UNIT.findall(inner):
        raws.append(raws[-1] + len(unit))
        values.append(values[-1] + _length(unit))
    return raws, values


def _length(unit: bytes) -> int:
    if unit[:1] != b"\\":
        return len(unit)
    return len(utf8(json.loads(b'"' + unit + b'"', strict=False)))


def _raw(raws: list[int], values: list[int], at: int, *, up: bool) -> int:
    """Return where a position of the decoded string is written; within an escape, where that begins or ends."""
    index = min(bisect_right(values, at) - 1, len(raws) - 2)
    if index < 0:
        return 0
    inside = at - values[index]
    size, written = values[index + 1] - values[index], raws[index + 1] - raws[index]
    if inside == 0:
        return raws[index]
    if size == written:
        return raws[index] + inside
    return raws[index + 1] if up else raws[index]
