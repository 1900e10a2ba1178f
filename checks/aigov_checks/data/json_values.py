"""Keys and values of a line of JSON without their places, read in C: whether it is worth it to look for places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aigov_checks.data.cells import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

DEEPEST = 100
"""Levels beyond which the reader without recursion decides."""


class UnsureError(ValueError):
    """The line is no JSON, or so unusual that only `json_cells` can tell."""


class _Members(list[tuple[str, Any]]):
    """The members of an object, duplicates too."""


def line_values(line: bytes, known: AbstractSet[str]) -> Iterator[tuple[bytes, str | None]]:
    """Yield every key, string and number of a line of JSONL as `json_cells.line_cells` does.

    Beside a value is the nearest name above it, beside a key None; keys that are `known` are left out.

    Raises:
        UnsureError: see the class; values before the error were already yielded.
    """
    try:
        document = _DECODER.decode(line.decode())
    except (ValueError, RecursionError) as error:
        raise UnsureError from error
    yield from _values(document, "", known, 0)


def _values(
    value: Any,  # parsed JSON
    column: str,
    known: AbstractSet[str],
    depth: int,
) -> Iterator[tuple[bytes, str | None]]:
    if depth > DEEPEST:
        raise UnsureError(depth)
    if isinstance(value, str):
        yield utf8(value), column
    elif isinstance(value, _Members):
        for key, item in value:
            if key not in known:
                yield utf8(key), None
            yield from _values(item, key, known, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, column, known, depth + 1)


def _refuse(word: str) -> None:
    raise UnsureError(word)


_DECODER = json.JSONDecoder(object_pairs_hook=_Members, parse_int=str, parse_float=str, parse_constant=_refuse)
