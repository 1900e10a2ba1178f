"""Which bytes may stand at each of the first places of a match, read from the parse tree of a pattern."""

from __future__ import annotations

import re._constants as ops  # type: ignore[import-not-found]  # the standard library's own, which has no stubs
import re._parser as parser  # type: ignore[import-not-found]  # as above
from typing import Any

ANY = frozenset(range(256))
_DIGITS = frozenset(b"0123456789")
_WORD = _DIGITS | frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_SPACE = frozenset(b" \t\n\r\f\v")
_CATEGORIES = {
    ops.CATEGORY_DIGIT: _DIGITS,
    ops.CATEGORY_NOT_DIGIT: ANY - _DIGITS,
    ops.CATEGORY_WORD: _WORD,
    ops.CATEGORY_NOT_WORD: ANY - _WORD,
    ops.CATEGORY_SPACE: _SPACE,
    ops.CATEGORY_NOT_SPACE: ANY - _SPACE,
}
_IGNORE_CASE = int(ops.SRE_FLAG_IGNORECASE)

Places = frozenset[int]


def positions(pattern: bytes, width: int) -> list[frozenset[int]]:
    """Return for each of the first `width` bytes of a match, and of what follows a shorter one, those that it may be.

    A set may hold more bytes than there can be, never fewer; look-around narrows nothing.
    """
    parsed = parser.parse(pattern)
    return _positions(parsed, width, int(parsed.state.flags))


def options(pattern: bytes, width: int) -> list[list[frozenset[int]]]:
    """Return the positions of each alternative of a pattern apart."""
    parsed = parser.parse(pattern)
    return [_positions(nodes, width, flags) for nodes, flags in _options(list(parsed), int(parsed.state.flags))]


def _options(nodes: list[Any], flags: int) -> list[tuple[list[Any], int]]:  # a parsed pattern
    while len(nodes) > 1 and nodes[0][0] in {ops.ASSERT, ops.ASSERT_NOT}:
        nodes = nodes[1:]
    op, argument = nodes[0]
    if op is ops.SUBPATTERN and len(nodes) == 1:
        return _options(list(argument[3]), (flags | argument[1]) & ~argument[2])
    if op is ops.BRANCH and len(nodes) == 1:
        return [found for option in argument[1] for found in _options(list(option), flags)]
    return [(nodes, flags)]


def _positions(nodes: Any, width: int, flags: int) -> list[frozenset[int]]:  # as above
    found: list[set[int]] = [set() for _ in range(width)]
    for end in _sequence(nodes, frozenset({0}), found, flags):
        for place in range(end, width):
            found[place] |= ANY
    return [frozenset(one) for one in found]


def _sequence(nodes: Any, begins: Places, found: list[set[int]], flags: int) -> Places:  # a parsed pattern
    for op, argument in nodes:
        begins = _node(op, argument, begins, found, flags)
    return begins


def _node(op: Any, argument: Any, begins: Places, found: list[set[int]], flags: int) -> Places:  # as above
    """Note the bytes of a node that begins at some of these places, and return where it ends."""
    match op:
        case ops.ASSERT | ops.ASSERT_NOT | ops.AT:
            return begins
        case ops.SUBPATTERN:
            return _sequence(argument[3], begins, found, (flags | argument[1]) & ~argument[2])
        case ops.BRANCH:
            return frozenset().union(*(_sequence(option, begins, found, flags) for option in argument[1]))
        case ops.MAX_REPEAT | ops.MIN_REPEAT | ops.POSSESSIVE_REPEAT:
            return _repeated(argument, begins, found, flags)
        case _:
            members = _members(op, argument)
            if flags & _IGNORE_CASE:
                members |= frozenset(bytes(members).lower() + bytes(members).upper())
    for place in begins:
        found[place] |= members
    return frozenset(place + 1 for place in begins if place + 1 < len(found))


def _repeated(argument: Any, begins: Places, found: list[set[int]], flags: int) -> Places:  # as above
    least, most, nodes = argument
    ends = begins if not least else frozenset()
    for times in range(1, min(most, least + len(found)) + 1):
        begins = _sequence(nodes, begins, found, flags)
        if not begins:
            break
        if times >= least:
            ends |= begins
    return ends


def _members(op: Any, argument: Any) -> frozenset[int]:  # as above
    """Return the bytes of a node for a single one; all of them where it is of no known kind."""
    match op:
        case ops.LITERAL:
            return frozenset({argument})
        case ops.NOT_LITERAL:
            return ANY - {argument}
        case ops.RANGE:
            return frozenset(range(argument[0], argument[1] + 1))
        case ops.CATEGORY:
            return _CATEGORIES[argument]
        case ops.IN:
            negated = argument[0][0] is ops.NEGATE
            members = frozenset().union(*(_members(*one) for one in argument[negated:]))
            return ANY - members if negated else members
        case ops.ANY:
            return ANY
        case _:
            raise NotImplementedError(op)
