"""From the parts of a scan to its measurements, occurrences and the state of every file."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Protocol

from aigov import (
    Evidence,
    FrozenMap,
    Json,
    Location,
    Measured,
    Measurement,
    Message,
    NotPerformed,
    Occurrence,
    Part,
    Redacted,
    Subject,
    Tier,
    count,
    msg,
)
from aigov_checks.data import gate, manual, measures, names_coverage
from aigov_checks.data.combinations import combination
from aigov_checks.data.corpus import Corpus
from aigov_checks.data.detectors import load
from aigov_checks.data.evidence import forget, rows_of, short_name, write_evidence
from aigov_checks.data.file_result import FileResult, moved, of_file, of_object, status_of
from aigov_checks.data.split import Params, entities_of, in_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Asked(Params, manual.Manual, Protocol):
    """What the checks may be told that is needed to sum up."""


def summarise(check: str, subject: Subject, params: Asked, parts: Sequence[Part]) -> Measured | NotPerformed:
    """Return the observation of one check; not performed where the data sets hold no records at all."""
    family = check.rpartition(".")[2]
    files = tuple(_files(subject, params, parts))
    corpus = Corpus()
    for file in files:
        for part in file.parts:
            corpus.add(part)
    if all(file.complete for file in files) and not corpus.seen:
        return NotPerformed(msg("data.no-records", datasets=tuple(d.name for d in in_scope(subject, params))))
    listed = sorted((occurrence for file in files for occurrence in _occurrences(family, file)), key=_order)
    shown = tuple(listed[: params.max_listed])
    evidence = _evidence(check, subject, params, files)
    forget(family, (unit for file in files for unit in file.units), params)
    return Measured(
        FrozenMap(_measurements(family, params, files, corpus)),
        occurrences=shown,
        artifacts=tuple(status_of(file) for file in files),
        facts=FrozenMap(
            {"engine": gate.best_engine(), "detectors": len(load(family, entities_of(params), params.types))}
        ),
        tables=measures.table_of_columns(corpus),
        evidence=evidence,
        notes=(*_notes(files, corpus, len(shown)), *names_coverage.notes(family, params)),
    )


def _files(subject: Subject, params: Asked, parts: Sequence[Part]) -> Iterator[FileResult]:
    by_content: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        key = (part.unit.content["sha256"], part.unit.content.get("live", ""))
        by_content.setdefault(key, []).append(part)
    seen = set()
    for dataset in in_scope(subject, params):
        if dataset.live:
            yield of_object(
                dataset, [part for (_, name), own in by_content.items() if name == dataset.name for part in own]
            )
            continue
        for file in dataset.files:
            if file.name not in seen:
                seen.add(file.name)
                yield of_file(file, by_content.get((file.sha256, ""), []))


def _occurrences(family: str, file: FileResult) -> Iterator[Occurrence]:
    for (_, records, lines), part in zip(file.offsets(), file.parts, strict=True):
        for row in part["occurrences"]:
            yield _occurrence(family, file.name, moved(row, records, lines))


def _evidence(check: str, subject: Subject, params: Asked, files: Sequence[FileResult]) -> tuple[Evidence, ...]:
    """Write the file of all places and, where one is asked for, that of records for people to check."""
    family, name = check.rpartition(".")[2], f"{check}-{short_name(params)}"
    places = write_evidence(subject, name, _lines(family, files, params), "corpus.evidence")
    records = write_evidence(subject, f"{name}-manual", manual.lines(family, files, params), "corpus.evidence-manual")
    manual.forget(family, files, params)
    return tuple(file for file in (places, records) if file is not None)


def _lines(family: str, files: Sequence[FileResult], params: Asked) -> Iterator[bytes]:
    """Yield every place in its public form, file by file, as the units wrote them."""
    from aigov.formats import occurrence_json  # `aigov list` imports no codec

    for file in files:
        for unit, records, lines in file.offsets():
            for row in rows_of(family, unit, params):
                found = _occurrence(family, file.name, moved(row, records, lines))
                yield json.dumps(occurrence_json(found)).encode() + b"\n"


def _occurrence(family: str, name: str, row: Json) -> Occurrence:
    offsets = {name: row[name] for name in ("record", "line", "pointer", "start", "end", "byte_start", "byte_end")}
    return Occurrence(
        type=row["type"],
        location=Location(name, **offsets),
        message=msg(f"data.occurrence-{family}{'-key' if row['key'] else ''}", type=msg(f"data.type.{row['type']}")),
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


def _measurements(family: str, params: Asked, files: Sequence[FileResult], corpus: Corpus) -> dict[str, Measurement]:
    detectors = [
        d for d in load(family, entities_of(params), params.types) if not params.types or d.type in params.types
    ]
    rule = combination(getattr(params, "combination", ""))
    categories = measures.categories_of(detectors, getattr(params, "edition", ""), rule.raises if rule else "")
    found = measures.numbers(corpus, sorted({detector.type for detector in detectors}), categories)
    if family == "pii":
        found |= measures.combined(corpus)
    found["occurrences_per_million"] = corpus.density()
    found["worst_column_share"] = corpus.worst_column()
    if not all(file.complete for file in files):
        limits = msg("data.coverage-lost", files=tuple(file.name for file in files if not file.complete)[:5])
        found = {name: measures.opened(value, limits) for name, value in found.items()}
    found = names_coverage.declared(found, params)
    size, covered = sum(file.size for file in files), sum(file.covered for file in files)
    scanned = sum(min(file.scanned, file.covered) for file in files)
    found["files_not_covered"] = count(sum(bool(file.reason) for file in files))
    found["covered_share"] = Measurement(covered / size if size else math.nan, "ratio")
    found["sampled_share"] = Measurement(scanned / covered if covered else math.nan, "ratio")
    return found


def _notes(files: Sequence[FileResult], corpus: Corpus, listed: int) -> tuple[Message, ...]:
    notes = [msg("corpus.note-sample" if corpus.sampled else "data.note-exact")]
    total = sum(corpus.counts().values())
    if listed < total:
        notes.append(msg("data.note-listed", listed=listed, total=total))
    for file in files:
        for problem, times in sorted(file.problems.items()):
            notes.append(msg(f"data.note-{problem}", path=file.name, count=times))
    return tuple(notes)
