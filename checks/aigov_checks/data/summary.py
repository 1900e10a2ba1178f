"""From the parts of a scan to its measurements, occurrences and the state of every file."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aigov import (
    ArtifactStatus,
    FrozenMap,
    Interval,
    Json,
    Location,
    Measured,
    Measurement,
    Message,
    NotPerformed,
    Occurrence,
    Part,
    Redacted,
    Status,
    Subject,
    Tier,
    count,
    msg,
    ratio,
)
from aigov_checks.data import gate, names_coverage
from aigov_checks.data.detectors import load
from aigov_checks.data.split import Params, entities_of, in_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEASURES = FrozenMap(
    {
        "records": "count",
        "records_affected": "count",
        "affected_share": "ratio",
        "occurrences": "count",
        "files_not_covered": "count",
        "covered_share": "ratio",
    },
)
"""What both checks measure; `occurrences[type=...]` in addition, for every type that was looked for."""
_BROKEN = ("damaged", "bomb")
"""Problems after which the rest of a file was not read."""
_LOSSES = ("undecodable", "binary-column", "changed", *_BROKEN)
"""Problems after which something may have been missed; the others were scanned in another way."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """Everything that was seen in one file or live object."""

    name: str
    format: str
    size: int
    parts: tuple[Json, ...]

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
        """Whether nothing can have been missed."""
        return not self.reason and not any(self.problems[loss] for loss in _LOSSES)


def summarise(family: str, subject: Subject, params: Params, parts: Sequence[Part]) -> Measured | NotPerformed:
    """Return the observation of one family; not performed where the data sets hold no records at all."""
    files = tuple(_files(subject, params, parts))
    if all(file.complete for file in files) and not sum(file.total("records") for file in files):
        return NotPerformed(msg("data.no-records", datasets=tuple(d.name for d in in_scope(subject, params))))
    listed = sorted((occurrence for file in files for occurrence in _occurrences(family, file)), key=_order)
    total = sum(sum(file.counts.values()) for file in files)
    notes = (*_notes(files, total, min(len(listed), params.max_listed)), *names_coverage.notes(family, params))
    return Measured(
        FrozenMap(_measurements(family, params, files)),
        occurrences=tuple(listed[: params.max_listed]),
        artifacts=tuple(_status(file) for file in files),
        facts=FrozenMap({"engine": gate.best_engine(), "detectors": len(load(family, entities_of(params)))}),
        notes=notes,
    )


def _files(subject: Subject, params: Params, parts: Sequence[Part]) -> Iterator[FileResult]:
    by_content: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        key = (part.unit.content["sha256"], part.unit.content.get("live", ""))
        by_content.setdefault(key, []).append(part)
    seen = set()
    for dataset in in_scope(subject, params):
        if dataset.live:
            found = [part for (_, name), listed in by_content.items() if name == dataset.name for part in listed]
            yield FileResult(dataset.name, "object", 1, tuple(part.result for part in found))
            continue
        for file in dataset.files:
            if file.name in seen:
                continue
            seen.add(file.name)
            found = _of_this_name(by_content.get((file.sha256, ""), []), str(file.path))
            format_ = found[0].unit.content["format"] if found else "unknown"
            yield FileResult(file.name, format_, file.size, tuple(_shifted(found)))


def _of_this_name(parts: Sequence[Part], path: str) -> list[Part]:
    """Return the parts of a file in order; of two files with equal bytes, those that were read under its own path."""
    own = [part for part in parts if part.unit.where.get("path") == path] or list(parts)
    ranges = {(part.unit.content["start"], part.unit.content["end"]): part for part in own}
    return [ranges[cut] for cut in sorted(ranges)]


def _shifted(parts: Sequence[Part]) -> Iterator[Json]:
    """Yield the results of the parts of a file with records and lines counted from its beginning."""
    records = lines = 0
    for part in parts:
        result: Json = part.result
        moved = [
            {
                **row,
                "record": row["record"] + records,
                "line": None if row["line"] is None else row["line"] + lines,
            }
            for row in result["occurrences"]
        ]
        yield {**result, "occurrences": moved}
        records += result["records"]
        lines += result["lines"]


def _occurrences(family: str, file: FileResult) -> Iterator[Occurrence]:
    for row in (row for part in file.parts for row in part["occurrences"]):
        place = Location(
            file.name,
            **{name: row[name] for name in ("record", "line", "pointer", "start", "end", "byte_start", "byte_end")},
        )
        yield Occurrence(
            type=row["type"],
            location=place,
            message=msg(f"data.occurrence-{family}", type=msg(f"data.type.{row['type']}")),
            tier=Tier(row["tier"]),
            detector=row["detector"],
            masked=Redacted(row["masked"]),
            digest=row["digest"],
            category=FrozenMap(row["category"]),
            references=("CWE-798",) if family == "secrets" else (),
        )


def _order(occurrence: Occurrence) -> tuple[str, int, int, str, int]:
    place = occurrence.location
    return place.path, place.record or 0, place.line or 0, place.pointer or "", place.start or 0


def _measurements(family: str, params: Params, files: Sequence[FileResult]) -> dict[str, Measurement]:
    records = sum(file.total("records") for file in files)
    affected = sum(file.total("affected") for file in files)
    counts = sum((file.counts for file in files), Counter())
    known = {detector.type for detector in load(family, entities_of(params))}
    types = sorted(name for name in known if not params.types or name in params.types)
    size = sum(file.size for file in files)
    covered = sum(_covered_bytes(file) for file in files)
    found = {
        "records": count(records),
        "records_affected": count(affected),
        "affected_share": ratio(min(affected, records), records),
        "occurrences": count(sum(counts.values())),
        **{f"occurrences[type={name}]": count(counts[name]) for name in types},
    }
    if not all(file.complete for file in files):
        limits = msg("data.coverage-lost", files=tuple(file.name for file in files if not file.complete)[:5])
        found = {name: _open(value, limits) for name, value in found.items()}
    found = names_coverage.declared(found, params)
    found["files_not_covered"] = count(sum(bool(file.reason) for file in files))
    found["covered_share"] = Measurement(covered / size if size else math.nan, "ratio")
    return found


def _covered_bytes(file: FileResult) -> int:
    return 0 if file.reason or any(file.problems[broken] for broken in _BROKEN) else file.size


def _open(value: Measurement, limits: Message) -> Measurement:
    """Return a measurement whose true value may be larger, because something was not read."""
    high = 1.0 if value.unit == "ratio" else math.inf
    return replace(value, interval=Interval(value.low, high), limits=limits)


def _status(file: FileResult) -> ArtifactStatus:
    if file.reason:
        return ArtifactStatus(file.name, file.format, Status.NOT_COVERED, msg(file.reason, format=file.format))
    total = sum(file.counts.values())
    if total:
        types = tuple(msg(f"data.type.{name}") for name in sorted(file.counts))
        reason = msg("data.reason-found", count=total, types=types)
        return ArtifactStatus(file.name, file.format, Status.SUSPICIOUS, reason)
    broken = next((problem for problem in _BROKEN if file.problems[problem]), "")
    if broken:
        return ArtifactStatus(
            file.name, file.format, Status.NOT_COVERED, msg(f"data.reason-{broken}", format=file.format)
        )
    if file.problems["changed"]:
        return ArtifactStatus(file.name, file.format, Status.NOT_COVERED, msg("data.reason-changed"))
    if not file.complete:
        lines, columns = file.problems["undecodable"], file.problems["binary-column"]
        reason = msg("data.reason-partly", lines=lines, columns=columns)
        return ArtifactStatus(file.name, file.format, Status.NOT_COVERED, reason)
    textless = bool(file.parts) and all(part["textless"] for part in file.parts)
    return ArtifactStatus(file.name, file.format, Status.CLEAN, msg("data.reason-textless") if textless else None)


def _notes(files: Sequence[FileResult], total: int, listed: int) -> tuple[Message, ...]:
    notes = [msg("data.note-exact")]
    if listed < total:
        notes.append(msg("data.note-listed", listed=listed, total=total))
    for file in files:
        for problem, times in sorted(file.problems.items()):
            notes.append(msg(f"data.note-{problem}", path=file.name, count=times))
    return tuple(notes)
