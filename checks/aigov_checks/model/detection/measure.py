"""From what the detector saw to measurements, notes and a figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import Figure, FrozenMap, Interval, Measured, Measurement, Message, Quantity, Trace, count, msg, ratio
from aigov_checks.model.detection.declared import Alarm
from aigov_checks.model.robustness.cascade import Attacked, Broken
from aigov_checks.model.robustness.predictor import Array, Opened

if TYPE_CHECKING:
    from aigov_checks.model.detection.params import DetectionParams

_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything that was found out about a model and its detector."""

    attacked: Attacked
    opened: Opened
    alarm: Alarm
    correct: Array
    plain: Broken
    """What breaks the model, by attacks that do not know the detector."""
    joint: Broken
    """What breaks the model and raises no alarm, by attacks that do."""
    followed: bool
    """Whether those follow the gradients of both."""
    seen: Array
    """Margin of the detector on what breaks the model, above 0 for an alarm."""
    alarms: Array
    """Margin of the detector on clean samples."""
    slow: Message | None
    notes: tuple[Message, ...]


def measured(outcome: Outcome, params: DetectionParams) -> Measured:
    """Return the observation."""
    n, correct, confidence = len(outcome.attacked.x), len(outcome.correct), params.confidence
    evaded, broken = len(outcome.joint.rows), len(outcome.plain.rows)
    values = {
        "detection_rate": ratio(int((outcome.seen > 0).sum()), len(outcome.seen), confidence),
        "false_positive_rate": ratio(int((outcome.alarms > 0).sum()), n, confidence),
        "adaptive_detection_rate": _capped(ratio(broken - evaded, broken, confidence), outcome),
        "guarded_accuracy": _capped(ratio(correct - evaded, n, confidence), outcome),
        "robust_accuracy": _capped(ratio(correct - broken, n, confidence), outcome),
        "clean_accuracy": ratio(correct, n, confidence),
        "adversarial_inputs": count(len(outcome.seen)),
        "samples": count(n),
        "queries": count(outcome.attacked.model.queries),
    }
    facts: dict[str, str | int | float | bool] = {
        "detector": outcome.alarm.name,
        "threshold": outcome.alarm.threshold,
        "flags": "above" if outcome.alarm.sign > 0 else "below",
        "adaptive": "gradients" if outcome.followed else "search",
        "budget": params.budget,
        "norm": params.norm,
        "seed": params.seed,
        "runtime": outcome.opened.predictor.name,
        **{f"evaded_by.{name}": found for name, found in sorted(Counter(filter(None, outcome.joint.by)).items())},
        **outcome.opened.facts,
    }
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(facts),
        figures=(_curve(outcome),) if len(outcome.seen) else (),
        notes=(*outcome.notes, *_notes(outcome, values)),
    )


def _capped(found: Measurement, outcome: Outcome) -> Measurement:
    """Return a rate without a lower end where the attacks were cut short."""
    if outcome.slow is None:
        return found
    confidence = found.interval.confidence if found.interval else None
    return replace(found, interval=Interval(0.0, found.high, confidence), limits=outcome.slow)


def _notes(outcome: Outcome, values: dict[str, Measurement]) -> list[Message]:
    notes = []
    if not len(outcome.seen):
        notes.append(msg("detection.note.nothing-to-detect"))
    if not outcome.followed:
        notes.append(msg("detection.note.no-gradients", detector=outcome.alarm.name))
    plain, adaptive = values["detection_rate"], values["adaptive_detection_rate"]
    if plain.finite and adaptive.high < plain.low:
        shares = {"plain": Quantity(plain.value, "ratio"), "adaptive": Quantity(adaptive.value, "ratio")}
        notes.append(msg("detection.note.known", **shares))
    if (outcome.alarms > 0).all() or not ((outcome.alarms > 0).any() or (outcome.seen > 0).any()):
        notes.append(msg("detection.note.constant", detector=outcome.alarm.name))
    return notes


def _curve(outcome: Outcome) -> Figure:
    """Return what other thresholds would see: alarms on adversarial inputs by alarms on clean samples."""
    levels = np.unique(np.concatenate([outcome.alarms, outcome.seen]))[::-1]
    levels = levels[np.unique(np.linspace(0, len(levels) - 1, min(_POINTS, len(levels))).astype(np.int64))]
    false = tuple(float((outcome.alarms >= level).mean()) for level in levels)
    true = tuple(float((outcome.seen >= level).mean()) for level in levels)
    here = (float((outcome.alarms > 0).mean()), float((outcome.seen > 0).mean()))
    return Figure(
        title=msg("detection.figure.title"),
        caption=msg("detection.figure.caption", inputs=len(outcome.seen), samples=len(outcome.alarms)),
        x_label=msg("detection.figure.false"),
        y_label=msg("detection.figure.true"),
        traces=(
            Trace(msg("detection.figure.thresholds"), false, true),
            Trace(msg("detection.figure.declared"), (here[0], here[0]), (0.0, here[1])),
        ),
    )
