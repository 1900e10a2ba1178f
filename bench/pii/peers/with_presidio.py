"""Presidio: the recognizers that it loads for English, no language model; `--region CN` adds telephones of China."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import tldextract
from presidio_analyzer import EntityRecognizer, RecognizerRegistry
from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer
from values import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_SCORE = 0.4
"""Below it Presidio's patterns are guesses that wait for context words; its own advice is to leave them out."""


def recognizers(regions: list[str]) -> list[EntityRecognizer]:
    """Return the recognizers that need no model."""
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    kept = [each for each in registry.recognizers if not isinstance(each, SpacyRecognizer)]
    if not regions:
        return kept
    phones = PhoneRecognizer(supported_regions=(*PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS, *regions))
    return [phones if isinstance(each, PhoneRecognizer) else each for each in kept]


def main() -> None:
    """Scan standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--region", action="append", default=[])
    loaded = recognizers(parser.parse_args().region)
    shipped_list = tldextract.TLDExtract(suffix_list_urls=())  # the first e-mail address would ask the network for one
    tldextract.tldextract.TLD_EXTRACTOR = shipped_list

    def find(text: str) -> Iterator[tuple[int, int, str]]:
        for recognizer in loaded:
            for result in recognizer.analyze(text, recognizer.supported_entities, None):
                if result.score >= LEAST_SCORE:
                    yield result.start, result.end, result.entity_type

    scan("presidio-analyzer", find)


if __name__ == "__main__":
    main()
