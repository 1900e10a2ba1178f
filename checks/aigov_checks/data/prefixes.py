"""The bytes with which a pattern must begin, as a tree of literals: what lets `re` skip most of a block."""

from __future__ import annotations

import re._constants as ops  # type: ignore[import-not-found]  # the standard library's own, which has no stubs
import re._parser as parser  # type: ignore[import-not-found]  # as above
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 9
"""Bytes of a prefix; three Chinese characters tell cues apart."""
_SET = 6
"""Bytes of a class that is written out."""
_MOST = 2000

Opening = tuple[frozenset[bytes], frozenset[bytes]]
"""Prefixes that are finished, and those to which what follows may be added."""


def prefixes(pattern: bytes) -> frozenset[bytes]:
    """Return lower-case strings of which one begins every match, whatever its case; holds `b""` where there is none."""
    done, growing = _sequence(parser.parse(pattern), frozenset({b""}))
    return done | growing


def suffixes(pattern: bytes) -> frozenset[bytes]:
    """Return lower-case strings of which one ends every match, whatever its case; holds `b""` where there is none."""
    done, growing = _sequence(parser.parse(pattern), frozenset({b""}), backwards=True)
    return done | growing


def tree(words: Iterable[bytes]) -> bytes:
    """Return a pattern that matches the words of `shortest`, whose first bytes `re` looks for with a table."""
    return _branch(shortest(words), 0)


def shortest(words: Iterable[bytes]) -> list[bytes]:
    """Return the words without those that begin with another one, sorted."""
    kept: list[bytes] = []
    for word in sorted(set(words)):
        if not kept or not word.startswith(kept[-1]):
            kept.append(word)
    return kept


def _branch(words: Sequence[bytes], depth: int) -> bytes:
    """Return the pattern of what follows `depth` common bytes; the words are sorted, and none begins another."""
    parts = []
    for first in dict.fromkeys(word[depth] for word in words):
        below = [word for word in words if word[depth] == first]
        rest = b"" if len(below[0]) == depth + 1 else _branch(below, depth + 1)
        parts.append(rb"\x%02x" % first + rest)
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"


def _sequence(nodes: Any, growing: frozenset[bytes], *, backwards: bool = False) -> Opening:
    """Return what a parsed pattern of the standard library makes of the strings that still grow."""
    finished: frozenset[bytes] = frozenset()
    for literal, run in groupby(reversed(nodes) if backwards else nodes, _is_literal):
        found = list(run)
        steps = [(ops.LITERAL, [value for _, value in found])] if literal else found
        for op, argument in steps:
            done, growing = _node(op, argument, growing, backwards)
            long = frozenset(word for word in growing if len(word) >= _LONGEST)
            finished, growing = finished | done | long, growing - long
            if not growing:
                return finished, growing
    return finished, growing


def _is_literal(node: tuple[Any, Any]) -> bool:
    return node[0] is ops.LITERAL


def _followed_by_all(growing: frozenset[bytes], text: bytes, backwards: bool) -> frozenset[bytes]:  # noqa: FBT001
    """Return the strings with a text behind them, or before them in its reversed order, as long as they may be."""
    if backwards:
        return frozenset((text[::-1] + word)[-_LONGEST:] for word in growing)
    return frozenset((word + text)[:_LONGEST] for word in growing)


def _node(op: Any, argument: Any, growing: frozenset[bytes], backwards: bool) -> Opening:  # noqa: FBT001  # as above
    """Return what one node makes of the strings that still grow."""
    if op is ops.LITERAL:
        return frozenset(), _followed_by_all(growing, bytes(argument).lower(), backwards)
    if op is ops.IN and (members := _members(argument)):
        return frozenset(), _followed(growing, members, backwards)
    if op is ops.SUBPATTERN:
        return _sequence(argument[3], growing, backwards=backwards)
    if op in {ops.MAX_REPEAT, ops.MIN_REPEAT} and argument[1] == 1:
        done, still = _sequence(argument[2], growing, backwards=backwards)
        return (done, still | growing) if len(still) <= _MOST else (growing, frozenset())
    if op is ops.BRANCH:
        found = [_sequence(option, growing, backwards=backwards) for option in argument[1]]
        done = frozenset().union(*(one for one, _ in found))
        still = frozenset().union(*(other for _, other in found))
        return (done, still) if len(still) <= _MOST else (done | growing, frozenset())
    return (frozenset(), growing) if op in {ops.ASSERT, ops.ASSERT_NOT} else (growing, frozenset())


def _members(argument: Any) -> list[int]:  # as above
    """Return the bytes of a small class, or nothing."""
    if any(op is not ops.LITERAL for op, _ in argument) or len(argument) > _SET:
        return []
    return [value for _, value in argument]


def _followed(growing: frozenset[bytes], values: Sequence[int], backwards: bool) -> frozenset[bytes]:  # noqa: FBT001
    ends = [bytes([value]).lower() for value in values]
    return frozenset(end + word if backwards else word + end for word in growing for end in ends)
