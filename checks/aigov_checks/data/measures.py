"""What the checks of data sets measure, by name; and the table of columns."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from aigov import FrozenMap, Interval, Measurement, Message, Quantity, Table, Tier, UnsupportedInputError, count, msg
from aigov_checks.data.detectors import load
from aigov_checks.data.wanted import COMBINED, UNLISTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aigov_checks.data.corpus import Corpus
    from aigov_checks.data.detector import Detector

MEASURES = FrozenMap(
    {
        "records": "count",
        "records_affected": "count",
        "affected_share": "ratio",
        "occurrences": "count",
        "occurrences_per_million": "number",
        "columns_affected": "count",
        "worst_column_share": "ratio",
        "files_not_covered": "count",
        "covered_share": "ratio",
        "sampled_share": "ratio",
    },
)
"""What both checks measure; for types and tiers in addition `occurrences[type=...]` and so on."""
PERSONAL = FrozenMap({**MEASURES, "records_combined": "count", "combined_share": "ratio"})
"""What `data.pii` measures."""
_ROWS = 50


def numbers(corpus: Corpus, types: Iterable[str], categories: Iterable[str]) -> dict[str, Measurement]:
    """Return what was seen, in all and for each type, category and tier, found or not."""
    counts, tiers = corpus.counts(), corpus.tiers()
    found = {
        "records": corpus.records(),
        "records_affected": corpus.affected(),
        "affected_share": corpus.share(),
        "occurrences": corpus.occurrences(sum(counts.values())),
    }
    for type_ in types:
        found[f"occurrences[type={type_}]"] = corpus.occurrences(counts[type_])
        found |= _held(corpus, f"type={type_}")
    for category in categories:
        found |= _held(corpus, f"category={category}")
    for tier in Tier:
        found[f"occurrences[tier={tier.value}]"] = corpus.occurrences(tiers[tier.value])
    found["columns_affected"] = count(len(corpus.columns.affected))
    return found


def combined(corpus: Corpus) -> dict[str, Measurement]:
    """Return how many records combine identifiers."""
    return {"records_combined": corpus.affected(COMBINED), "combined_share": corpus.share(COMBINED)}


def opened(value: Measurement, limits: Message) -> Measurement:
    """Return a measurement whose true value may be larger, because something was not read."""
    high = 1.0 if value.unit == "ratio" else math.inf
    return replace(value, interval=Interval(value.low, high), limits=limits)


def categories_of(detectors: Iterable[Detector], edition: str, raised: str) -> tuple[str, ...]:
    """Return the categories that an edition gives to types, and the one to which a combination raises."""
    if not edition:
        return ()
    found = {detector.category.get(edition, UNLISTED) for detector in detectors}
    return tuple(sorted(found | ({raised} if raised else set())))


def require_edition(edition: str) -> None:
    """Check that a detector has a category under that edition.

    Raises:
        UnsupportedInputError: none has.
    """
    known = {name for detector in load("pii") for name in detector.category}
    if edition and edition not in known:
        raise UnsupportedInputError(msg("corpus.unknown-edition", edition=edition, known=tuple(sorted(known))))


def table_of_columns(corpus: Corpus) -> tuple[Table, ...]:
    """Return the columns that hold most, each with a row a type; none where nothing was found."""
    columns = corpus.columns
    pairs = sorted(columns.occurrences, key=lambda pair: (-columns.affected[pair[0]], pair[0], -columns.records[pair]))
    if not pairs:
        return ()
    rows = tuple(
        (
            msg("corpus.cell", value=column or msg("corpus.no-column")),
            msg(f"data.type.{type_}"),
            _number(columns.occurrences[column, type_], "count"),
            _number(columns.records[column, type_], "count"),
            _number(columns.records[column, type_] / corpus.seen if corpus.seen else math.nan, "ratio"),
        )
        for column, type_ in pairs[:_ROWS]
    )
    heads = ("column", "type", "occurrences", "records", "share")
    title = msg("corpus.table-sample" if corpus.sampled else "corpus.table")
    return (Table(title, tuple(msg(f"corpus.head-{head}") for head in heads), rows, len(pairs)),)


def _held(corpus: Corpus, name: str) -> dict[str, Measurement]:
    return {f"records_affected[{name}]": corpus.affected(name), f"affected_share[{name}]": corpus.share(name)}


def _number(value: float, unit: str) -> Message:
    return msg("corpus.cell", value=Quantity(float(value), unit))
