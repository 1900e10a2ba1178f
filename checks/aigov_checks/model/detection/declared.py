"""What aigov.yaml declares of a detector: which model it is, and where it raises an alarm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import MissingInputError, UnsupportedInputError, msg

if TYPE_CHECKING:
    from aigov import Model, Subject

SIDES = {"above": 1.0, "below": -1.0}


@dataclass(frozen=True, slots=True)
class Alarm:
    """An input is flagged where `sign * (score - threshold)` is above 0."""

    name: str
    threshold: float
    sign: float


def alarm_of(model: Model) -> Alarm:
    """Return what is declared.

    Raises:
        MissingInputError: nothing is.
        UnsupportedInputError: the threshold is no finite number, the side unknown, or the model its own detector.
    """
    declared = model.detector
    if not declared:
        raise MissingInputError(msg("detection.none", model=model.name))
    name, side = str(declared.get("model", "")), str(declared.get("flags", "above"))
    threshold = declared.get("threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not math.isfinite(threshold):
        raise UnsupportedInputError(msg("detection.threshold", model=model.name, value=str(threshold)))
    if side not in SIDES or name == model.name:
        raise UnsupportedInputError(msg("detection.declared", model=model.name, detector=name, flags=side))
    return Alarm(name, float(threshold), SIDES[side])


def guards(subject: Subject, params: object) -> tuple[Model, ...]:
    """Return the detector that guards the model of the parameters.

    Raises:
        MissingInputError: none is declared, or not the one that is named.
        UnsupportedInputError: as for `alarm_of`.
    """
    return (subject.model(alarm_of(subject.model(getattr(params, "model", ""))).name),)
