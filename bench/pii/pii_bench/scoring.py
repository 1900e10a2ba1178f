"""The score of a tool: recall, precision and hard negatives as ratios with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from .labels import Kind, Label, Meaning
from .matching import Match, Met, Outcome, exact
from .ratios import Ratio, ratio, tally

RIGHT = frozenset({Outcome.HIT, Outcome.APART})
WORDS = frozenset({"person-name", "address"})
"""Types that a language model would find without a cue."""


@dataclass(frozen=True, slots=True)
class Found:
    """How the labels of one row fared: found at all, with the exact span, under an accepted type."""

    found: Ratio
    exact: Ratio
    typed: Ratio


@dataclass(frozen=True, slots=True)
class Score:
    """A match with what its names mean."""

    match: Match
    meanings: Mapping[str, Meaning]
    accepted: Mapping[str, tuple[str, ...]]
    seed: int

    def rows(self, *kinds: Kind) -> dict[str, Found]:
        """Return how the labels of these kinds fared, by row."""
        rows = sorted({meaning.row for meaning in self.meanings.values() if meaning.kind in kinds})
        by_row: dict[str, list[Label]] = {row: [] for row in rows}
        for label in self.match.found:
            if label.meaning.row in by_row and label.meaning.kind in kinds:
                by_row[label.meaning.row].append(label)
        return {row: self._found(labels) for row, labels in by_row.items() if labels}

    def _found(self, labels: Iterable[Label]) -> Found:
        several = tuple(labels)
        return Found(*(self._labels(several, test) for test in (self._is_found, self._is_exact, self._is_typed)))

    def _labels(self, labels: Iterable[Label], good: Callable[[Label], bool]) -> Ratio:
        return ratio(tally((label.template, good(label)) for label in labels), self.seed)

    def _is_found(self, label: Label) -> bool:
        return bool(self.match.found[label])

    def _is_exact(self, label: Label) -> bool:
        return any(exact(finding, label) for finding in self.match.found[label])

    def _is_typed(self, label: Label) -> bool:
        names = self.accepted.get(label.meaning.type, ())
        return any(finding.type in names for finding in self.match.found[label])

    def recall(self, wanted: Callable[[Meaning], bool]) -> Ratio:
        """Return the share of the labels of wanted meanings that were found, under whatever type."""
        return self._labels((label for label in self.match.found if wanted(label.meaning)), self._is_found)

    def precision(self, wanted: Callable[[Met], bool], right: frozenset[Outcome] = RIGHT) -> Ratio:
        """Return the share of right findings among the right and the false ones that are wanted."""
        judged = (met for met in self.match.met if met.outcome in right or met.outcome is Outcome.FALSE)
        return ratio(tally((met.template, met.outcome in right) for met in judged if wanted(met)), self.seed)

    def by_type(self) -> dict[str, Ratio]:
        """Return precision by reported type."""
        names = sorted({met.finding.type for met in self.match.met})
        return {name: self.precision(partial(_has_type, name)) for name in names}

    def by_tier(self) -> dict[str, Ratio]:
        """Return precision by tier, for a tool that says how sure it is."""
        names = sorted({met.finding.tier for met in self.match.met if met.finding.tier})
        return {name: self.precision(partial(_has_tier, name)) for name in names}

    def totals(self) -> dict[str, Ratio]:
        """Return the figures that stand for the whole."""
        digit = self._names(meaning for meaning in self.meanings.values() if meaning.check_digit)
        words = self._names(meaning for meaning in self.meanings.values() if meaning.type in WORDS)
        hit, apart = frozenset({Outcome.HIT}), frozenset({Outcome.APART})
        return {
            "recall": self.recall(lambda meaning: meaning.kind is Kind.TRUE),
            "precision": self.precision(lambda _: True, hit),
            "recall, check digit": self.recall(lambda meaning: meaning.check_digit),
            "precision, check digit": self.precision(lambda met: met.finding.type in digit, hit),
            "hard negatives hit": self.recall(lambda meaning: meaning.kind is Kind.NEGATIVE),
            "recall, names and addresses apart": self.recall(
                lambda meaning: meaning.kind is Kind.APART and meaning.type in WORDS
            ),
            "precision, names and addresses apart": self.precision(lambda met: met.finding.type in words, apart),
        }

    def claimed(self, claims: Mapping[str, Iterable[str]]) -> dict[str, Ratio]:
        """Return recall of the rows that a tool claims, and precision of the types that it claims them under."""
        rows = {row for several in claims.values() for row in several}
        return {
            "recall": self.recall(lambda meaning: meaning.kind is Kind.TRUE and meaning.row in rows),
            "precision": self.precision(lambda met: bool(claims.get(met.finding.type))),
        }

    def unknown_types(self) -> list[str]:
        """Return names that the tool reports and `types.yaml` does not list."""
        known = {name for names in self.accepted.values() for name in names}
        return sorted({met.finding.type for met in self.match.met} - known)

    def _names(self, meanings: Iterable[Meaning]) -> set[str]:
        return {name for meaning in meanings for name in self.accepted.get(meaning.type, ())}

    def as_json(self) -> dict[str, object]:
        """Return all figures for a file."""
        ratios = {
            "totals": self.totals(),
            "precision": self.by_type(),
            "tiers": self.by_tier(),
            "hard_negatives": {name: row.found for name, row in self.rows(Kind.NEGATIVE).items()},
        }
        found: dict[str, object] = {
            part: {name: each.as_json() for name, each in some.items()} for part, some in ratios.items()
        }
        return found | {"recall": _rows_json(self.rows(Kind.TRUE)), "apart": _rows_json(self.rows(Kind.APART))}


def _rows_json(rows: Mapping[str, Found]) -> dict[str, object]:
    return {
        name: {"found": row.found.as_json(), "exact": row.exact.as_json(), "typed": row.typed.as_json()}
        for name, row in rows.items()
    }


def _has_type(name: str, met: Met) -> bool:
    return met.finding.type == name


def _has_tier(name: str, met: Met) -> bool:
    return met.finding.tier == name
