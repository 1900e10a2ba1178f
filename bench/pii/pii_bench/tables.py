"""The score as Markdown tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .labels import Kind, Meaning
from .matching import Match, Outcome, Row


@dataclass(frozen=True, slots=True)
class Score:
    """A match with what its names mean."""

    match: Match
    meanings: Mapping[str, Meaning]
    accepted: Mapping[str, tuple[str, ...]]

    def rows(self, *kinds: Kind) -> dict[str, Row]:
        """Return the rows of these kinds, by name."""
        wanted = {meaning.row for meaning in self.meanings.values() if meaning.kind in kinds}
        return {name: row for name, row in sorted(self.match.rows(self.accepted).items()) if name in wanted}

    def check_digit(self) -> tuple[Row, Counter[Outcome]]:
        """Return labels with a check digit and the findings that are reported under such a type."""
        meanings = [meaning for meaning in self.meanings.values() if meaning.check_digit]
        rows = self.match.rows(self.accepted)
        names = {name for meaning in meanings for name in self.accepted[meaning.type]}
        outcomes = (counts for name, counts in self.match.outcomes().items() if name in names)
        return _total(rows[row] for row in {m.row for m in meanings} if row in rows), sum(outcomes, Counter())

    def overall(self) -> tuple[Row, Counter[Outcome]]:
        """Return all that is not reported apart."""
        apart = {m.type for m in self.meanings.values() if m.kind is Kind.APART}
        apart -= {m.type for m in self.meanings.values() if m.kind is Kind.TRUE}
        outcomes = (counts for name, counts in self.match.outcomes().items() if name not in apart)
        return _total(self.rows(Kind.TRUE).values()), sum(outcomes, Counter())

    def unknown_types(self) -> list[str]:
        """Return names that the tool reports and `types.yaml` does not list."""
        known = {name for names in self.accepted.values() for name in names}
        return sorted(set(self.match.outcomes()) - known)


def _total(rows: Iterable[Row]) -> Row:
    return sum(rows, Row(0, 0, 0, 0))


def summary(score: Score) -> Iterator[str]:
    """Yield the totals."""
    yield "| | labels | recall | findings | precision |\n|---|--:|--:|--:|--:|"
    for name, (row, outcomes) in {"all types": score.overall(), "with a check digit": score.check_digit()}.items():
        good, bad = outcomes[Outcome.HIT], outcomes[Outcome.FALSE]
        yield f"| {name} | {row.labels} | {_share(row.found, row.labels)} | {good + bad} | {_share(good, good + bad)} |"
    negatives = _total(score.rows(Kind.NEGATIVE).values())
    share = _share(negatives.found, negatives.labels)
    yield f"\nHard negatives hit: {negatives.found} of {negatives.labels} ({share})."


def recall(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield recall by row."""
    yield "| type | labels | found | recall | exact span | exact type |\n|---|--:|--:|--:|--:|--:|"
    for name, row in rows.items():
        shares = " | ".join(_share(part, row.labels) for part in (row.found, row.exact, row.typed))
        yield f"| {name} | {row.labels} | {row.found} | {shares} |"


def precision(score: Score) -> Iterator[str]:
    """Yield precision by reported type; labels that are reported apart count as right."""
    yield "| reported type | findings | right | wrong | precision | not judged |\n|---|--:|--:|--:|--:|--:|"
    for name, counts in sorted(score.match.outcomes().items()):
        right, wrong = counts[Outcome.HIT] + counts[Outcome.APART], counts[Outcome.FALSE]
        share, neutral = _share(right, right + wrong), counts[Outcome.NEUTRAL]
        yield f"| {name} | {counts.total()} | {right} | {wrong} | {share} | {neutral} |"


def negatives(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield the hard negatives by kind."""
    yield "| hard negative | labels | hit | share |\n|---|--:|--:|--:|"
    for name, row in rows.items():
        yield f"| {name} | {row.labels} | {row.found} | {_share(row.found, row.labels)} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"
