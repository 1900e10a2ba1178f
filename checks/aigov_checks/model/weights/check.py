"""The check: one unit a file; its result is the manifest of the file's tensors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aigov import (
    ArtifactStatus,
    Evidence,
    FrozenMap,
    Json,
    Location,
    Measured,
    Message,
    NotPerformed,
    Occurrence,
    Part,
    Split,
    Status,
    Subject,
    Tier,
    Unit,
    UnsupportedInputError,
    msg,
    need,
    split_check,
)
from aigov_checks.model.weights.documentation import DOC
from aigov_checks.model.weights.low_bits import Blocks
from aigov_checks.model.weights.numbers import measurements
from aigov_checks.model.weights.reading import tensors_of
from aigov_checks.model.weights.rows import look_at_rows
from aigov_checks.model.weights.statistics import measured
from aigov_checks.model.weights.tensors import Unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.model import File

_DETECTOR = "weights@1"
_MOST_NOTES = 100
_SAMPLED = 8
"""One block in so many is tested for payloads where blocks are sampled."""


@dataclass(frozen=True, slots=True)
class WeightsParams:
    """Parameters that a policy may set."""

    statistics: Literal["full", "finite"] = "full"
    """Minimum, maximum and mean of every tensor and its rows, or only what non-finite values need."""
    payload: Literal["all", "sampled", "off"] = "all"
    """Blocks whose lowest bits are tested: all, one in eight, or none."""


def manifest(path: Path, params: WeightsParams) -> dict[str, Json]:
    """Return the tensors of a file with digests and statistics, what could not be read, and what stands out.

    Raises:
        MissingInputError: the file cannot be opened.
        MissingExtraError: numpy is not installed.
    """
    numpy = need("numpy", "robustness")
    blocks = Blocks(numpy, _SAMPLED if params.payload == "sampled" else 1)
    format_, found = tensors_of(path)
    tensors: list[Json] = []
    unread: list[Json] = []
    rows: dict[str, Json] = {}
    with numpy.errstate(all="ignore"):  # values that are no numbers are counted, not complained about
        for tensor in found:
            if isinstance(tensor, Unread):
                unread.append([tensor.reason, tensor.name])
                continue
            full = params.statistics == "full"
            tensors.append(measured(tensor, numpy, blocks if params.payload != "off" else None, means=full))
            seen = look_at_rows(tensor, numpy) if full else None
            if seen is not None:
                rows[tensor.name] = [seen.dead, seen.duplicate, list(seen.outliers)]
    last = next(reversed(rows), None)
    odd = [[name, block.start, block.statistic] for name, block in blocks.flagged()]
    return {
        "schema": "aigov/tensors/v1",
        "format": format_,
        "tensors": tensors,
        "unread": unread,
        "low_bits": {"tested": blocks.tested, "sampled": params.payload == "sampled", "flagged": odd},
        "rows": {name: row for name, row in rows.items() if any(row[:2]) or (name == last and row[2])},
    }


def files_of(subject: Subject) -> list[File]:
    """Return the files of every model, each once."""
    models = subject.models or (subject.model(),)
    found = {file.name: file for model in models if not model.live for file in model.files}
    return [found[name] for name in sorted(found)]


def _split(subject: Subject, _params: WeightsParams) -> Sequence[Unit]:
    """One unit a file; a file that others lie beside may read its tensors from them, so they are part of its key."""
    files = files_of(subject)
    folders: dict[Path, list[str]] = {}
    for file in files:
        folders.setdefault(file.path.parent, []).append(file.sha256)
    beside = {folder: hashlib.sha256("".join(sorted(d)).encode()).hexdigest() for folder, d in folders.items()}
    return [
        Unit(
            FrozenMap({"sha256": file.sha256, "size": file.size, "beside": beside[file.path.parent]}),
            FrozenMap({"path": str(file.path)}),
        )
        for file in files
    ]


def _unit(unit: Unit, params: WeightsParams) -> Json:
    return manifest(Path(unit.where["path"]), params)


def _combine(subject: Subject, _params: WeightsParams, parts: Sequence[Part]) -> Measured | NotPerformed:
    files = files_of(subject)
    if not files:
        return NotPerformed(msg("serialization.in-memory"))
    by_path = {part.unit.where["path"]: part.result for part in parts}
    results = {file.name: by_path[str(file.path)] for file in files}
    if not any(result["tensors"] or result["unread"] for result in results.values()):
        return NotPerformed(msg("weights.none"))
    notes = [note for name, result in results.items() for note in _notes(name, result)]
    return Measured(
        FrozenMap(measurements(list(results.values()))),
        tuple(occurrence for name, result in results.items() for occurrence in _occurrences(name, result)),
        tuple(_status(name, result) for name, result in results.items()),
        evidence=tuple(e for name, result in results.items() for e in _evidence(subject, name, result)),
        notes=tuple(notes[:_MOST_NOTES]),
    )


def _occurrences(path: str, result: Json) -> list[Occurrence]:
    found = [
        Occurrence(
            "weights.nonfinite",
            Location(path, pointer=tensor["name"], byte_start=tensor["offset"] if tensor["offset"] >= 0 else None),
            msg("weights.nonfinite", name=tensor["name"], nan=tensor["nan"], inf=tensor["inf"]),
            Tier.VERIFIED,
            _DETECTOR,
            references=("CWE-1339",),
        )
        for tensor in result["tensors"]
        if tensor["nan"] or tensor["inf"]
    ]
    offsets = {tensor["name"]: tensor["offset"] for tensor in result["tensors"]}
    for name, start, statistic in result["low_bits"]["flagged"]:
        at = offsets[name] + start if offsets[name] >= 0 else None
        text = msg("weights.low-bits", name=name, start=start, statistic=statistic)
        place = Location(path, pointer=name, byte_start=at)
        found.append(Occurrence("weights.low-bits", place, text, Tier.FORMAT, _DETECTOR, references=("AML.T0018",)))
    return found


def _notes(path: str, result: Json) -> list[Message]:
    """Return what a person may want to look at; it is no occurrence and fails nothing."""
    found = []
    for name, (dead, duplicate, outliers) in result["rows"].items():
        if dead or duplicate:
            found.append(msg("weights.rows", path=path, name=name, dead=dead, duplicate=duplicate))
        if outliers:
            found.append(msg("weights.outliers", path=path, name=name, rows=", ".join(map(str, outliers))))
    return found


def _status(path: str, result: Json) -> ArtifactStatus:
    if result["unread"]:
        why, name = result["unread"][0]
        reason = msg(why, name=name, format=result["format"])
        return ArtifactStatus(path, result["format"], Status.NOT_COVERED, reason)
    if not result["tensors"]:
        return ArtifactStatus(path, result["format"], Status.CLEAN, msg("weights.no-tensors"))
    wrong = bool(result["low_bits"]["flagged"]) or any(t["nan"] or t["inf"] for t in result["tensors"])
    reason = msg("weights.read", tensors=len(result["tensors"]))
    return ArtifactStatus(path, result["format"], Status.SUSPICIOUS if wrong else Status.CLEAN, reason)


def _evidence(subject: Subject, path: str, result: Json) -> tuple[Evidence, ...]:
    """Write the manifest of a file as evidence, where the subject names a folder for it."""
    from aigov.codec import canonical  # it loads cattrs

    if subject.evidence_folder is None or not result["tensors"]:
        return ()
    body = canonical(result)
    digest = hashlib.sha256(body).hexdigest()
    name = f"model.weights-{digest[:12]}.tensors.json"
    try:
        (subject.evidence_folder / name).write_bytes(body)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnsupportedInputError(msg("corpus.evidence-not-written", reason=reason)) from error
    return (Evidence(f"evidence/{name}", digest, "application/json", msg("weights.manifest", path=path)),)


weights = split_check(
    id="model.weights",
    title="Tensors of a model",
    inputs=("model",),
    measures={
        "tensors": "count",
        "parameters": "count",
        "nonfinite_weights": "count",
        "low_bit_blocks": "count",
        "low_bit_blocks_tested": "count",
        "dead_rows": "count",
        "duplicate_rows": "count",
        "class_outliers": "count",
    },
    params=WeightsParams,
    parts=Split(_split, _unit, _combine),
    doc=DOC,
    extras=("robustness",),
)
