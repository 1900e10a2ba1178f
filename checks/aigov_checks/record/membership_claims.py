"""Claims of how much a model tells about its training data, beside what model.membership measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import Model, Quantity, msg
from aigov_checks.record.claim import Checked, Claim, beyond, compared, unsettled
from aigov_checks.record.fields import Field, named, shown_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.record.figure_claims import Rerun

CHECK = "model.membership"
_MEASUREMENT = "membership_auc"


def claims_membership(entry: Field) -> bool:
    """Return whether the entry declares how well its training data can be told."""
    return entry.child("privacy", _MEASUREMENT).present


def membership_claims(entry: Field, model: Model, attack: Rerun) -> Iterator[Checked]:
    """Yield what an entry of `models` says in `privacy`; an attack bounds from below what the model tells.

    So a declared area above the measured interval is borne out, and one below it, by more than the tolerance, refuted.
    """
    field = entry.child("privacy", _MEASUREMENT)
    if not field.present:
        return
    claim = Claim(field, msg("record.claim.membership", model=named(entry), value=shown_share(field)))
    if attack.outcome is None:
        yield unsettled(claim, msg("record.why.not-planned", check=CHECK))
        return
    found = attack.outcome.measurements.get(_MEASUREMENT)
    if not attack.is_of(model):
        yield beyond(claim, msg("record.why.other-model", name=model.name))
    elif found is None or not found.finite:
        yield unsettled(claim, msg("record.why.no-measurement", measurement=_MEASUREMENT))
    elif field.number is None:
        yield unsettled(claim, msg("record.why.unreadable", value=field.shown))
    else:
        low, high = Quantity(found.low, found.unit), Quantity(found.high, found.unit)
        measured = msg("record.measured.at-least", value=found.quantity, low=low, high=high, n=found.n or 0)
        yield compared(claim, measured, same=field.number >= found.low - attack.tolerance)
