"""From which samples were right under which fault to measurements, notes and figures."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import (
    Figure,
    FrozenMap,
    Interval,
    Measured,
    Measurement,
    Message,
    Model,
    Quantity,
    Trace,
    clopper_pearson,
    count,
    msg,
    ratio,
)
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.faults.values import right, value_errors
from aigov_checks.model.robustness.predictor import Array, Opened
from aigov_checks.model.robustness.regression.tolerance import unit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aigov_checks.model.faults.params import FaultParams

_CURVES = 5
"""Faults in the figure."""
_MAX_POINTS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One fault at one severity: for each sample whether the model was right."""

    fault: str
    severity: int
    correct: Array
    seed: tuple[int, ...]
    predicted: Array
    """Classes as numbers, or values."""

    @property
    def right(self) -> int:
        """Number of samples that the model got right."""
        return int(self.correct.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything that was found out about a model on a data set."""

    model: Model
    clean: Array
    y: Array
    runs: tuple[Run, ...]
    kind: Kind
    opened: Opened
    tolerance: float | None = None
    """Error of a value that counts as right; None for classes."""

    @property
    def share(self) -> float:
        """Share of the samples that the model gets right without a fault."""
        return float(right(self.clean, self.y, self.tolerance).mean())

    @property
    def worst(self) -> Run:
        """The run with the fewest samples right; the mildest of equals."""
        return min(self.runs, key=lambda run: (run.right, run.severity, run.fault))


Shown = tuple[Array, Array, int]


def measured(outcome: Outcome, params: FaultParams, show: Callable[[Run], Shown | None]) -> Measured:
    """Return the observation; `show` makes the picture of the worst run."""
    n = len(outcome.y)
    by_fault: dict[str, list[Run]] = defaultdict(list)
    for run in outcome.runs:
        by_fault[run.fault].append(run)
    lowest = {name: min(runs, key=lambda run: run.right) for name, runs in by_fault.items()}
    values = {
        "clean_accuracy": ratio(round(outcome.share * n), n, params.confidence),
        "worst_fault_accuracy": _worst(outcome, params.confidence),
        "mean_fault_accuracy": _mean(outcome.runs, params.confidence),
        "majority_share": ratio(Counter(outcome.clean.tolist()).most_common(1)[0][1], n, params.confidence),
        "faults": count(len(by_fault)),
        "samples": count(n),
        **{
            f"fault_accuracy[fault={name}]": ratio(run.right, n, params.confidence)
            for name, run in sorted(lowest.items(), key=lambda item: (item[1].right, item[0]))
        },
        **value_errors(outcome, by_fault, params),
    }
    worst = outcome.worst
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(
            {
                "kind": outcome.kind.value,
                "severities": ", ".join(map(str, sorted({run.severity for run in outcome.runs}))),
                "worst_fault": worst.fault,
                "worst_severity": worst.severity,
                "seed": params.seed,
                "runtime": outcome.opened.predictor.name,
                **_value_facts(outcome),
                **outcome.opened.facts,
            }
        ),
        figures=(_curves(outcome, by_fault), *_picture(outcome, show(worst))),
        notes=(*outcome.opened.notes, *_notes(outcome, lowest)),
    )


def _value_facts(outcome: Outcome) -> dict[str, str | float]:
    if outcome.tolerance is None:
        return {}
    unit = unit_of(outcome.model)
    return {"tolerance": outcome.tolerance, **({"output_unit": unit} if unit else {})}


def _worst(outcome: Outcome, confidence: float) -> Measurement:
    """Return the lowest accuracy of all runs; the interval holds for all of them at once (Bonferroni)."""
    n = len(outcome.y)
    each = 1 - (1 - confidence) / len(outcome.runs)
    ends = [clopper_pearson(run.right, n, each) for run in outcome.runs]
    low, high = min(low for low, _ in ends), min(high for _, high in ends)
    return Measurement(outcome.worst.right / n, "ratio", Interval(low, high, confidence), n)


def _mean(runs: Sequence[Run], confidence: float) -> Measurement:
    """Return the mean over faults and severities; the interval is Hoeffding's over samples, each with its own mean."""
    share = np.mean([run.correct for run in runs], axis=0)
    half = math.sqrt(math.log(2 / (1 - confidence)) / (2 * len(share)))
    value = float(share.mean())
    return Measurement(value, "ratio", Interval(max(0.0, value - half), min(1.0, value + half), confidence), len(share))


def _notes(outcome: Outcome, lowest: Mapping[str, Run]) -> list[Message]:
    n, worst = len(outcome.y), outcome.worst
    notes = [
        msg(
            "faults.note.worst" if outcome.tolerance is None else "faults.note.worst-value",
            fault=msg(f"faults.name.{worst.fault}"),
            severity=worst.severity,
            accuracy=Quantity(worst.right / n, "ratio"),
        )
    ]
    if len(set(outcome.clean.tolist())) == 1:
        words = "robustness.note.constant" if outcome.tolerance is None else "robustness.note.constant-value"
        notes.append(Message(words))
    weakest = sorted(lowest.values(), key=lambda run: (run.right, run.fault))[:_CURVES]
    notes.append(msg("faults.note.weakest", faults=tuple(msg(f"faults.name.{run.fault}") for run in weakest)))
    return notes


def _curves(outcome: Outcome, by_fault: Mapping[str, Sequence[Run]]) -> Figure:
    n, clean = len(outcome.y), outcome.share
    weakest = sorted(by_fault, key=lambda name: (sum(run.right for run in by_fault[name]), name))[:_CURVES]
    traces = tuple(
        Trace(
            msg(f"faults.name.{name}"),
            (0.0, *(float(run.severity) for run in by_fault[name])),
            (clean, *(run.right / n for run in by_fault[name])),
        )
        for name in weakest
    )
    return Figure(
        title=msg("faults.figure.curves"),
        caption=msg("faults.figure.curves-caption", count=len(traces), faults=len(by_fault)),
        x_label=msg("faults.figure.severity"),
        y_label=msg("faults.figure.accuracy" if outcome.tolerance is None else "faults.figure.within"),
        traces=traces,
    )


def _picture(outcome: Outcome, shown: Shown | None) -> tuple[Figure, ...]:
    if shown is None:
        return ()
    before, after, row = shown
    lines, changed = before.reshape(-1, before.shape[-1]), after.reshape(-1, after.shape[-1])
    line = int(np.abs(changed.astype(np.float64) - lines).sum(axis=1).argmax())
    part = slice(0, _MAX_POINTS)
    places = tuple(float(place) for place in range(len(lines[line, part])))
    worst = outcome.worst
    unit = next((str(facts["unit"]) for facts in outcome.model.inputs.values() if "unit" in facts), "")
    words = "faults.figure.caption" if outcome.tolerance is None else "faults.figure.caption-value"
    caption = msg(words, sample=row, fault=msg(f"faults.name.{worst.fault}"), severity=worst.severity)
    return (
        Figure(
            title=msg("faults.figure.title"),
            caption=caption,
            x_label=msg("robustness.figure.place"),
            y_label=msg("robustness.figure.value", unit=unit) if unit else msg("robustness.figure.plain"),
            traces=(
                Trace(msg("robustness.figure.before"), places, tuple(map(float, lines[line, part]))),
                Trace(msg("faults.figure.after"), places, tuple(map(float, changed[line, part]))),
            ),
        ),
    )
