"""What a tool missed and what it reported wrongly, to improve it on a split that is open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .labels import Corpus, Kind
from .matching import Match, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = 4
"""Misses that are listed a row and template."""
WIDTH = 160


def lines(corpus: Corpus, match: Match) -> Iterator[str]:
    """Yield labels that nothing found and findings that met nothing, a few a row and template."""
    yield "#### Missed\n"
    seen: Counter[tuple[str, str]] = Counter()
    for label, findings in match.found.items():
        if findings or label.meaning.kind not in (Kind.TRUE, Kind.APART):
            continue
        key = (label.meaning.row, label.template)
        seen[key] += 1
        if seen[key] <= SHOWN:
            text, span = corpus.values[label.place], label.span
            yield f"- {label.meaning.row} [{label.template}] `{text[span.start : span.end]}` in `{text[:WIDTH]}`"
    yield "\n#### False\n"
    for met in match.met:
        if met.outcome is Outcome.FALSE:
            text, span = corpus.values.get(met.finding.place, ""), met.finding.span
            kinds = ", ".join(label.meaning.row for label in met.labels) or "no label"
            shown = f"`{text[span.start : span.end]}` in `{text[:WIDTH]}`"
            yield f"- {met.finding.type} on {kinds} [{met.template}]: {shown}"
