"""Presidio's pattern recognizers with their check digits, called directly: no engine, no language model, no network."""

from __future__ import annotations

import importlib.util
import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from aigov import MissingExtraError, UnsupportedInputError, msg, need

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT = ("CRYPTO", "IT_FISCAL_CODE")
"""Entities whose structure and check digit together reject serial numbers."""
_MODULE = "presidio_analyzer"
_SURE = 0.4
"""Presidio's own recommended threshold; below it its patterns match any number."""
_NETWORKED = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "URL"})
"""Entities left to our detectors: Presidio resolves host names for them or knows no Chinese region."""


def require(entities: Sequence[str]) -> None:
    """Say early that Presidio is missing or knows no such entity; for the default ones without importing it.

    Raises:
        MissingExtraError: it is not installed.
        UnsupportedInputError: see `spans`.
    """
    if entities and importlib.util.find_spec(_MODULE) is None:
        raise MissingExtraError.of(_MODULE, "pii")
    for entity in entities:
        if entity not in DEFAULT:
            _recognizers(entity)


def spans(entity: str, value: bytes) -> Iterator[tuple[int, int]]:
    """Return the byte ranges in which Presidio's recognizers of `entity` accept the value.

    Raises:
        UnsupportedInputError: no pattern recognizer of Presidio knows the entity, or it would need the network.
        MissingExtraError: Presidio is not installed.
    """
    text = value.decode("utf-8", "surrogateescape")
    for recognizer in _recognizers(entity):
        for result in recognizer.analyze(text, [entity], None):
            if result.score >= _SURE:
                start = len(text[: result.start].encode("utf-8", "surrogateescape"))
                yield start, start + len(text[result.start : result.end].encode("utf-8", "surrogateescape"))


@cache
def _recognizers(entity: str) -> tuple[Any, ...]:  # presidio has no types
    if entity in _NETWORKED:
        raise UnsupportedInputError(msg("data.presidio-own", entity=entity))
    pattern_recognizer = need(_MODULE, "pii").PatternRecognizer
    predefined = need("presidio_analyzer.predefined_recognizers", "pii")
    classes: list[Any] = [kind for _, kind in inspect.getmembers(predefined, inspect.isclass)]
    kinds = [kind for kind in classes if issubclass(kind, pattern_recognizer) and not inspect.isabstract(kind)]
    found: tuple[Any, ...] = tuple(
        recognizer
        for kind in kinds
        if kind is not pattern_recognizer
        for recognizer in [kind()]
        if entity in recognizer.supported_entities
    )
    if not found:
        raise UnsupportedInputError(msg("data.presidio-unknown", entity=entity))
    return found
