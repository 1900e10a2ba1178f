"""Pointers as reports may show them: the keys of JSON and names of columns can be what was looked for."""

from __future__ import annotations

import re
from functools import lru_cache

from aigov.redact import mask
from aigov_checks.data.cells import utf8
from aigov_checks.data.detectors import load
from aigov_checks.data.keys import matches_in_key
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.recognise import EVERY, Recogniser

_REMEMBERED = 10_000
_INDEX = re.compile(r"[0-9]{1,9}")
_DATA = re.compile(r"[0-9]{5}|@")
"""What is masked whole, whatever it is."""
_NAME = re.compile(r"(?:[A-Za-z_-]{0,40}|[A-Za-z0-9_-]{0,16})", re.ASCII)
"""What no detector finds anything in, as there are no five digits in a row."""
_SECRET = re.compile(rb"[!-~]{4}")
"""What every secret has."""
_LONGEST = 200
"""Characters of a pointer that are shown; a line without a newline is a header of megabytes."""


def shown(pointer: str | None) -> str | None:
    """Return a pointer in which every step that looks like a value is masked, and every value in another one.

    So is the step at which a long pointer is cut, whatever it looks like.
    """
    return None if pointer is None else _masked(_cut(pointer))


def column_of(pointer: str | None) -> str:
    """Return the column of a pointer: the items of a list are one, and so are the members under keys that are data."""
    return "" if pointer is None else _column(_cut(pointer))


def _cut(pointer: str) -> str:
    if len(pointer) <= _LONGEST:
        return pointer
    before, slash, last = pointer[:_LONGEST].rpartition("/")
    return before + slash + mask(last)


@lru_cache(maxsize=_REMEMBERED)
def _masked(pointer: str) -> str:
    return "/".join(map(_shown, pointer.split("/")))


@lru_cache(maxsize=_REMEMBERED)
def _column(pointer: str) -> str:
    first, *steps = pointer.split("/")
    return "/".join([_shown(first), *("*" if _is_data(step) else step for step in steps)])


def _is_data(step: str) -> bool:
    return _INDEX.fullmatch(step) is not None or _shown(step) != step


def _shown(step: str) -> str:
    if _DATA.search(step):
        return mask(step)
    return step if _NAME.fullmatch(step) else _without_values(step)


def _without_values(step: str) -> str:
    raw = utf8(step.replace("~1", "/").replace("~0", "~"))
    found = list(matches_in_key(_recogniser("pii"), raw, EVERY))
    if _SECRET.search(raw):
        found += matches_in_key(_recogniser("secrets"), raw, EVERY)
    if not found:
        return step
    values = [raw[match.start : match.end] for match in found]
    for match in found:
        raw = raw[: match.start] + b"*" * (match.end - match.start) + raw[match.end :]
    for value in values:  # it may stand there once more, where nothing announces it
        raw = raw.replace(value, b"*" * len(value))
    return raw.decode("utf-8", "replace").replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=2)
def _recogniser(family: str) -> Recogniser:
    return Recogniser(load(family, DEFAULT) if family == "pii" else load(family))
