"""The check: one unit a file, the worst of its notes as its status, every note an occurrence."""

from __future__ import annotations

import mmap
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from aigov import (
    ArtifactStatus,
    FrozenMap,
    Interval,
    Json,
    Location,
    Measured,
    Measurement,
    MissingInputError,
    NotPerformed,
    Occurrence,
    Part,
    Split,
    Status,
    Subject,
    Tier,
    Unit,
    count,
    msg,
    split_check,
)
from aigov_checks.model.serialization.allowed import SerializationParams, listed_names
from aigov_checks.model.serialization.arrow_streams import EXTRA
from aigov_checks.model.serialization.documentation import DOC
from aigov_checks.model.serialization.formats import look
from aigov_checks.model.serialization.notes import Budget, Context, Note, Scanned
from aigov_checks.model.serialization.results import Result, from_json, to_json, with_outside_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aigov.model import File

_DETECTOR = "serialization@1"
_SMALL = 1 << 18
"""Bytes of a file that is read at once: mapping it costs more (256 KiB)."""
_TIERS = {Status.UNSAFE: Tier.VERIFIED, Status.SUSPICIOUS: Tier.FORMAT}
_REFERENCES = (
    ("zip.crc", ("CWE-354",)),
    ("zip.", ("CWE-345",)),
    ("pickle.", ("CWE-502", "AML.T0011.000")),
    ("joblib.", ("CWE-502", "AML.T0011.000")),
    ("skops.", ("CWE-502", "AML.T0011.000")),
    ("format.polyglot", ("CWE-502", "AML.T0011.000")),
    ("text.", ("CWE-829", "AML.T0011.000")),
    ("onnx.", ("CWE-829",)),
    ("archive.", ("CWE-829",)),
    ("torchscript.", ("CWE-829",)),
    ("model.code", ("CWE-94", "AML.T0011.000")),
    ("model.outside", ("CWE-73", "CWE-829")),
    ("model.reaches-out", ("CWE-73", "CWE-829")),
    ("model.custom", ("CWE-829",)),
    ("model.", ("CWE-20",)),
    ("keras.", ("CWE-829", "AML.T0011.000")),
    ("hdf5.user-block", ("CWE-345",)),
    ("hdf5.", ("CWE-73",)),
    ("xml.doctype", ("CWE-611", "CWE-776")),
    ("xml.", ("CWE-829",)),
    ("limit.", ("CWE-400",)),
    ("", ("CWE-20",)),
)
"""Type of an occurrence, by how it begins, to the ids of the field."""


def scan_file(path: Path, allow: Iterable[str] = ()) -> Scanned:
    """Return format and notes of a file; a large one is mapped, never read whole, and nothing in it is ever run.

    Raises:
        MissingInputError: the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size <= _SMALL:
                return scan_bytes(stream.read(size), allow)
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)  # closed with its last view
            return look(memoryview(mapped), _context(allow))
    except OSError as error:
        raise MissingInputError(msg("serialization.unreadable", name=path.name)) from error


def scan_bytes(data: bytes, allow: Iterable[str] = ()) -> Scanned:
    """Return format and notes of a file in memory."""
    return look(memoryview(data), _context(allow))


def _context(allow: Iterable[str]) -> Context:
    return Context(frozenset(allow), Budget(), look)


def _split(subject: Subject, params: SerializationParams) -> Sequence[Unit]:
    """Return a unit a file; what a signed list allows is part of what decides its result."""
    names = tuple(listed_names(subject, params))
    listed = {"allowed": names} if names else {}
    return [
        Unit(FrozenMap({"sha256": file.sha256, "size": file.size, **listed}), FrozenMap({"path": str(file.path)}))
        for file in _files(subject)
    ]


def _unit(unit: Unit, params: SerializationParams) -> Json:
    allow = (*params.allow, *unit.content.get("allowed", ()))
    return to_json(scan_file(Path(unit.where["path"]), allow))


def _combine(subject: Subject, _params: SerializationParams, parts: Sequence[Part]) -> Measured | NotPerformed:
    files = _files(subject)
    if not files:
        return NotPerformed(msg("serialization.in-memory"))
    by_digest = {part.unit.content["sha256"]: from_json(part.result) for part in parts}
    results = with_outside_data({file.name: by_digest[file.sha256] for file in files})
    occurrences = [_occurrence(name, found) for name, result in results.items() for found in result.occurrences]
    statuses = [ArtifactStatus(name, r.format, r.status, r.reason) for name, r in results.items()]
    return Measured(FrozenMap(_measurements(list(results.values()))), tuple(occurrences), tuple(statuses))


def _files(subject: Subject) -> list[File]:
    """Return the files of every model, each once; live objects have none."""
    models = subject.models or (subject.model(),)
    found = {file.name: file for model in models if not model.live for file in model.files}
    return [found[name] for name in sorted(found)]


def _occurrence(path: str, found: Note) -> Occurrence:
    references = next(ids for start, ids in _REFERENCES if found.type.startswith(start))
    return Occurrence(
        type=found.type,
        location=Location(path, byte_start=found.offset),
        message=found.message,
        tier=_TIERS.get(found.status, Tier.CONTEXT),
        detector=_DETECTOR,
        category=FrozenMap({"status": found.status.value}),
        references=references,
    )


def _measurements(results: list[Result]) -> dict[str, Measurement]:
    """Return the counts; where files were not read, the others are at most that much larger."""
    found = Counter(result.status for result in results)
    unread = found[Status.NOT_COVERED]
    half_read = sum(1 for result in results if result.partial and result.status is Status.SUSPICIOUS)
    return {
        "files": count(len(results)),
        "files_clean": _at_least(found[Status.CLEAN], unread),
        "files_suspicious": _at_least(found[Status.SUSPICIOUS], unread),
        "files_unsafe": _at_least(found[Status.UNSAFE], unread + half_read),
        "files_not_covered": count(unread),
        "covered_share": Measurement((len(results) - unread) / len(results), "ratio", n=len(results)),
    }


def _at_least(known: int, open_: int) -> Measurement:
    if open_ == 0:
        return count(known)
    limits = msg("serialization.open-count", files=open_)
    return Measurement(float(known), "count", Interval(float(known), float(known + open_)), limits=limits)


serialization = split_check(
    id="model.serialization",
    title="Code hidden in model files",
    inputs=("model",),
    measures={
        "files": "count",
        "files_clean": "count",
        "files_suspicious": "count",
        "files_unsafe": "count",
        "files_not_covered": "count",
        "covered_share": "ratio",
    },
    params=SerializationParams,
    parts=Split(_split, _unit, _combine),
    extras=(EXTRA,),
    doc=DOC,
)
