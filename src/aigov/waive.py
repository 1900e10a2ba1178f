"""What a waiver does: nothing unless it is well-formed, in time, and written for these very bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov.i18n import Message, msg
from aigov.model import Finding, Observation, Waiver, WaiverState, WaiverUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from aigov.plan import PlannedRule


def active_waiver(
    planned: PlannedRule, observation: Observation | None, waivers: Sequence[Waiver], today: date
) -> str | None:
    """Return the id of the first waiver that covers a failed rule on these bytes on this day."""
    for waiver in waivers:
        names_it = (waiver.policy, waiver.control) == (planned.policy.id, planned.control.id)
        if (
            names_it
            and waiver.rule in (None, planned.rule.id)
            and _state(waiver, observation, today)[0] is WaiverState.ACTIVE
        ):
            return waiver.id
    return None


def uses_of(
    waivers: Sequence[Waiver],
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    today: date,
) -> tuple[WaiverUse, ...]:
    """Return every waiver with what became of it; none is left out."""
    by_key = {observation.key: observation for observation in observations}
    return tuple(_use(waiver, findings, by_key, today) for waiver in waivers)


def _use(waiver: Waiver, findings: Sequence[Finding], by_key: dict[str, Observation], today: date) -> WaiverUse:
    used = [finding for finding in findings if finding.waiver == waiver.id]
    if used:
        return WaiverUse(waiver, WaiverState.ACTIVE, msg("waiver.active", rule=used[0].id))
    meant = [
        finding
        for finding in findings
        if (waiver.policy, waiver.control) == (finding.policy, finding.control.id)
        and waiver.rule in (None, finding.rule.id)
    ]
    observation = by_key.get(meant[0].observation or "") if meant else None
    state, reason = _state(waiver, observation, today)
    if state is WaiverState.ACTIVE or (state is WaiverState.UNBOUND and observation is None):
        return WaiverUse(waiver, WaiverState.UNUSED, msg("waiver.unused"))
    return WaiverUse(waiver, state, reason)


def _state(waiver: Waiver, observation: Observation | None, today: date) -> tuple[WaiverState, Message]:
    if waiver.malformed is not None:
        return WaiverState.MALFORMED, waiver.malformed
    if waiver.expires is None or waiver.approved_on is None or not waiver.artifacts:
        return WaiverState.MALFORMED, msg("waiver.incomplete")
    if waiver.expires < today:
        return WaiverState.EXPIRED, msg("waiver.expired", on=waiver.expires.isoformat())
    if waiver.approved_on > today:
        return WaiverState.MALFORMED, msg("waiver.approved-later", on=waiver.approved_on.isoformat())
    audited = set(observation.inputs.values()) if observation else set()
    if not audited or not audited <= set(waiver.artifacts):
        return WaiverState.UNBOUND, msg("waiver.unbound")
    return WaiverState.ACTIVE, msg("waiver.valid")
