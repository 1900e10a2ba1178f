"""What both checks find in one file: their own scan, with every place in a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING

from aigov import Dataset, Json, Role, Subject, Unit
from aigov_checks.data.evidence import rows_of, with_evidence
from aigov_checks.data.file_result import FileResult
from aigov_checks.data.pii import PiiParams
from aigov_checks.data.scan import scan_unit
from aigov_checks.data.secrets import SecretsParams
from aigov_checks.data.split import units

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aigov.model import File

_FAMILIES = (("secrets", SecretsParams(max_listed=0)), ("pii", PiiParams(max_listed=0, edition="", combination="")))


@dataclass(frozen=True, slots=True)
class Found:
    """The units of a file with what each family saw in them."""

    units: tuple[Unit, ...]
    results: tuple[FileResult, ...]
    """One a family."""

    @property
    def format(self) -> str:
        """Format of the file."""
        return self.results[0].format

    @property
    def encoding(self) -> str:
        """Encoding of a text file; empty for others."""
        encoding: str = self.units[0].content["encoding"] if self.units else ""
        return encoding

    @property
    def values(self) -> int:
        """Values that were found."""
        return sum(sum(result.counts.values()) for result in self.results)

    @property
    def complete(self) -> bool:
        """Whether nothing can have been missed."""
        return all(result.complete for result in self.results)

    @property
    def reason(self) -> str:
        """Why the file is not covered at all."""
        return self.results[0].reason

    def problem(self, name: str) -> bool:
        """Whether a file had a problem of that kind."""
        return any(result.problems[name] for result in self.results)

    def rows(self, unit: Unit) -> Iterator[Json]:
        """Yield the places of a unit by where their records begin; a secret first."""
        own = [_marked(family, params, unit) for family, params in _FAMILIES]
        return merge(*own, key=lambda row: (row["at"] or 0, row["record"]))

    def records(self, unit: Unit) -> set[int]:
        """Return the records of a unit in which anything was found."""
        return {row["record"] for row in self.rows(unit)}


def _marked(family: str, params: PiiParams | SecretsParams, unit: Unit) -> Iterator[Json]:
    for row in rows_of(family, unit, params):
        yield {**row, "secret": family == "secrets"}


def find(file: File, folder: Path) -> Found:
    """Return what is in a file; `folder` keeps the places."""
    dataset = Dataset("data", Role.DATASET, found=(file,))
    subject = Subject("redact", datasets=(dataset,), evidence_folder=folder)
    results = []
    own: tuple[Unit, ...] = ()
    for family, params in _FAMILIES:
        own = with_evidence(subject, units(subject, params))
        parts = tuple(scan_unit(family, unit, params) for unit in own)
        format_ = own[0].content["format"] if own else "unknown"
        results.append(FileResult(file.name, format_, file.size, parts, own))
    return Found(own, tuple(results))
