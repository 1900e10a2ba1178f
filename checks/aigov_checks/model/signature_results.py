"""From what was seen at every model to the measurements of `model.signature`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aigov import FrozenMap, Interval, Measured, Measurement, Message, Model, NotPerformed, Status, count, flag, msg
from aigov_checks.model.signature_looks import Look, State

if TYPE_CHECKING:
    from aigov.model import Fact

_MAX_OCCURRENCES = 1000
_MISSING = msg("signature.file.missing")


def measure(looks: list[tuple[Model, Look]]) -> Measured | NotPerformed:
    """Return the observation of all models; not performed where none of them can be judged."""
    unjudged = tuple(look.reason for _, look in looks if look.reason is not None)
    states = [look.state for _, look in looks]
    if set(states) == {State.UNJUDGED}:
        return NotPerformed(unjudged[0] if len(unjudged) == 1 else msg("signature.partly", reasons=unjudged))
    artifacts = tuple(artifact for _, look in looks for artifact in look.artifacts)
    occurrences = tuple(occurrence for _, look in looks for occurrence in look.occurrences)
    limits = msg("signature.partly", reasons=unjudged) if unjudged else None
    unsigned = states.count(State.UNSIGNED)
    hidden = sum(1 for model, _ in looks if not _readable(model))
    uncovered = sum(1 for artifact in artifacts if artifact.status is not Status.CLEAN and artifact.reason != _MISSING)
    cut = msg("signature.cut", shown=_MAX_OCCURRENCES, count=len(occurrences))
    return Measured(
        measurements=FrozenMap(
            {
                "signature_valid": _valid(states, limits),
                "models_signed": _between(len(states) - unsigned - hidden, hidden, limits),
                "models_unsigned": _between(unsigned, hidden, limits),
                "files_uncovered": _between(uncovered, math.inf if limits else 0, limits),
            }
        ),
        occurrences=occurrences[:_MAX_OCCURRENCES],
        artifacts=artifacts,
        facts=_facts(looks),
        notes=(cut,) if len(occurrences) > _MAX_OCCURRENCES else (),
    )


def _valid(states: list[State], limits: Message | None) -> Measurement:
    """Return whether all signatures hold; open where nothing is broken but not everything could be judged."""
    if {State.BROKEN, State.UNSIGNED} & set(states):
        return flag(False)  # noqa: FBT003  # it measures a truth value
    if limits is None:
        return flag(True)  # noqa: FBT003  # it measures a truth value
    return Measurement(0.0, "boolean", Interval(0.0, 1.0), limits=limits)


def _between(known: int, unknown: float, limits: Message | None) -> Measurement:
    """Return a count that is exact unless up to `unknown` more could not be looked at."""
    if not unknown:
        return count(known)
    return Measurement(float(known), "count", Interval(float(known), known + unknown), limits=limits)


def _facts(looks: list[tuple[Model, Look]]) -> FrozenMap[str, Fact]:
    """Return scheme, key fingerprint and root digest of each verified signature, by model where there are several."""
    found: dict[str, Fact] = {}
    for model, look in looks:
        for name, value in look.facts.items():
            found[name if len(looks) == 1 else f"{name}[{model.name}]"] = value
    return FrozenMap(found)


def _readable(model: Model) -> bool:
    return not model.live and model.absent is None
