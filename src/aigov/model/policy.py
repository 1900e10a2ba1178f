"""What is required: policies, controls, rules and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum

from aigov.i18n import FrozenMap, Text

Scalar = str | int | float | bool


class Severity(IntEnum):
    """How much a violated control matters; the policy's author decides."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case name that files and reports use."""
        return self.name.lower()


class Verification(StrEnum):
    """How a citation was checked: in the issuer's text, in somebody's rendering of it, or not at all."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


class Covers(StrEnum):
    """Whether passing the rule answers the whole control or a part of it."""

    FULL = "full"
    PARTIAL = "partial"


class Stricter(StrEnum):
    """Which direction of a parameter asks more of the subject."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an obligation stands, and how that was verified."""

    ref: str
    verified: Verification
    checked: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A control's relation to an item of another framework, keyed by edition."""

    framework: str
    id: str
    relation: str


@dataclass(frozen=True, slots=True)
class Bound:
    """What a measurement must satisfy over its whole interval; exactly one of the three is set."""

    measurement: str
    min: float | None = None
    max: float | None = None
    equals: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate over the context facts of a subject.

    `op` is `all`, `any` or `not` with `of`, or one of `equals`, `contains`, `in`, `exists` with `fact` and `value`.
    A fact that is not declared satisfies nothing but `exists: false`.
    """

    op: str
    of: tuple[Condition, ...] = ()
    fact: str = ""
    value: Scalar | tuple[Scalar, ...] | None = None


@dataclass(frozen=True, slots=True)
class PolicyParameter:
    """A number of a policy that a user may tighten."""

    type: str
    default: float
    stricter: Stricter
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One automated test of a control, or a question that only a person can answer."""

    id: str
    check: str | None = None
    parameters: FrozenMap[str, object] = field(default_factory=FrozenMap)
    when: Condition | None = None
    require: tuple[Bound, ...] = ()
    covers: Covers = Covers.PARTIAL
    severity: Severity | None = None
    remediation: Text | None = None
    question: Text | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """One obligation."""

    id: str
    title: Text
    citation: Citation
    severity: Severity
    rules: tuple[Rule, ...]
    maps_to: tuple[Mapping, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A rulebook in one edition."""

    id: str
    edition: str
    title: Text
    status: str
    sha256: str
    controls: tuple[Control, ...]
    issued: date | None = None
    applies_from: date | None = None
    issuer: Text | None = None
    applies: Condition | None = None
    parameters: FrozenMap[str, PolicyParameter] = field(default_factory=FrozenMap)
    note: Text | None = None
    path: str = ""
