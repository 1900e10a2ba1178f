"""Units of work: what a worker gets, what it hands back, under which key, and what a check promised."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aigov.check import Check, Unit
from aigov.codec import canonical, to_json
from aigov.i18n import FrozenMap
from aigov.model import Crashed, Measured, NotPerformed, Observation, Outcome, Subject, base_name
from aigov.parameters import show_parameters
from aigov.redact import public

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT_SCHEMA = 1
"""Part of every unit's key; raised when the shape of unit results changes."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker gets: one unit of a split check, or a whole check with what it uses."""

    check: str
    params: Any  # the check's own dataclass
    unit: Unit | None
    subject: Subject | None = None
    observed: tuple[tuple[str, Observation], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a worker hands back: a deterministic body, and beside it what the work cost."""

    body: bytes
    """Canonical JSON: `result` of a unit, or the `outcome` of a whole check or of what went wrong."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """One unit of an observation is done."""

    check: str
    done: int
    total: int


def unit_keys(check: Check[Any], params: Any, units: Sequence[Unit]) -> list[str]:  # Any: the check's own parameters
    """Return the content-addressed key of each unit: what is read, by which check, with which parameters."""
    shared = {
        "schema": RESULT_SCHEMA,
        "check": f"{check.id}@{check.version}",
        "parameters": to_json(show_parameters(params)),
    }
    identities = (canonical({**shared, "content": to_json(unit.content)}) for unit in units)
    return [hashlib.sha256(identity).hexdigest() for identity in identities]


def kept_promise(check: Check[Any], outcome: object) -> Outcome:
    """Return the outcome if it measured exactly what the check declares, else what is wrong with it."""
    if isinstance(outcome, NotPerformed | Crashed):
        return outcome
    if not isinstance(outcome, Measured):
        return Crashed(public(f"the check returned {type(outcome).__name__}, not a measurement"))
    produced = {base_name(name) for name in outcome.measurements}
    strange = sorted((produced ^ set(check.measures)) - (check.optional - produced))
    if strange:
        return Crashed(public(f"declared and produced measurements differ: {', '.join(strange)}"))
    for name, measurement in outcome.measurements.items():
        if measurement.unit != check.measures[base_name(name)]:
            return Crashed(public(f"{name} has unit {measurement.unit}, declared {check.measures[base_name(name)]}"))
    return outcome


def in_order(check: Check[Any], outcome: Outcome) -> Outcome:
    """Return the outcome with its measurements as the check declares them, curves by their argument."""
    if not isinstance(outcome, Measured):
        return outcome
    declared = list(check.measures)
    names = sorted(outcome.measurements, key=lambda name: (declared.index(base_name(name)), _argument(name)))
    return replace(outcome, measurements=FrozenMap({name: outcome.measurements[name] for name in names}))


def _argument(name: str) -> tuple[float, str]:
    """Return what a point of a curve is sorted by: `0.03` of `robust_accuracy[eps=0.03]`, after the bare name."""
    _, bracket, argument = name.partition("[")
    try:
        return float(argument.rstrip("]").rpartition("=")[2]), argument
    except ValueError:
        return (0.0 if bracket else -1.0), argument
