"""One attacked sample before and after, for people: what the model said, how large the change is, and a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Example, Message, Quantity, UnsupportedInputError, msg
from aigov_checks.model.faults.channels import layout_of
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.robustness.budget import accuracy_of, declarations, range_of
from aigov_checks.model.robustness.detector import is_detector
from aigov_checks.model.robustness.kinds_reading import Type, type_of
from aigov_checks.model.robustness.pictures import bars, rasters, waveforms
from aigov_checks.model.robustness.predictor import UNDEFINED

if TYPE_CHECKING:
    from aigov_checks.model.robustness.kept import Attack, Kept
    from aigov_checks.model.robustness.measure import Result
    from aigov_checks.model.robustness.predictor import Array

_EQUAL = 1 + 1e-3
"""A change this much larger than the declared accuracy is no larger one: both were rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """One declared input of a sample, and how far it was moved."""

    name: str
    facts: Mapping[str, Any]  # as parsed from YAML
    place: Any  # an index into a sample
    largest: float
    """Largest change of a value, in the unit of the input."""
    share: float
    """Of what was allowed."""


def examples(result: Result) -> tuple[Example, ...]:
    """Return the first of the kept adversarial inputs as an example; nothing where none was kept."""
    return (example_of(result, result.kept[0], _said(result, result.kept[0])),) if result.kept else ()


def example_of(result: Attack, kept: Kept, said: Message) -> Example:
    """Return one kept input as an example; `said` is what the model answered before and after."""
    inputs = _inputs(result, kept)
    lines = (said, *_size(result, kept, inputs), _found(result, kept))
    title = msg("robustness.figure.title")
    match _kind(result, kept):
        case Kind.IMAGE:
            drawn, how = rasters(result, kept, inputs[0])
            return Example(title, (*lines, how), rasters=drawn)
        case Kind.TABLE:
            return Example(title, (*lines, _counted(kept)), bars=bars(result, kept, inputs))
        case Kind.SIGNAL:
            return Example(title, lines, figures=waveforms(result, kept, inputs))


def name_of(result: Result, number: int) -> str | Message:
    """Return what a predicted class is called."""
    if number == UNDEFINED:
        return msg("robustness.figure.undefined")
    if result.model is not None and is_detector(result.model):
        return msg("robustness.figure.anomalous" if number else "robustness.figure.normal")
    names = result.model.classes if result.model else ()
    known = result.opened.predictor.labels
    if number < len(names):
        return names[number]
    return str(known[number]) if number < len(known) else str(number)


def _kind(result: Attack, kept: Kept) -> Kind:
    """Return what the sample is; with more axes than an image has, its last one is drawn."""
    try:
        return layout_of(result.model, kept.x.shape, "auto").kind if result.model else Kind.SIGNAL
    except UnsupportedInputError:
        return Kind.SIGNAL


def _inputs(result: Attack, kept: Kept) -> tuple[Moved, ...]:
    """Return the inputs, the one that was moved furthest for what was allowed first."""
    features = result.dataset.features if result.dataset else ()
    declared = declarations(result.model, features, kept.x.shape) if result.model else []
    reach, change = result.attacked.budget.reach(kept.multiple), np.abs(kept.change)
    found = []
    for place, name, facts in declared or [(..., "", {})]:
        allowed = reach[place] > 0
        shares = change[place][allowed] / reach[place][allowed] if allowed.any() else np.sign(change[place]).ravel()
        found.append(Moved(name, facts, place, float(change[place].max()), float(shares.max())))
    return tuple(sorted(found, key=lambda moved: -moved.share))


def _said(result: Result, kept: Kept) -> Message:
    return msg(
        "robustness.example.said",
        dataset=result.dataset.name if result.dataset else "",
        row=kept.row,
        before=name_of(result, int(kept.before)),
        after=name_of(result, int(kept.after)),
    )


def _size(result: Attack, kept: Kept, inputs: tuple[Moved, ...]) -> list[Message]:
    """Say how large the change is: in the unit of the sensor, of its range, and beside its accuracy class."""
    moved = inputs[0]
    if type_of(moved.facts, moved.name) is Type.CATEGORICAL:
        return [_category(kept, moved)]
    unit, limits = str(moved.facts.get("unit", "")), range_of(moved.facts, moved.name)
    largest, mean = Quantity(moved.largest, unit), Quantity(_mean(kept, moved), unit)
    of = msg("robustness.example.input", name=moved.name) if moved.name else msg("robustness.example.value")
    lines = [msg("robustness.example.change", of=of, largest=largest, mean=mean)]
    if limits is not None:
        share = Quantity(moved.largest / (limits[1] - limits[0]), "ratio")
        edges = {"low": Quantity(limits[0], unit), "high": Quantity(limits[1], unit)}
        lines.append(msg("robustness.example.range", share=share, **edges))
    try:
        accuracy = accuracy_of(moved.facts, moved.name, limits, result.model.name if result.model else "")
    except UnsupportedInputError:
        return [*lines, msg("robustness.example.no-accuracy")]
    times, declared = round(moved.largest / accuracy, 2), str(moved.facts["accuracy"])[:40]
    id_ = "robustness.example.within-accuracy" if times <= _EQUAL else "robustness.example.beyond-accuracy"
    return [*lines, msg(id_, declared=declared, accuracy=Quantity(accuracy, unit), times=times)]


def _category(kept: Kept, moved: Moved) -> Message:
    """Say from which category to which one: codes of a column, or that the column of a one-hot group is (not) set."""
    before, after = float(kept.x[moved.place]), float(kept.x_adv[moved.place])
    return msg("robustness.example.category", name=moved.name, before=f"{before:g}", after=f"{after:g}")


def _mean(kept: Kept, moved: Moved) -> float:
    return float(np.abs(kept.change[moved.place]).mean())


def _found(result: Attack, kept: Kept) -> Message:
    budget = result.attacked.budget
    if budget.norm == "l0":
        allowed = msg("robustness.example.allowed.l0", count=math.floor((budget.size or 0) * kept.multiple))
    elif budget.size is None:
        allowed = msg("robustness.example.allowed.each", multiple=kept.multiple)
    else:
        size = Quantity(budget.size * kept.multiple, budget.unit)
        allowed = msg(f"robustness.example.allowed.{budget.norm}", size=size)
    return msg("robustness.example.found", stage=kept.stage, allowed=allowed)


def _counted(kept: Kept) -> Message:
    changed: Array = kept.change.ravel() != 0
    return msg("robustness.example.features", changed=int(changed.sum()), total=changed.size)
