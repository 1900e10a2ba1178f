"""Findings meet labels: the same file, record and pointer, and at least one character in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .labels import Corpus, Kind, Label, Place, Span


@dataclass(frozen=True, slots=True)
class Finding:
    """What a tool reported."""

    place: Place
    span: Span
    type: str
    tier: str | None = None


class Outcome(StrEnum):
    """What a finding met."""

    HIT = "hit"
    APART = "apart"
    NEUTRAL = "neutral"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Met:
    """A finding, its outcome and the labels that it overlaps."""

    finding: Finding
    outcome: Outcome
    labels: tuple[Label, ...]
    template: str
    """Template of the value in which it lies."""


@dataclass(frozen=True, slots=True)
class Match:
    """Every finding with what it met, and every label with what found it."""

    met: tuple[Met, ...]
    found: Mapping[Label, tuple[Finding, ...]]


ORDER = ((Kind.TRUE, Outcome.HIT), (Kind.APART, Outcome.APART), (Kind.NEUTRAL, Outcome.NEUTRAL))
"""A finding that overlaps several labels counts as the first of these."""
ELSEWHERE = "(elsewhere)"
"""Template of findings at places that the corpus does not have, such as the keys of JSON."""


def match(corpus: Corpus, findings: Iterable[Finding]) -> Match:
    """Return what met what. A hard negative counts as hit only by a finding that overlaps nothing better."""
    index: dict[Place, list[tuple[Span, Label]]] = defaultdict(list)
    for label in corpus.labels:
        for place, span in label.spans():
            index[place].append((span, label))
    met = tuple(_meet(finding, index.get(finding.place, ()), corpus.templates) for finding in findings)
    found: dict[Label, list[Finding]] = {label: [] for label in corpus.labels}
    for each in met:
        for label in each.labels:
            if label.meaning.kind is not Kind.NEGATIVE or each.outcome is Outcome.FALSE:
                found[label].append(each.finding)
    return Match(met, {label: tuple(several) for label, several in found.items()})


def _meet(finding: Finding, candidates: Iterable[tuple[Span, Label]], templates: Mapping[Place, str]) -> Met:
    span = finding.span
    labels = tuple(label for other, label in candidates if span.start < other.end and other.start < span.end)
    kinds = {label.meaning.kind for label in labels}
    outcome = next((outcome for kind, outcome in ORDER if kind in kinds), Outcome.FALSE)
    return Met(finding, outcome, labels, templates.get(finding.place, ELSEWHERE))


def exact(finding: Finding, label: Label) -> bool:
    """Return whether the spans are equal; of a value on several lines of text, whether they begin together."""
    if label.more:
        return finding.place == label.place and finding.span.start == label.span.start
    return finding.span == label.span
