"""Presidio's regex recognizers without a language model: as its engine runs them, and called directly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from speed_bench.timing import rate

if TYPE_CHECKING:
    from collections.abc import Sequence


def rates(lines: Sequence[str]) -> tuple[float, float]:
    """Return bytes a CPU second of `AnalyzerEngine.analyze` and of its recognizers called one by one."""
    recognizers, engine = presidio()
    size = len("\n".join(lines).encode())
    whole = rate(lambda: [engine.analyze(line, "en") for line in lines], size, times=2)
    bare = rate(
        lambda: [r.analyze(line, r.supported_entities, None) for line in lines for r in recognizers], size, times=2
    )
    return whole, bare


def presidio() -> tuple[list[Any], Any]:  # presidio has no types
    """Return Presidio's default English regex recognizers, and an engine with them and its phone recognizer."""
    from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    found = [r for r in registry.recognizers if isinstance(r, PatternRecognizer)]
    for recognizer in found:
        if "EMAIL_ADDRESS" in recognizer.supported_entities:
            recognizer.validate_result = lambda _text: None  # it would resolve host names
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    return found, AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])
