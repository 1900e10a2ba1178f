"""A template becomes text with labels: `{type}` true, `{!kind}` negative, `{?kind}` neutral, `{~word}` filler.

`[[one|two]]` stands for one of its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .fillers import fill
from .labels import Meaning, Span
from .meanings import MAKERS

if TYPE_CHECKING:
    from .draw import Draw

PLACEHOLDER = re.compile(r"\{([!?~]?)([a-z][\w.-]*)\}")
CHOICE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text with the spans that carry a meaning."""

    text: str
    spans: tuple[tuple[Span, Meaning], ...]


def render(pattern: str, draw: Draw, meanings: Mapping[str, Meaning]) -> Rendered:
    """Return the pattern filled in; an unknown placeholder raises KeyError."""
    chosen = CHOICE.sub(lambda match: draw.one(*match[1].split("|")), pattern)
    text, spans, place = "", [], 0
    for match in PLACEHOLDER.finditer(chosen):
        text += chosen[place : match.start()]
        sign, name = match.groups()
        value = fill(draw, name) if sign == "~" else MAKERS[sign][name](draw)
        if sign != "~":
            spans.append((Span(len(text), len(text) + len(value)), meanings[sign + name]))
        text, place = text + value, match.end()
    return Rendered(text + chosen[place:], tuple(spans))


def names(body: object) -> Iterator[str]:
    """Yield the placeholders of a template, signs included."""
    for _, pattern in leaves(body, ""):
        for sign, name in PLACEHOLDER.findall(pattern):
            yield sign + name


def leaves(body: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield pointer (RFC 6901) and pattern of every text in what a JSON line holds."""
    match body:
        case str():
            yield pointer, body
        case Mapping():
            for key, value in body.items():
                escaped = str(key).replace("~", "~0").replace("/", "~1")
                yield from leaves(value, f"{pointer}/{escaped}")
        case list():
            for place, value in enumerate(body):
                yield from leaves(value, f"{pointer}/{place}")
        case _:
            pass


def filled(body: object, texts: Iterator[str]) -> object:
    """Return the body with its texts replaced in the order of `leaves`."""
    match body:
        case str():
            return next(texts)
        case Mapping():
            return {key: filled(value, texts) for key, value in body.items()}
        case list():
            return [filled(value, texts) for value in body]
        case _:
            return body
