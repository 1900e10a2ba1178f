"""What a check saw: numbers, places and proof, and never a judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from aigov.i18n import FrozenMap, Message
from aigov.model.measurement import Measurement
from aigov.model.pictures import Example, Figure

Redacted = NewType("Redacted", str)
"""Text in which nothing personal is left; only `aigov.redact` makes it."""

Fact = str | int | float | bool


class Status(StrEnum):
    """What a check can say about one file."""

    CLEAN = "clean"
    SUSPICIOUS = "suspicious"
    UNSAFE = "unsafe"
    NOT_COVERED = "not-covered"


class Tier(StrEnum):
    """How sure a detector is: check digit and structure, structure alone, or the words around it."""

    VERIFIED = "verified"
    FORMAT = "format"
    CONTEXT = "context"


class Agreement(StrEnum):
    """How a claim compares with what was measured."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    NOT_VERIFIABLE = "not-verifiable"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in an artifact. Offsets are half-open; what does not apply is None."""

    path: str
    """As reports show it: relative to the subject, with forward slashes."""
    record: int | None = None
    """0-based row."""
    line: int | None = None
    """1-based line of the file."""
    pointer: str | None = None
    """JSON pointer into the record, or the column."""
    start: int | None = None
    end: int | None = None
    """Character offsets in that value."""
    byte_start: int | None = None
    byte_end: int | None = None
    """Byte offsets in the file."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One problem at one place. Severity is the policy's business; confidence (tier) is the detector's."""

    type: str
    """What was found, as a stable id such as `cn.resident-id` or `pickle.global`."""
    location: Location
    message: Message
    tier: Tier = Tier.FORMAT
    detector: str = ""
    """Detector id and version, `cn.resident-id@1`."""
    masked: Redacted | None = None
    digest: str | None = None
    """Keyed hash of the value, `hmac-sha256:<hex>`: equal values can be matched, none can be read."""
    category: FrozenMap[str, str] = field(default_factory=FrozenMap)
    """Category of the type under each standard's edition."""
    references: tuple[str, ...] = ()
    """Ids of the field, `CWE-502` or `AML.T0011.000`."""


@dataclass(frozen=True, slots=True)
class ArtifactStatus:
    """What the check can say about one file."""

    path: str
    format: str
    status: Status
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim of a record beside what was measured."""

    claim: Message
    measured: Message
    agreement: Agreement
    location: Location


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as data; reporters draw them. Each row has one cell a column."""

    title: Message
    columns: tuple[Message, ...]
    rows: tuple[tuple[Message, ...], ...]
    total: int
    """Rows there are; the first of them are given."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that proves a measurement, kept beside the report."""

    path: str
    sha256: str
    media_type: str
    description: Message


@dataclass(frozen=True, slots=True)
class Measured:
    """The check ran. `occurrences` may be cut to a readable number; `occurrences_total` never is."""

    measurements: FrozenMap[str, Measurement]
    occurrences: tuple[Occurrence, ...] = ()
    artifacts: tuple[ArtifactStatus, ...] = ()
    facts: FrozenMap[str, Fact] = field(default_factory=FrozenMap)
    """How it was measured: seeds, stages, versions of what the number depends on."""
    comparisons: tuple[Comparison, ...] = ()
    figures: tuple[Figure, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[Message, ...] = ()
    """What a reader must know to read the numbers rightly (a stage that did not run, a warning)."""
    tables: tuple[Table, ...] = ()
    examples: tuple[Example, ...] = ()
    """Single samples that show what the numbers mean."""

    def __post_init__(self) -> None:
        """Accept plain dictionaries from check authors."""
        if not isinstance(self.measurements, FrozenMap):
            object.__setattr__(self, "measurements", FrozenMap(self.measurements))
        if not isinstance(self.facts, FrozenMap):
            object.__setattr__(self, "facts", FrozenMap(self.facts))


@dataclass(frozen=True, slots=True)
class NotPerformed:
    """The check could not run, and why."""

    reason: Message


@dataclass(frozen=True, slots=True)
class Crashed:
    """The check broke; the error is ours to fix, and nothing was concluded from it."""

    error: str
    """Type and text of the exception, redacted to one line."""


Outcome = Measured | NotPerformed | Crashed


@dataclass(frozen=True, slots=True)
class Observation:
    """The outcome of one check with one set of parameters on one set of artifacts."""

    key: str
    """Stable id within an assessment, `model.robustness#1`."""
    check: str
    version: int
    parameters: FrozenMap[str, Fact | tuple[str | float, ...] | None]
    inputs: FrozenMap[str, str]
    """Path of every artifact that was handed over, and its SHA-256."""
    outcome: Outcome
