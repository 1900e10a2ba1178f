"""All findings about one subject, with where they come from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from aigov.errors import NonConformant
from aigov.i18n import FrozenMap, Message, Text, msg
from aigov.model.finding import Finding, Verdict, WaiverUse
from aigov.model.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aigov.model.policy import Severity
from aigov.model.tally import ORDER, Tally


class Conclusion(StrEnum):
    """What an assessment says as a whole."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non-conformant"
    INCOMPLETE = "incomplete"
    """Nothing failed, but something is inconclusive, not assessed, in error or awaits a person."""


@dataclass(frozen=True, slots=True)
class ArtifactSummary:
    """One artifact as reports list it."""

    name: str
    role: str
    declared: str
    files: tuple[tuple[str, int, str], ...]
    """Name, size in bytes and SHA-256 of each file."""
    absent: Message | None = None


@dataclass(frozen=True, slots=True)
class SubjectSummary:
    """What was audited, without its contents."""

    name: str
    version: str
    title: Text | None
    owner: FrozenMap[str, str]
    context: FrozenMap[str, str]
    """Facts as text, in declared order."""
    artifacts: tuple[ArtifactSummary, ...]
    source: str


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """A policy as it was applied, without its rules (those are in the findings)."""

    id: str
    edition: str
    title: Text
    status: str
    sha256: str
    path: str
    applicable: bool
    reason: Message
    """Why it applies or does not."""
    controls: int
    rules: int
    issued: date | None = None
    issuer: Text | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """A check as it ran: its documentation and whose code it is."""

    id: str
    version: int
    title: str
    doc: FrozenMap[str, str]
    """Section (`what`, `why`, `how`, `limits`, `references`) to text."""
    distribution: str
    distribution_version: str


@dataclass(frozen=True, slots=True)
class Run:
    """The circumstances; everything that may differ between two runs with the same result."""

    started: datetime
    ended: datetime
    aigov_version: str
    python_version: str
    platform: str
    engine: str
    seconds: FrozenMap[str, float] = field(default_factory=FrozenMap)
    """Observation key to processor time of its units, in seconds."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that a report may say."""

    subject: SubjectSummary
    as_of: date
    policies: tuple[PolicySummary, ...]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    checks: tuple[CheckSummary, ...]
    waivers: tuple[WaiverUse, ...]
    run: Run

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Findings that fail and are not waived, gravest first."""
        failing = (f for f in self.findings if f.verdict is Verdict.FAIL and not f.waived)
        return tuple(sorted(failing, key=lambda f: -f.severity))

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings on which nothing was concluded, gravest first."""
        undecided = {Verdict.INCONCLUSIVE, Verdict.REVIEW, Verdict.NOT_ASSESSED, Verdict.ERROR}
        return tuple(sorted((f for f in self.findings if f.verdict in undecided), key=lambda f: -f.severity))

    @property
    def conclusion(self) -> Conclusion:
        """Whether the subject conforms; `incomplete` also where nothing was judged."""
        if self.failed:
            return Conclusion.NON_CONFORMANT
        judged = [f for f in self.findings if f.verdict is not Verdict.NOT_APPLICABLE]
        return Conclusion.INCOMPLETE if self.open or not judged else Conclusion.CONFORMANT

    @property
    def counts(self) -> FrozenMap[Verdict, int]:
        """How many findings have each verdict, zeros included."""
        found = Counter(f.verdict for f in self.findings)
        return FrozenMap({verdict: found[verdict] for verdict in Verdict})

    def control_verdicts(self) -> tuple[tuple[str, Finding], ...]:
        """Return (policy id, deciding finding) a control: the worst verdict of its rules, in policy order."""
        worst: dict[tuple[str, str], Finding] = {}
        for finding in self.findings:
            key = (finding.policy, finding.control.id)
            if key not in worst or _GRAVITY.index(finding.verdict) < _GRAVITY.index(worst[key].verdict):
                worst[key] = finding
        return tuple((policy, finding) for (policy, _), finding in worst.items())

    @property
    def tally(self) -> Tally:
        """The controls counted by the verdict that decides each."""
        found = Counter(finding.verdict for _, finding in self.control_verdicts())
        blocking = {(finding.policy, finding.control.id) for finding in self.failed}
        return Tally(FrozenMap({verdict: found[verdict] for verdict in ORDER}), len(blocking))

    def observation(self, key: str | None) -> Observation | None:
        """Return the observation with that key."""
        return next((o for o in self.observations if o.key == key), None)

    def blocking(self, fail_on: Severity) -> tuple[Finding, ...]:
        """Return the unwaived failed findings at or above a severity."""
        return tuple(f for f in self.failed if f.severity >= fail_on)

    def raise_if_failed(self) -> None:
        """Do nothing if conformant.

        Raises:
            NonConformant: something failed, or nothing could be concluded; the text names the findings.
        """
        if self.conclusion is Conclusion.CONFORMANT:
            return
        reasons = tuple(f.reason for f in (*self.failed, *self.open)[:10])
        raise NonConformant(
            msg(
                "assessment.not-conformant",
                subject=self.subject.name,
                conclusion=self.conclusion.value,
                reasons=reasons,
            )
        )

    def write(
        self, folder: str | Path, formats: Sequence[str] = ("html", "json"), lang: str = "en"
    ) -> tuple[Path, ...]:
        """Write one report a format into `folder` and return their paths; see `aigov.publish.write_reports`."""
        from aigov.publish import write_reports  # the vocabulary does no I/O; ADR 0002

        return write_reports(self, folder, formats, lang)


_GRAVITY = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_ASSESSED,
    Verdict.REVIEW,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
