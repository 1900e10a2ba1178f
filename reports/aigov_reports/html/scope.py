"""What was looked at, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import Assessment, Measured
from aigov_reports.limits import ROWS_SHOWN

if TYPE_CHECKING:
    from aigov.model import ArtifactSummary
    from aigov_reports.words import Words


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of an artifact."""

    name: str
    size: str
    sha256: str
    format: str


@dataclass(frozen=True, slots=True)
class ArtifactView:
    """One artifact with its files."""

    role: str
    name: str
    declared: str
    files: tuple[FileRow, ...]
    more: int
    size: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The boundary of the audit."""

    artifacts: tuple[ArtifactView, ...]
    absent: tuple[tuple[str, str, str], ...]
    """Role, name and reason of artifacts at which nothing could be looked."""
    context: tuple[tuple[str, str], ...]
    owner: tuple[tuple[str, str], ...]


def scope(assessment: Assessment, words: Words) -> Scope:
    """Return the artifacts that were and were not there, with the facts that decide which policy applies."""
    formats = _formats(assessment)
    subject = assessment.subject
    return Scope(
        tuple(_artifact(artifact, formats, words) for artifact in subject.artifacts if artifact.absent is None),
        tuple(
            (_role(a, words), _name(a, words), words.say(a.absent)) for a in subject.artifacts if a.absent is not None
        ),
        tuple((words.fact(name), words.fact(value)) for name, value in subject.context.items())[:ROWS_SHOWN],
        tuple((words.fact(name), words.fact(value)) for name, value in subject.owner.items())[:ROWS_SHOWN],
    )


def _formats(assessment: Assessment) -> dict[str, str]:
    found: dict[str, str] = {}
    for observation in assessment.observations:
        if isinstance(observation.outcome, Measured):
            for artifact in observation.outcome.artifacts:
                found.setdefault(artifact.path, artifact.format)
    return found


def _artifact(artifact: ArtifactSummary, formats: dict[str, str], words: Words) -> ArtifactView:
    rows = tuple(
        FileRow(words.fact(name), words.quantity(size, "bytes"), words.fact(sha256), words.fact(formats.get(name, "")))
        for name, size, sha256 in artifact.files[:ROWS_SHOWN]
    )
    size = words.quantity(sum(size for _, size, _ in artifact.files), "bytes")
    more = max(0, len(artifact.files) - ROWS_SHOWN)
    return ArtifactView(_role(artifact, words), _name(artifact, words), words.fact(artifact.declared), rows, more, size)


def _role(artifact: ArtifactSummary, words: Words) -> str:
    known = {"model", "dataset", "record", "signature"}
    return words.label(f"report.role.{artifact.role}") if artifact.role in known else words.fact(artifact.role)


def _name(artifact: ArtifactSummary, words: Words) -> str:
    """Return the name, or nothing where it only repeats the role."""
    return "" if artifact.name == artifact.role else words.fact(artifact.name)
