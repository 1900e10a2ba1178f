"""What a plain YAML scalar means: the core schema of YAML 1.2, without the traps of YAML 1.1."""

from __future__ import annotations

import math
import re
from datetime import date

Scalar = str | int | float | bool | date | None

MAX_DIGITS = 64
"""Digits of an integer beyond which it is no quantity; Python's own conversion is quadratic."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,9})?", re.ASCII)
_NON_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_KINDS = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None), "timestamp": date}


class NotANumberError(ValueError):
    """A number that no quantity has: infinite, not a number, or of too many digits."""


def plain(text: str) -> Scalar:
    """Return the value of an unquoted scalar.

    Only `true` and `false` are truth values: `NO`, `on` and `y` stay text, as do `007` (YAML 1.1: octal), `12:30`
    (sexagesimal), `1_000` and whatever else is no decimal number. `2026-01-07` is a date; a time is text.

    Raises:
        NotANumberError: `.inf`, `.nan`, `1e999`, or more than 64 digits.
    """
    if text in _NULLS:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise NotANumberError(text)
        return int(text)
    if _DATE.fullmatch(text):
        return _date_or_text(text)
    return _float_or_text(text)


def tagged(kind: str, text: str) -> Scalar:
    """Return the value of a scalar with an explicit tag such as `!!str` or `!!int`.

    Raises:
        ValueError: the text is not of that kind, or the kind is none of the core schema's.
    """
    if kind == "str":
        return text
    value = plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    if kind not in _KINDS or type(value) is not _KINDS[kind]:
        raise ValueError(kind)
    return value


def _date_or_text(text: str) -> Scalar:
    try:
        return date.fromisoformat(text)
    except ValueError:  # 2026-13-45 is refused where a date is asked for, with the text that was written
        return text


def _float_or_text(text: str) -> Scalar:
    if _NON_FINITE.fullmatch(text):
        raise NotANumberError(text)
    if not _FLOAT.fullmatch(text):
        return text
    value = float(text)
    if not math.isfinite(value):
        raise NotANumberError(text)
    return value
