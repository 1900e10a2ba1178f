"""The tools that are scored: aigov through its command line, and peers where they are installed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .labels import Corpus, Place, Span
from .matching import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EVERY_OCCURRENCE = 10_000_000
CLEAN, FOUND, PARTLY = 0, 1, 3
"""Exit codes of `aigov check` with a result on stdout."""

PRESIDIO_LEAST_SCORE = 0.4
"""Below it Presidio's patterns are guesses that wait for context words; its own advice is to leave them out."""
PRESIDIO_TYPES = {
    "CREDIT_CARD": "bank-card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip-address",
    "US_SSN": "us.ssn",
}
PRESIDIO_NOT_PERSONAL = frozenset({"DATE_TIME", "URL", "UUID", "MAC_ADDRESS"})
"""Entities that this benchmark has no labels for; they count neither for nor against Presidio."""


@dataclass(frozen=True, slots=True)
class ToolError(Exception):
    """A tool did not run."""

    reason: str


def aigov(folder: Path, check: str) -> Iterator[Finding]:
    """Yield what `aigov check CHECK` reports for the files of the folder."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("aigov", path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    if program is None:
        raise ToolError("aigov is neither beside the interpreter nor on PATH")
    command = [program, "check", check, ".", "--format", "jsonl", "--lang", "en"]
    command += ["-p", f"max_listed={EVERY_OCCURRENCE}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (CLEAN, FOUND, PARTLY):
        raise ToolError(f"{check}: exit code {done.returncode}: {done.stderr[-1000:]}")
    if done.returncode == PARTLY:
        print(f"{check} did not cover everything: {done.stderr[-1000:]}", file=sys.stderr)
    if done.returncode == PARTLY and not done.stdout:
        raise ToolError(f"{check} was not performed; run it with --format table to see why")
    for line in done.stdout.splitlines():
        occurrence = json.loads(line)
        place = Place(occurrence["path"], occurrence["record"], occurrence["pointer"])
        yield Finding(place, Span(occurrence["start"], occurrence["end"]), occurrence["type"])


def presidio(corpus: Corpus) -> Iterator[Finding]:
    """Yield what the regex recognizers of Presidio find in each value; no model, no network."""
    from presidio_analyzer import PatternRecognizer, RecognizerRegistry

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    recognizers = [each for each in registry.recognizers if isinstance(each, PatternRecognizer)]
    for recognizer in recognizers:
        if "EMAIL_ADDRESS" in recognizer.supported_entities:
            recognizer.validate_result = lambda _text: None  # it would resolve host names
    for place, text in corpus.values.items():
        results = [result for each in recognizers for result in each.analyze(text, each.supported_entities, None)]
        for result in results:
            if result.score >= PRESIDIO_LEAST_SCORE and result.entity_type not in PRESIDIO_NOT_PERSONAL:
                yield Finding(
                    place, Span(result.start, result.end), PRESIDIO_TYPES.get(result.entity_type, result.entity_type)
                )


def scrubadub(corpus: Corpus) -> Iterator[Finding]:
    """Yield what scrubadub finds with the detectors that it starts with."""
    from scrubadub import Scrubber

    scrubber = Scrubber()
    for place, text in corpus.values.items():
        for filth in scrubber.iter_filth(text):
            yield Finding(place, Span(filth.beg, filth.end), filth.type)


def detect_secrets(corpus: Corpus) -> Iterator[Finding]:
    """Yield what detect-secrets finds with all its plugins."""
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    with default_settings():
        for place, text in corpus.values.items():
            for secret in scan_line(text):
                value = secret.secret_value or ""
                start = text.find(value)
                if value and start >= 0:
                    yield Finding(place, Span(start, start + len(value)), secret.type)


PEERS: Mapping[str, Callable[[Corpus], Iterator[Finding]]] = {
    "presidio_analyzer": presidio,
    "scrubadub": scrubadub,
    "detect_secrets": detect_secrets,
}
"""By the package that must be importable."""


def installed() -> tuple[str, ...]:
    """Return the peers that can be run here."""
    return tuple(name for name in PEERS if importlib.util.find_spec(name))
