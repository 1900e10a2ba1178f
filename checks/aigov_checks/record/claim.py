"""One claim of a record and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from aigov import Agreement, Message
from aigov_checks.record.fields import Field


@dataclass(frozen=True, slots=True)
class Claim:
    """What a record says at one place."""

    field: Field
    said: Message


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim beside what was measured."""

    claim: Claim
    agreement: Agreement
    measured: Message
    open: bool = False
    """Whether it may turn out to be contradicted: it could be measured, and here it could not."""


def agrees(claim: Claim, measured: Message) -> Checked:
    """Return the claim as borne out."""
    return Checked(claim, Agreement.AGREES, measured)


def contradicts(claim: Claim, measured: Message) -> Checked:
    """Return the claim as refuted."""
    return Checked(claim, Agreement.CONTRADICTS, measured)


def compared(claim: Claim, measured: Message, *, same: bool) -> Checked:
    """Return the claim as borne out or refuted."""
    return agrees(claim, measured) if same else contradicts(claim, measured)


def beyond(claim: Claim, why: Message) -> Checked:
    """Return the claim as one that nothing in the subject can prove or refute."""
    return Checked(claim, Agreement.NOT_VERIFIABLE, why)


def unsettled(claim: Claim, why: Message) -> Checked:
    """Return the claim as one that could be measured, but was not here."""
    return Checked(claim, Agreement.NOT_VERIFIABLE, why, open=True)
