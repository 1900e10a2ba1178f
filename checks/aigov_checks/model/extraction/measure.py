"""From what the copies answer to measurements, notes and a figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import Figure, FrozenMap, Interval, Measured, Measurement, Message, Quantity, Trace, count, msg, ratio
from aigov_checks.model.robustness.predictor import UNDEFINED, Array, Opened

if TYPE_CHECKING:
    from aigov_checks.model.extraction.params import ExtractionParams


@dataclass(frozen=True, slots=True, eq=False)
class Copied:
    """One copy: after how many queries, which kind, and the class that it gives each sample held out."""

    budget: int
    name: str
    classes: Array


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything that was found out about a model; arrays are over the samples held out."""

    victim: Array
    y: Array
    copied: tuple[Copied, ...]
    cut: bool
    """Whether larger budgets were left out."""
    opened: Opened
    soft: bool
    notes: tuple[Message, ...]


def measured(outcome: Outcome, params: ExtractionParams) -> Measured:
    """Return the observation."""
    n = len(outcome.y)
    fidelity = {copy.budget: _agreeing(copy.classes, outcome.victim, params) for copy in outcome.copied}
    accuracy = {copy.budget: _agreeing(copy.classes, outcome.y, params) for copy in outcome.copied}
    last = outcome.copied[-1]
    values = {
        "copy_fidelity": _capped(fidelity[last.budget], outcome, params),
        "copy_accuracy": _capped(accuracy[last.budget], outcome, params),
        "clean_accuracy": _agreeing(outcome.victim, outcome.y, params),
        "majority_share": ratio(Counter(outcome.victim.tolist()).most_common(1)[0][1], n, params.confidence),
        **{f"copy_fidelity[queries={budget}]": value for budget, value in fidelity.items()},
        **{f"copy_accuracy[queries={budget}]": value for budget, value in accuracy.items()},
        "queries": count(last.budget),
        "samples": count(n),
    }
    facts: dict[str, str | int | float | bool] = {
        "answers": "scores" if outcome.soft else "labels",
        "seed": params.seed,
        "runtime": outcome.opened.predictor.name,
        **{f"copy.{copy.budget}": copy.name for copy in outcome.copied},
        **outcome.opened.facts,
    }
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(facts),
        figures=(_curve(fidelity, accuracy),) if len(fidelity) > 1 else (),
        notes=(*outcome.opened.notes, *outcome.notes, *_notes(outcome, fidelity[last.budget], values)),
    )


def _agreeing(first: Array, second: Array, params: ExtractionParams) -> Measurement:
    """Return the share of equal classes; an undefined answer agrees with nothing."""
    agree = (first == second) & (first != UNDEFINED)
    return ratio(int(np.count_nonzero(agree)), len(first), params.confidence)


def _capped(found: Measurement, outcome: Outcome, params: ExtractionParams) -> Measurement:
    """Return a figure with an open upper end where more queries were asked for than could be made."""
    if not outcome.cut:
        return found
    interval = Interval(found.low, 1.0, params.confidence)
    return replace(found, interval=interval, limits=msg("extraction.limits.left-out", queries=max(params.budgets)))


def _notes(outcome: Outcome, fidelity: Measurement, values: dict[str, Measurement]) -> list[Message]:
    if len(set(outcome.victim.tolist())) == 1:
        return [msg("robustness.note.constant")]
    if fidelity.low <= values["majority_share"].value:
        return [msg("extraction.note.no-better", share=Quantity(values["majority_share"].value, "ratio"))]
    return []


def _curve(fidelity: dict[int, Measurement], accuracy: dict[int, Measurement]) -> Figure:
    places = tuple(map(float, fidelity))
    return Figure(
        title=msg("extraction.figure.title"),
        caption=msg("extraction.figure.caption", queries=max(fidelity)),
        x_label=msg("extraction.figure.queries"),
        y_label=msg("extraction.figure.share"),
        traces=(
            Trace(msg("extraction.figure.fidelity"), places, tuple(value.value for value in fidelity.values())),
            Trace(msg("extraction.figure.accuracy"), places, tuple(value.value for value in accuracy.values())),
        ),
    )
