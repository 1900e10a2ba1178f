"""Which fields a policy requires, and whether anything stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aigov import UnsupportedInputError, msg
from aigov.load.node import pointer as pointer_of
from aigov.load.node import shorten
from aigov_checks.record.fields import Field
from aigov_checks.record.placeholders import placeholder

EVERY = "*"
_MOST_PATTERNS = 1_000
_MOST_FIELDS = 100_000


def required_fields(root: Field, patterns: Sequence[str]) -> tuple[Field, ...]:
    """Return every required field once, in the order of the patterns.

    A pattern is a JSON pointer (RFC 6901) in which `*` stands for every item of a list. A list that is missing or empty
    is itself what is missing: its field keeps the `*`.

    Raises:
        UnsupportedInputError: a pattern is no JSON pointer, or there are too many of them or of the fields they name.
    """
    if len(patterns) > _MOST_PATTERNS:
        raise UnsupportedInputError(msg("record.too-many-required", limit=_MOST_PATTERNS))
    found: dict[str, Field] = {}
    for pattern in patterns:
        if not pattern.startswith("/"):
            raise UnsupportedInputError(msg("record.bad-pointer", pointer=shorten(pattern)))
        for field in _expand(root, _keys(pattern)):
            found.setdefault(field.pointer, field)
        if len(found) > _MOST_FIELDS:
            raise UnsupportedInputError(msg("record.too-many-required", limit=_MOST_FIELDS))
    return tuple(found.values())


def filled(field: Field) -> bool:
    """Return whether a field says something: not nothing, not blank, not empty and no placeholder."""
    match field.value:
        case None:
            return False
        case str():
            return bool(field.value.strip()) and placeholder(field.value) is None
        case Mapping():
            return any(filled(Field(value)) for value in field.value.values())
        case list() | tuple():
            return any(filled(Field(value)) for value in field.value)
        case _:
            return True


def _keys(pattern: str) -> tuple[str, ...]:
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pattern[1:].split("/"))


def _expand(root: Field, keys: tuple[str, ...]) -> list[Field]:
    fields = [root]
    for depth, key in enumerate(keys):
        fields = [found for field in fields for found in _step(field, key, keys[depth:])]
    return fields


def _step(field: Field, key: str, rest: tuple[str, ...]) -> list[Field]:
    """Return what one key of a pattern leads to; a list with nothing in it is missing with all that should follow."""
    if key != EVERY:
        return [_child(field, key)]
    items = list(field.items())
    return items or [Field(None, field.pointer + pointer_of(rest[0]))]


def _child(field: Field, key: str) -> Field:
    if isinstance(field.value, list | tuple):
        inside = field.value[int(key)] if key.isascii() and key.isdecimal() and int(key) < len(field.value) else None
        return Field(inside, field.pointer + pointer_of(key))
    return field.child(key)
