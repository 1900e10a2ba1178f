"""Our detectors as recognizers of Presidio, for whoever has its analyzer and wants Chinese identifiers and secrets."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aigov import Tier, need
from aigov_checks.data import gate
from aigov_checks.data.detectors import load
from aigov_checks.data.recognise import Recogniser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.data.detector import Detector

_SCORES = {Tier.VERIFIED: 1.0, Tier.FORMAT: 0.6, Tier.CONTEXT: 0.5}
_FAMILIES = ("pii", "secrets")


def recognizers(language: str = "en", families: Sequence[str] = _FAMILIES) -> list[Any]:  # presidio has no types
    """Return one `EntityRecognizer` a family, to be added to a registry: `registry.add_recognizer(...)`.

    Entities are our types in Presidio's spelling (`CN_RESIDENT_ID`, `GITHUB_TOKEN`). Scores say the tier: 1.0 for a
    check digit, 0.6 for structure alone, 0.5 for words around the value; no language model is needed.

    Raises:
        MissingExtraError: Presidio is not installed.
    """
    return [_recognizer_class()(family, language) for family in families]


def entity_of(type_: str) -> str:
    """Return the name of a type as Presidio spells names: `cn.resident-id` is `CN_RESIDENT_ID`."""
    return type_.upper().replace(".", "_").replace("-", "_")


def find(text: str, detectors: tuple[Detector, ...]) -> list[tuple[int, int, Detector]]:
    """Return character ranges and detectors of every match in a text, line by line."""
    data = text.encode("utf-8", "surrogatepass")
    recogniser = Recogniser(detectors)
    found: list[tuple[int, int, Detector]] = []
    at = chars = 0
    for begin, stop, mask in gate.lines(gate.make(detectors, "text", gate.best_engine()), data):
        for match in recogniser.find(data[begin:stop], "", mask):
            start, end = begin + match.start, begin + match.end
            chars += _characters(data[at:start])
            at = start
            found.append((chars, chars + _characters(data[start:end]), match.detector))
    return found


def _characters(data: bytes) -> int:
    return len(data.decode("utf-8", "surrogatepass"))


@cache
def _recognizer_class() -> Any:  # the base is known only when Presidio is there
    analyzer = need("presidio_analyzer", "pii")

    class AigovRecognizer(analyzer.EntityRecognizer):  # type: ignore[misc,name-defined]  # presidio has no types
        """All detectors of one family at once, by the engine of `data.pii`."""

        def __init__(self, family: str, language: str) -> None:
            self.detectors = load(family)
            entities = sorted({entity_of(detector.type) for detector in self.detectors})
            super().__init__(supported_entities=entities, supported_language=language, name=f"aigov-{family}")

        def load(self) -> None:
            """Do nothing: detectors are data."""

        def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: object = None) -> list[Any]:
            """Return a result for each match of an entity that is asked for."""
            del nlp_artifacts
            wanted = tuple(one for one in self.detectors if not entities or entity_of(one.type) in entities)
            return [self._result(start, end, detector) for start, end, detector in find(text, wanted)]

        def _result(self, start: int, end: int, detector: Detector) -> Any:  # presidio has no types
            score = _SCORES[detector.tier]
            reason = analyzer.AnalysisExplanation(recognizer=self.name, original_score=score, pattern_name=detector.id)
            keys = analyzer.RecognizerResult
            about = {keys.RECOGNIZER_NAME_KEY: self.name, keys.RECOGNIZER_IDENTIFIER_KEY: self.id}
            return analyzer.RecognizerResult(entity_of(detector.type), start, end, score, reason, about)

    return AigovRecognizer
