"""The shape of a pattern: its lengths and separators with any digit or letter; automata of it are small and shared."""

from __future__ import annotations

import re
import re._constants as ops  # type: ignore[import-not-found]  # the standard library's own, which has no stubs
import re._parser as parser  # type: ignore[import-not-found]  # as above
from typing import Any

_LAST_REPEAT = re.compile(rb"\{([1-9][0-9]*),[0-9]*\}\??(\)*)\Z")
_RUN_BEHIND = re.compile(rb"\[\^\\n\]\{[01],([0-9]+)\}(\[(?!\^)(?:[^\]\\]|\\.)+\])(\{[0-9]+\}\)*)\Z")
_GAP = re.compile(rb"\[\^\\n\]\{([01]),([0-9]+)\}")
_WIDE = 20
"""Symbols from which on an automaton does not count how many stand between a word and what it announces."""
_DIGITS = frozenset(b"0123456789")
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

Part = tuple[bytes, int, int]
"""A symbol or a group, and how often it stands at least and at most."""


class NoShapeError(ValueError):
    """The pattern holds something that has no shape, such as a negated class."""


def shape(pattern: bytes, boundary: str) -> bytes:
    """Return a pattern that matches wherever this one does; at `word` boundaries letters and digits are one.

    Raises:
        NoShapeError: see the class.
    """
    return _written(_parts(parser.parse(pattern), boundary))


def trimmed(gate: bytes, after: bytes) -> bytes:
    """Return a gate that does not look at more of what repeats at its end than it must, nor at its boundary `after`.

    It matches in every line in which the other does, and reports one end instead of many.
    """
    found = _LAST_REPEAT.search(gate.removesuffix(after))
    if found is None:
        return gate
    return gate[: found.start()] + b"{%b}%b" % (found[1], found[2])


def once_a_run(gate: bytes) -> bytes:
    """Return a gate that looks for a run of symbols somewhere behind a word where the run begins, so that it ends once.

    It matches in every line in which the other does: a run that is long enough begins at once or behind another symbol.
    """
    found = _RUN_BEHIND.search(gate)
    if found is None:
        return gate
    most, symbols, rest = found.groups()
    return gate[: found.start()] + b"(?:[^\\n]{0,%b}[^\\n%b])?%b%b" % (most, symbols[1:-1], symbols, rest)


def uncounted(gate: bytes) -> bytes:
    """Return a gate that bears any distance on the line where the other one bears a long one; it has fewer states."""
    return _GAP.sub(lambda gap: b"[^\\n]" + b"*+"[gap[1] == b"1" :][:1] if int(gap[2]) >= _WIDE else gap[0], gate)


def _parts(nodes: Any, boundary: str) -> list[Part]:  # a parsed pattern of the standard library
    parts: list[Part] = []
    for op, argument in nodes:
        for symbol, least, most in _node(op, argument, boundary):
            if parts and parts[-1][0] == symbol:
                _, before_least, before_most = parts.pop()
                parts.append((symbol, before_least + least, before_most + most))
            else:
                parts.append((symbol, least, most))
    return parts


def _node(op: Any, argument: Any, boundary: str) -> list[Part]:  # as above
    match op:
        case ops.LITERAL:
            return [(_symbol(frozenset({argument}), boundary), 1, 1)]
        case ops.IN:
            return [(_symbol(_members(argument), boundary), 1, 1)]
        case ops.MAX_REPEAT | ops.MIN_REPEAT if argument[1] is not ops.MAXREPEAT:
            return _repeated(argument[0], argument[1], _parts(argument[2], boundary))
        case ops.SUBPATTERN if not argument[1] and not argument[2]:
            return _parts(argument[3], boundary)
        case ops.BRANCH:
            return _either([_parts(option, boundary) for option in argument[1]])
        case ops.ASSERT | ops.ASSERT_NOT:
            return []
        case _:
            raise NoShapeError(op)


def _either(options: list[list[Part]]) -> list[Part]:
    if all(option == options[0] for option in options):
        return options[0]
    return [(b"(?:" + b"|".join(sorted({_written(option) for option in options})) + b")", 1, 1)]


def _repeated(least: int, most: int, parts: list[Part]) -> list[Part]:
    if len(parts) == 1 and parts[0][1] == parts[0][2]:
        symbol, each, _ = parts[0]
        if each == 1 or least == most:
            return [(symbol, least * each, most * each)]
    return [(b"(?:" + _written(parts) + b")", least, most)]


def _written(parts: list[Part]) -> bytes:
    return b"".join(
        symbol if (least, most) == (1, 1) else symbol + b"{%d,%d}" % (least, most) for symbol, least, most in parts
    )


def _members(argument: Any) -> frozenset[int]:  # as above
    found: set[int] = set()
    for op, value in argument:
        match op:
            case ops.LITERAL:
                found.add(value)
            case ops.RANGE:
                found.update(range(value[0], value[1] + 1))
            case _:
                raise NoShapeError(op)
    return frozenset(found)


def _symbol(members: frozenset[int], boundary: str) -> bytes:
    """Return the widest class of the kind that the members are of."""
    if members <= _DIGITS and boundary != "word":
        return b"[0-9]"
    if members <= _LETTERS and boundary != "word":
        return b"[A-Za-z]"
    if members <= _DIGITS | _LETTERS:
        return b"[0-9A-Za-z]"
    return b"[" + b"".join(b"\\x%02x" % member for member in sorted(members)) + b"]"
