"""What was concluded from an observation under a rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from aigov.i18n import Message, say
from aigov.model.policy import Control, Rule, Severity


class Verdict(StrEnum):
    """The outcome of one rule."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    REVIEW = "review"
    NOT_ASSESSED = "not-assessed"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


class WaiverState(StrEnum):
    """What a waiver does; only `active` has an effect, and none changes a verdict."""

    ACTIVE = "active"
    EXPIRED = "expired"
    UNBOUND = "unbound"
    """Written for other bytes than those audited."""
    MALFORMED = "malformed"
    UNUSED = "unused"
    """Active, but nothing failed that it could waive."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted deviation: bound to bytes, justified, approved and limited in time."""

    id: str
    policy: str
    control: str
    rule: str | None
    artifacts: tuple[str, ...]
    """SHA-256 of every artifact for which it was granted."""
    justification: str
    approved_by: str
    approved_on: date | None
    expires: date | None
    """Last day on which it holds."""
    malformed: Message | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver and what became of it in this assessment."""

    waiver: Waiver
    state: WaiverState
    reason: Message


@dataclass(frozen=True, slots=True)
class Finding:
    """The judgement of one rule, said in one sentence."""

    policy: str
    control: Control
    rule: Rule
    verdict: Verdict
    reason: Message
    observation: str | None = None
    """Key of the observation that it rests on."""
    waiver: str | None = None
    """Id of the active waiver, where the verdict is `fail` and one applies."""

    @property
    def id(self) -> str:
        """`policy/control/rule`, unique in an assessment and stable between runs."""
        return f"{self.policy}/{self.control.id}/{self.rule.id}"

    @property
    def severity(self) -> Severity:
        """The rule's severity where it overrides the control's."""
        return self.control.severity if self.rule.severity is None else self.rule.severity

    @property
    def waived(self) -> bool:
        """Whether a fail does not block because of an active waiver."""
        return self.waiver is not None

    def sentence(self, lang: str = "en") -> str:
        """Return the reason in words, with number, unit, bound and place."""
        return say(self.reason, lang)
