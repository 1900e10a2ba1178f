"""One error of a JSON Schema validator as a sentence about the user's file."""

from __future__ import annotations

import difflib
import re
from functools import reduce
from typing import TYPE_CHECKING, Any

from aigov.i18n import Message, msg
from aigov.load.node import pointer, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema.exceptions import ValidationError

    from aigov.errors import InputError
    from aigov.load.document import Document

_PERSONAL = ("/metadata/owner", "/author", "/approved_by")
_KIND = ("/apiVersion", "/kind")
_LIMITS = {
    "minimum": "schema.minimum",
    "maximum": "schema.maximum",
    "exclusiveMinimum": "schema.above",
    "exclusiveMaximum": "schema.below",
    "minItems": "schema.min-items",
    "maxItems": "schema.max-items",
}


def explain(error: ValidationError, document: Document, schema: str) -> Iterator[InputError]:
    """Yield what is wrong: one error, or one a key where several are unknown."""
    error = _deepest(error)
    at = pointer(*error.absolute_path)
    where: Message | str = shorten(at) if at else msg("schema.root")
    match error.validator:
        case "required":
            for key in _absent(error):
                yield document.error(msg("schema.required", where=where, key=key), at)
        case "additionalProperties":
            yield from _unknown_keys(error, document, at)
        case "propertyNames":
            yield document.error(msg("schema.bad-key", where=where, expected=str(error.validator_value)), at)
        case _:
            value = _shown(error.instance, personal=_personal(at, schema))
            expected, hint = _expected(error)
            yield document.error(msg("schema.wrong", where=where, value=value, expected=expected), at, hint)


def near(word: str, known: Iterable[str]) -> Message | None:
    """Return `did you mean …`, or None where nothing is near."""
    close = difflib.get_close_matches(word.lower(), tuple(known), n=1, cutoff=0.6)
    return msg("schema.did-you-mean", word=close[0]) if close else None


def _personal(at: str, schema: str) -> bool:
    """Return whether text at a place may name a person: anything in a record, and who owns or approves."""
    return (schema == "record" and at not in _KIND) or any(part in at for part in _PERSONAL)


def _deepest(error: ValidationError) -> ValidationError:
    """Follow `anyOf` to the branch that the author meant: the one whose kind of value fits."""
    while error.validator == "anyOf" and error.context and not _comment(error.schema):
        fitting = [branch for branch in error.context if branch.validator != "type" or branch.path]
        if not fitting:
            return error
        error = max(fitting, key=lambda branch: len(branch.absolute_path))
    return error


def _unknown_keys(error: ValidationError, document: Document, at: str) -> Iterator[InputError]:
    schema: Any = error.schema  # a JSON Schema that is a dictionary: it has `additionalProperties`
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    instance: Any = error.instance
    for key in instance:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        hint = near(key, known) or msg("schema.known-keys", keys=tuple(known))
        yield document.error(msg("schema.unknown-key", key=shorten(key)), at + pointer(key), hint)


def _expected(error: ValidationError) -> tuple[Message, Message | None]:
    """Return what would have been right, and a hint where the mistake is a common one."""
    rule, kind = _rule(error), str(error.validator)
    if kind == "enum":
        words = tuple(str(word) for word in rule)
        return msg("schema.one-of", words=words), near(error.instance, words) if isinstance(
            error.instance, str
        ) else None
    if kind in {"type", "anyOf"} and not _comment(error.schema):
        types = _types(error)
        return _any_of(tuple(msg(f"schema.type.{name}") for name in types)), _quote(error, types)
    return _limit(kind, rule, _comment(error.schema)), None


def _any_of(options: tuple[Message, ...]) -> Message:
    """Return the options as one phrase, joined by `or`."""
    return reduce(lambda one, other: msg("schema.or", one=one, other=other), options or (msg("schema.type.null"),))


def _limit(kind: str, rule: Any, comment: str) -> Message:  # whatever the schema's keyword takes
    match kind:
        case "const":
            return msg("schema.const", word=str(rule))
        case _ if comment:
            return msg(comment)
        case "minLength":
            return msg("schema.some-text")
        case "format":
            return msg("schema.date")
        case _ if kind in _LIMITS:
            return msg(_LIMITS[kind], limit=rule)
        case _:
            return msg("schema.rule", rule=kind, value=shorten(str(rule)))


def _absent(error: ValidationError) -> list[str]:
    there: Any = error.instance  # a mapping: it has `required`
    return [key for key in _rule(error) if key not in there]


def _rule(error: ValidationError) -> Any:  # whatever the schema's keyword takes
    return error.validator_value


def _comment(schema: Any) -> str:  # a JSON Schema: a dictionary or a truth value
    """Return the message id that the schema gives in `$comment` for what it expects."""
    return str(schema.get("$comment", "")) if isinstance(schema, dict) else ""


def _types(error: ValidationError) -> tuple[str, ...]:
    """Return the JSON types that would have been right."""
    if error.validator == "anyOf":
        return tuple(dict.fromkeys(name for branch in error.context or () for name in _types(branch)))
    if error.validator != "type":
        return ()
    wanted = _rule(error)
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def _quote(error: ValidationError, types: tuple[str, ...]) -> Message | None:
    """Say that quotes make text of what looks like something else, `version: 1.10` above all."""
    if "string" in types and isinstance(error.instance, bool | int | float):
        return msg("schema.quote")
    return None


def _shown(value: object, *, personal: bool) -> Message | str:
    """Return a value for a message: shortened, and text that may be personal only by its length."""
    match value:
        case str() if personal:
            return msg("schema.value.text", length=len(value))
        case str():
            return f"“{shorten(value)}”"
        case bool() | int() | float():
            return shorten(str(value).lower())
        case list():
            return msg("schema.value.list", length=len(value))
        case _:
            return msg("schema.value.nothing" if value is None else "schema.value.mapping")
