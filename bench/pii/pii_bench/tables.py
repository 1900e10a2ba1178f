"""The score as Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .labels import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .ratios import Ratio
    from .scoring import Found, Score

REQUIRED = {
    "recall": (">=", 0.97),
    "precision": (">=", 0.97),
    "recall, check digit": (">=", 0.995),
    "precision, check digit": (">=", 0.995),
    "hard negatives hit": ("<=", 0.01),
    "precision, names and addresses apart": (">=", 0.90),
}
"""What a tool must reach on the unseen split."""


def report(score: Score) -> Iterator[str]:
    """Yield everything that is known of one tool."""
    yield from totals(score)
    yield from ("", "#### Recall", "", *recall(score.rows(Kind.TRUE)))
    yield from ("", "#### Reported apart: what needs a language model or has no cue", "")
    yield from recall(score.rows(Kind.APART))
    yield from ("", "#### Precision by reported type", "", *shares("reported type", "right", score.by_type()))
    if tiers := score.by_tier():
        yield from ("", "#### Precision by tier", "", *shares("tier", "right", tiers))
    negatives = {name: row.found for name, row in score.rows(Kind.NEGATIVE).items()}
    yield from ("", "#### Hard negatives", "", *shares("hard negative", "hit", negatives))
    yield f"\nReported types that `types.yaml` does not list: {', '.join(score.unknown_types()) or 'none'}."


def totals(score: Score) -> Iterator[str]:
    """Yield the figures that stand for the whole."""
    yield from shares("", "good", score.totals())


def shares(head: str, good: str, ratios: Mapping[str, Ratio]) -> Iterator[str]:
    """Yield one ratio a line, with its interval and the templates that it rests on."""
    yield f"| {head} | of | {good} | share | 95 % interval | templates |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, each in ratios.items():
        yield f"| {name} | {each.whole} | {each.good} | {_value(each)} | {_interval(each)} | {each.templates} |"


def recall(rows: Mapping[str, Found]) -> Iterator[str]:
    """Yield recall by row."""
    yield "| type | labels | found | recall | 95 % interval | templates | exact span | exact type |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name, row in rows.items():
        first = row.found
        figures = (first.whole, first.good, _value(first), _interval(first), first.templates)
        yield f"| {name} | {' | '.join(map(str, figures))} | {_value(row.exact)} | {_value(row.typed)} |"


def requirements(score: Score) -> Iterator[tuple[bool, str]]:
    """Yield for each required figure whether it is met, and a line that says so."""
    found = score.totals()
    for name, (sign, bound) in REQUIRED.items():
        value = found[name].value
        met = value is not None and (value >= bound if sign == ">=" else value <= bound)
        yield (
            met,
            f"{'met    ' if met else 'NOT MET'} {name}: {_value(found[name])} {_interval(found[name])}, {sign} {bound}",
        )


COLUMNS = ("recall", "precision", "recall, check digit", "precision, check digit", "hard negatives hit")


def comparison(scores: Mapping[str, tuple[Score, Mapping[str, tuple[str, ...]]]]) -> Iterator[str]:
    """Yield a table of several tools; the last columns take only what each tool claims to find."""
    yield f"| tool | {' | '.join(COLUMNS)} | recall, own types | precision, own types |"
    yield "|---" + "|--:" * (len(COLUMNS) + 2) + "|"
    for name, (score, claims) in scores.items():
        found, own = score.totals(), score.claimed(claims)
        ratios = [*(found[column] for column in COLUMNS), own["recall"], own["precision"]]
        yield f"| {name} | {' | '.join(f'{_value(each)} {_interval(each)}' for each in ratios)} |"


def _value(each: Ratio) -> str:
    return "–" if each.value is None else f"{each.value:.3f}"


def _interval(each: Ratio) -> str:
    return "" if each.value is None else f"({each.low:.3f}–{each.high:.3f})"
