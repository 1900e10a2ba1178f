"""Presidio's recognizers with their check digits, called directly: no engine, no network; context where it is given."""

from __future__ import annotations

import importlib.util
import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from aigov import MissingExtraError, UnsupportedInputError, msg, need
from aigov_checks.data import ner
from aigov_checks.data.asked import NER, Asked, read, write
from aigov_checks.data.presidio_offline import offline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT = ("CRYPTO", "IT_FISCAL_CODE")
"""Entities whose structure and check digit together reject serial numbers."""
_MODULE = "presidio_analyzer"
_PREDEFINED = "presidio_analyzer.predefined_recognizers"
_SURE = 0.4
"""Presidio's own recommended threshold; below it its patterns match any number."""


def require(entities: Sequence[str]) -> None:
    """Say early that Presidio or a model is missing or knows no such entity; for the default ones without importing it.

    Raises:
        MissingExtraError: it is not installed.
        UnsupportedInputError: see `spans`.
    """
    asked = [read(word) for word in entities]
    if any(one.name != NER for one in asked) and importlib.util.find_spec(_MODULE) is None:
        raise MissingExtraError.of(_MODULE, "pii")
    for one in asked:
        if one.pipeline:
            ner.require(one.pipeline)
        if one.name != NER and one.name not in DEFAULT:
            _recognizers(one)


def spans(entity: str, value: bytes) -> Iterator[tuple[int, int]]:
    """Return the byte ranges in which Presidio's recognizers of `entity`, or a language model, accept the value.

    Raises:
        UnsupportedInputError: no recognizer of Presidio knows the entity, or the model is not there.
        MissingExtraError: Presidio is not installed.
    """
    asked = read(entity)
    text = value.decode("utf-8", "surrogateescape")
    found = ner.spans(asked, text) if asked.name == NER else _accepted(asked, text)
    for first, last in found:
        start = len(text[:first].encode("utf-8", "surrogateescape"))
        yield start, start + len(text[first:last].encode("utf-8", "surrogateescape"))


def of_countries(countries: Sequence[str]) -> tuple[str, ...]:
    """Return the entities of the recognizers that validate what they match, for countries such as `us` or `de`.

    Raises:
        UnsupportedInputError: Presidio has no recognizer for a country.
        MissingExtraError: Presidio is not installed.
    """
    if not countries:
        return ()
    kinds = [kind for kind in _classes() if _validates(kind)]
    known = {_country(kind) for kind in kinds} - {""}
    for country in countries:
        if country.lower() not in known:
            raise UnsupportedInputError(msg("data.presidio-country", country=country, known=tuple(sorted(known))))
    wanted = {country.lower() for country in countries}
    return tuple(dict.fromkeys(_entity(kind) for kind in kinds if _country(kind) in wanted))


def _accepted(asked: Asked, text: str) -> Iterator[tuple[int, int]]:
    recognizers = _recognizers(asked)
    results = [result for recognizer in recognizers for result in recognizer.analyze(text, [asked.name], None)]
    if asked.pipeline and results:
        results = _in_context(asked.pipeline, text, results, recognizers)
    yield from ((result.start, result.end) for result in results if result.score >= _SURE)


def _in_context(pipeline: str, text: str, results: list[Any], recognizers: Sequence[Any]) -> list[Any]:  # untyped
    """Return results with the score that the words before them give, by Presidio's own enhancer."""
    nlp = ner.spacy_pipeline(pipeline)
    if nlp is None:
        return results
    enhancer = need("presidio_analyzer.context_aware_enhancers", "pii").LemmaContextAwareEnhancer()
    engine = need("presidio_analyzer.nlp_engine", "pii").SpacyNlpEngine()
    engine.nlp = {nlp.lang: _WithLemmas(nlp)}
    raised: list[Any] = enhancer.enhance_using_context(
        text, results, engine.process_text(text, nlp.lang), list(recognizers)
    )
    return raised


class _WithLemmas:
    """A spaCy pipeline whose words are their own lemma where it makes none, as Chinese ones do."""

    def __init__(self, nlp: Any) -> None:  # spaCy has no types here
        self.nlp = nlp
        self.vocab = nlp.vocab

    def __call__(self, text: str) -> Any:  # spaCy has no types here
        doc = self.nlp(text)
        for token in doc:
            token.lemma_ = token.lemma_ or token.lower_
        return doc


@cache
def _recognizers(asked: Asked) -> tuple[Any, ...]:  # presidio has no types
    found = tuple(
        recognizer
        for kind in _classes()
        for recognizer in [offline(kind, asked.options)]
        if asked.name in recognizer.supported_entities
    )
    if not found:
        raise UnsupportedInputError(msg("data.presidio-unknown", entity=write(asked.name)))
    return found


@cache
def _classes() -> tuple[Any, ...]:  # presidio has no types
    """Return the classes that need no model: patterns, and telephone numbers by `phonenumbers`."""
    base = need(_MODULE, "pii").PatternRecognizer
    predefined = need(_PREDEFINED, "pii")
    classes: list[Any] = [kind for _, kind in inspect.getmembers(predefined, inspect.isclass)]
    patterns = [kind for kind in classes if issubclass(kind, base) and kind is not base]
    return tuple(kind for kind in (*patterns, predefined.PhoneRecognizer) if not inspect.isabstract(kind))


def _validates(kind: Any) -> bool:  # as above
    base = need(_MODULE, "pii").PatternRecognizer
    return kind is not base and any(
        getattr(kind, name, None) is not getattr(base, name) for name in ("validate_result", "invalidate_result")
    )


def _country(kind: Any) -> str:  # as above
    return str(getattr(kind, "COUNTRY_CODE", None) or "").lower()


def _entity(kind: Any) -> str:  # as above
    return str(kind().supported_entities[0])
