"""What a scan can say about one file, from the results of its parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import ArtifactStatus, Json, Status, Unit, msg
from aigov_checks.data.files import TEXT_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov import Dataset, Message, Part
    from aigov.model import File

BROKEN = ("damaged", "bomb")
"""Problems after which the rest of a file was not read."""
_LOSSES = ("undecodable", "binary-column", "changed", *BROKEN)
"""Problems after which something may have been missed; the others were scanned in another way."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """Everything that was seen in one file or live object."""

    name: str
    format: str
    size: int
    parts: tuple[Json, ...]
    units: tuple[Unit, ...]

    def total(self, field: str) -> int:
        """Return the sum of one count over the parts."""
        return sum(part[field] for part in self.parts)

    @property
    def counts(self) -> Counter[str]:
        """Occurrences by type."""
        return sum((Counter(part["counts"]) for part in self.parts), Counter())

    @property
    def problems(self) -> Counter[str]:
        """What could not be read as it should be, by kind."""
        return sum((Counter(part["problems"]) for part in self.parts), Counter())

    @property
    def reason(self) -> str:
        """Why the file is not covered at all; empty where it is."""
        return next((part["reason"] for part in self.parts if part["reason"]), "")

    @property
    def complete(self) -> bool:
        """Whether nothing can have been missed in what was looked at."""
        return not self.reason and not any(self.problems[loss] for loss in _LOSSES)

    @property
    def sampled(self) -> bool:
        """Whether only a part of it was looked at, or none."""
        return not self.parts or any(part["clusters"]["fraction"] < 1 for part in self.parts)

    @property
    def scanned(self) -> float:
        """Bytes that were looked at; of a table the share of its rows."""
        return min(float(self.size), sum(map(self._bytes, self.units)))

    def _bytes(self, unit: Unit) -> float:
        content = unit.content
        sample = content.get("sample", {})
        if content["format"] in TEXT_FORMATS:
            found: float = sample.get("bytes", content["end"] - content["start"])
            return found
        share: float = sample.get("fraction", 1.0)
        return self.size * share / len(self.units)

    @property
    def covered(self) -> int:
        """Bytes of a file that can be read to its end."""
        return 0 if self.reason or any(self.problems[broken] for broken in BROKEN) else self.size

    def offsets(self) -> Iterator[tuple[Unit, int, int]]:
        """Yield each unit with the records and lines that stand before it."""
        records = lines = 0
        for unit, part in zip(self.units, self.parts, strict=True):
            yield unit, records, lines
            records += part["records"]
            lines += part["lines"]


def of_object(dataset: Dataset, parts: Sequence[Part]) -> FileResult:
    """Return the result of a live data set."""
    return FileResult(dataset.name, "object", 1, *_results(parts))


def of_file(file: File, parts: Sequence[Part]) -> FileResult:
    """Return the result of a file; of two files with equal bytes the parts that were read under its own path."""
    own = [part for part in parts if part.unit.where.get("path") == str(file.path)] or list(parts)
    ranges = {(part.unit.content["start"], part.unit.content["end"]): part for part in own}
    found = [ranges[cut] for cut in sorted(ranges)]
    format_ = found[0].unit.content["format"] if found else "unknown"
    return FileResult(file.name, format_, file.size, *_results(found))


def moved(row: Json, records: int, lines: int) -> Json:
    """Return a place with its record and line counted from the beginning of the file."""
    return {
        **row,
        "record": None if row["record"] is None else row["record"] + records,
        "line": None if row["line"] is None else row["line"] + lines,
    }


def status_of(file: FileResult) -> ArtifactStatus:
    """Return what can be said about the file: clean needs that all of it was read."""
    status, reason = _status(file)
    return ArtifactStatus(file.name, file.format, status, reason)


def _status(file: FileResult) -> tuple[Status, Message | None]:
    if file.reason:
        return Status.NOT_COVERED, msg(file.reason, format=file.format)
    total = sum(file.counts.values())
    if total:
        types = tuple(msg(f"data.type.{name}") for name in sorted(file.counts))
        return Status.SUSPICIOUS, msg("data.reason-found", count=total, types=types)
    broken = next((problem for problem in (*BROKEN, "changed") if file.problems[problem]), "")
    if broken:
        return Status.NOT_COVERED, msg(f"data.reason-{broken}", format=file.format)
    if not file.complete:
        lines, columns = file.problems["undecodable"], file.problems["binary-column"]
        return Status.NOT_COVERED, msg("data.reason-partly", lines=lines, columns=columns)
    if file.sampled and file.size:
        return Status.NOT_COVERED, msg("corpus.reason-sample", share=_share(file))
    textless = bool(file.parts) and all(part["textless"] for part in file.parts)
    return Status.CLEAN, msg("data.reason-textless") if textless else None


def _share(file: FileResult) -> float:
    return round(100 * file.scanned / file.size, 1)


def _results(parts: Sequence[Part]) -> tuple[tuple[Json, ...], tuple[Unit, ...]]:
    return tuple(part.result for part in parts), tuple(part.unit for part in parts)
