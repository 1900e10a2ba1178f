"""Documents against the JSON Schemas of their kinds, with errors that name line, value and what was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from aigov.errors import InputError
from aigov.i18n import Message, msg
from aigov.load.node import pointer
from aigov.load.problem import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import Draft202012Validator

    from aigov.load.document import Document

SCHEMAS = ("assessment", "observation", "occurrence", "policy", "record", "subject", "waivers")

_MOST = 1_000
"""Problems after which a file is bad enough."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of that name, one of `SCHEMAS`, as plain JSON."""
    text = files("aigov").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def validate(document: Document, schema: str) -> None:
    """Do nothing where the document is what the schema says.

    Raises:
        InputError: the first problem by line; its hint says how many more there are.
    """
    found = problems(document, schema)
    if not found:
        return
    first = found[0]
    if len(found) == 1:
        raise first
    hint = msg("schema.more", count=len(found) - 1)
    raise InputError(first.message, first.place, msg("schema.hints", one=first.hint, two=hint) if first.hint else hint)


def problems(document: Document, schema: str) -> tuple[InputError, ...]:
    """Return every problem of the document (1,000 at most), in the order of lines."""
    return tuple(problem for _, problem in located_problems(document, schema))


def located_problems(document: Document, schema: str) -> tuple[tuple[str, InputError], ...]:
    """Return every problem of the document with its JSON pointer (1,000 at most), in the order of lines."""
    found: dict[tuple[str, Message], tuple[str, InputError]] = {}
    for at, problem in islice(_explained(document, schema), _MOST):
        found.setdefault((at, problem.message), (at, problem))
    return tuple(sorted(found.values(), key=lambda entry: (entry[1].place.line or 0) if entry[1].place else 0))


def _explained(document: Document, schema: str) -> Iterator[tuple[str, InputError]]:
    for error in _validator(schema).iter_errors(thaw(document.value)):
        at = pointer(*error.absolute_path)
        for problem in explain(error, document, schema):
            yield at, problem


def thaw(value: object) -> Any:  # a JSON value
    """Return the value as plain JSON: dictionaries, lists, and dates as text."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker  # keeps `aigov --help` fast

    formats = FormatChecker(formats=())
    formats.checks("date", raises=ValueError)(_is_date)
    return Draft202012Validator(schema_of(name), format_checker=formats)


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_DATE.fullmatch(value)) and bool(date.fromisoformat(value))
