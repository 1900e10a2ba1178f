"""From what was found to measurements, occurrences, notes and a figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import (
    FrozenMap,
    Interval,
    Measured,
    Measurement,
    Message,
    clopper_pearson,
    count,
    msg,
    ratio,
)
from aigov_checks.data.poisoning.backdoors import Search
from aigov_checks.data.poisoning.figure import figures
from aigov_checks.data.poisoning.labels import Labels
from aigov_checks.data.poisoning.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.data.poisoning.backdoors import Backdoor
    from aigov_checks.data.poisoning.params import PoisoningParams

_FEW = 20
"""Clean rows to paste on, below which hardly any trigger could show."""
LISTED = 200
"""Rows of one kind that are listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything that was found out about a training set."""

    total: int
    """Rows of the data set."""
    rows: Rows
    """Those in which backdoors and wrong labels were sought."""
    search: Search
    labels: Labels
    runtime: str
    """What ran the audited model, empty where it was not asked."""


def measured(outcome: Outcome, params: PoisoningParams) -> Measured:
    """Return the observation."""
    labels, search = outcome.labels, outcome.search
    backdoors = search.backdoors
    held = {int(row) for backdoor in backdoors for row in backdoor.trial.trigger.rows}
    values = {
        "backdoors": _number(search),
        "backdoor_flip_rate": _flips(backdoors, params),
        "control_flip_rate": _control(backdoors, params),
        "rows_with_trigger": count(len(held)),
        "label_errors_suspected": _suspected(labels, params.confidence),
        "label_error_recall": ratio(labels.recalled, labels.injected, params.confidence),
        "label_false_positive_rate": ratio(labels.false, labels.clean, params.confidence),
        "rows": count(outcome.total),
    }
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(_facts(outcome, params)),
        figures=figures(outcome),
        notes=tuple(_notes(outcome)),
    )


def _number(search: Search) -> Measurement:
    """Return how many were confirmed; the interval reaches up by those that could be neither confirmed nor excluded."""
    found = len(search.backdoors)
    if not search.undecided:
        return count(found)
    limits = msg("poisoning.limits.undecided", count=search.undecided)
    return Measurement(float(found), "count", Interval(float(found), float(found + search.undecided)), limits=limits)


def _flips(backdoors: tuple[Backdoor, ...], params: PoisoningParams) -> Measurement:
    """Return the flip rate of the strongest backdoor, exactly 0 where none was found."""
    if not backdoors:
        return Measurement(0.0, "ratio")
    one = _strongest(backdoors).trial
    return ratio(one.flips, one.n, params.confidence)


def _control(backdoors: tuple[Backdoor, ...], params: PoisoningParams) -> Measurement:
    if not backdoors:
        return Measurement(0.0, "ratio")
    one = _strongest(backdoors).trial
    return ratio(one.control, one.n, params.confidence)


def _strongest(backdoors: tuple[Backdoor, ...]) -> Backdoor:
    return max(backdoors, key=lambda item: item.trial.effect)


def _suspected(labels: Labels, confidence: float) -> Measurement:
    """Return the suspects. Neighbours cannot prove an error, hence from none up to what the recall leaves unseen."""
    found, n = len(labels.suspected), labels.injected + labels.clean
    low, _ = clopper_pearson(labels.recalled, labels.injected, confidence)
    _, most = clopper_pearson(found, n, confidence)
    high = min(n, math.ceil(most * n / low)) if low > 0 else n
    limits = msg("poisoning.limits.suspicion")
    return Measurement(float(found), "count", Interval(0.0, float(high), confidence), limits=limits)


def _facts(outcome: Outcome, params: PoisoningParams) -> dict[str, str | int | float | bool]:
    families: dict[str, int] = {}
    for trigger in outcome.search.candidates:
        families[trigger.family] = families.get(trigger.family, 0) + 1
    facts: dict[str, str | int | float | bool] = {
        "kind": outcome.rows.layout.kind.value,
        "rows_searched": len(outcome.rows),
        "asked": f"surrogate, {outcome.runtime}" if outcome.runtime else "surrogate",
        "patterns_tied": outcome.search.tied,
        "trials": len(outcome.search.trials),
        **{f"candidates.{name}": number for name, number in sorted(families.items())},
        "seed": params.seed,
    }
    if len(outcome.labels.suspected):
        places = outcome.rows.places[outcome.labels.suspected[:LISTED]]
        facts["suspected_rows"] = " ".join(map(str, places.tolist()))
    for index, backdoor in enumerate(outcome.search.backdoors):
        one, rid = backdoor.trial, backdoor.removal
        facts[f"backdoor.{index}"] = (
            f"asked {one.judge}, flips {one.flips}/{one.n}, control {one.control}/{one.n}, "
            f"other class without it {rid.strange}/{rid.n}, usual {rid.usual:.2f}"
        )
        facts[f"backdoor.{index}.family"] = one.trigger.family
        facts[f"backdoor.{index}.label"] = _label(outcome.rows, one.trigger.target)
        places = outcome.rows.places[one.trigger.rows[:LISTED]]
        facts[f"backdoor.{index}.rows"] = " ".join(map(str, places.tolist()))
    return facts


def _notes(outcome: Outcome) -> Iterator[Message]:
    for backdoor in outcome.search.backdoors:
        one = backdoor.trial
        yield msg(
            "poisoning.note.backdoor",
            family=msg(f"poisoning.family.{one.trigger.family}"),
            rows=len(one.trigger.rows),
            label=_label(outcome.rows, one.trigger.target),
            asked=msg(f"poisoning.asked.{one.judge}"),
            flips=one.flips,
            control=one.control,
            carriers=one.n,
        )
    if len(outcome.labels.suspected):
        yield msg("poisoning.note.suspicion", count=len(outcome.labels.suspected))
    search = outcome.search
    few = min((one.n for one in search.trials), default=0)
    if search.candidates and few < _FEW:
        yield msg("poisoning.note.few-carriers", count=few, least=_FEW)
    if len(outcome.rows) < outcome.total:
        yield msg("poisoning.note.sampled", searched=len(outcome.rows), rows=outcome.total)


def _label(rows: Rows, code: int) -> str:
    return str(rows.names[code])[:40]
