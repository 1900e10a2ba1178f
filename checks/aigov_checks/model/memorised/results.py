"""From the parts to measurements, occurrences and the state of every file."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import PurePosixPath
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
    Occurrence,
    Redacted,
    Status,
    Text,
    Tier,
    count,
    msg,
    ratio,
)
from aigov_checks.data import gate
from aigov_checks.model.memorised.scanning import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aigov_checks.model.memorised.params import MemorisedParams

MEASURES = FrozenMap(
    {
        "files": "count",
        "strings_scanned": "count",
        "personal_strings": "count",
        "secret_strings": "count",
        "rows_checked": "count",
        "rows_memorised": "count",
        "memorised_share": "ratio",
        "files_not_covered": "count",
    },
)
_ROW = "training-row"
_FORMS = {"f8": "float64", "f4": "float32"}
_DATA_FILE = "onnx-data"


def summarise(results: Mapping[str, Json], params: MemorisedParams) -> Measured:
    """Return the observation of the files by their names."""
    files = _with_outside_data(results)
    rows = _Rows(files)
    listed = [occurrence for name, file in files.items() for occurrence in _occurrences(name, file)]
    total = sum(map(_strings, files.values())) + rows.memorised_anywhere
    kept = tuple(sorted(listed, key=_order)[: params.max_listed])
    return Measured(
        FrozenMap(_measurements(files, rows)),
        occurrences=kept,
        artifacts=tuple(_status(name, file, rows) for name, file in files.items()),
        facts=FrozenMap(
            {"engine": gate.best_engine(), "rows_plain": rows.plain, "training_data": ", ".join(rows.names)}
        ),
        notes=tuple(_notes(files, rows, (len(kept), total))),
    )


class _Rows:
    """The rows of all data sets, over all files: a row counts once however many files hold it."""

    def __init__(self, files: Mapping[str, Json]) -> None:
        first = next(iter(files.values()))
        self.names = tuple(one["name"] for one in first["rows"])
        self.problems = tuple(
            msg("memorised.rows-unreadable", name=one["name"], why=Text(one["en"], one["zh-CN"]))
            for one in first["problems"]
        )
        self.total = sum(one["total"] for one in first["rows"])
        self.checked = sum(one["checked"] for one in first["rows"])
        self.plain = sum(one["plain"] for one in first["rows"])
        self.sampled = self.total > self.checked + self.plain
        self.memorised = len(
            {
                (index, row)
                for file in files.values()
                for index, one in enumerate(file["rows"])
                for start, end in one["found"]
                for row in range(start, end)
            },
        )
        self.memorised_anywhere = sum(map(memorised_in, files.values()))

    @property
    def why_not(self) -> Message | None:
        """Why rows were not looked for, or not all of them; None where nothing is missing."""
        if self.problems:
            return self.problems[0]
        if not self.names:
            return msg("memorised.no-training-data")
        return None if self.checked else msg("memorised.all-plain", rows=self.total)


def memorised_in(file: Json) -> int:
    """Return the number of rows that one file holds."""
    return sum(end - start for one in file["rows"] for start, end in one["found"])


def _strings(file: Json) -> int:
    return sum(sum(file["counts"][family].values()) for family in FAMILIES)


def _with_outside_data(results: Mapping[str, Json]) -> dict[str, Json]:
    """Return the files with the data files of ONNX models known for what they are: numbers and nothing else."""
    files = dict(results)
    for name, file in results.items():
        for location in file["outside"]:
            target = str(PurePosixPath(name).parent / location)
            if target not in results:
                gaps = [*files[name]["gaps"], ["outside", "", None]]
                files[name] = {**files[name], "gaps": gaps}
            elif results[target]["format"] == "unknown":
                files[target] = {**results[target], "format": _DATA_FILE, "gaps": []}
    return files


def _measurements(files: Mapping[str, Json], rows: _Rows) -> dict[str, Measurement]:
    unread = [name for name, file in files.items() if file["gaps"]]
    lost = msg("data.coverage-lost", files=tuple(unread)[:5]) if unread else None
    found = {
        "files": count(len(files)),
        "strings_scanned": count(sum(file["scanned"] for file in files.values())),
        "rows_checked": count(rows.checked),
        "files_not_covered": count(len(unread)),
    }
    for family, name in zip(FAMILIES, ("personal_strings", "secret_strings"), strict=True):
        number = sum(sum(file["counts"][family].values()) for file in files.values())
        found[name] = _opened(count(number), math.inf, lost) if lost else count(number)
    return {**found, **_of_rows(rows, lost)}


def _of_rows(rows: _Rows, lost: Message | None) -> dict[str, Measurement]:
    """Return the counts of rows; what was not looked for, or not everywhere, might be any number more."""
    number = count(rows.memorised)
    why = rows.why_not or lost
    if why is not None:
        high = math.inf if rows.why_not else float(rows.checked)
        share = Measurement(rows.memorised / max(1, rows.checked), "ratio")
        return {"rows_memorised": _opened(number, high, why), "memorised_share": _opened(share, 1.0, why)}
    if rows.sampled:
        left = rows.total - rows.checked - rows.plain
        drawn = msg("memorised.sampled", rows=rows.checked, total=rows.total)
        share = ratio(rows.memorised, rows.checked)
        return {"rows_memorised": _opened(number, float(rows.memorised + left), drawn), "memorised_share": share}
    share = Measurement(rows.memorised / rows.checked, "ratio", n=rows.checked)
    return {"rows_memorised": number, "memorised_share": share}


def _opened(value: Measurement, high: float, limits: Message) -> Measurement:
    return Measurement(value.value, value.unit, Interval(value.value, max(high, value.value)), limits=limits)


def _occurrences(path: str, file: Json) -> Iterator[Occurrence]:
    for row in file["listed"]:
        place = Location(path, **{key: row[key] for key in ("pointer", "start", "end", "byte_start", "byte_end")})
        secret = row["family"] == "secrets"
        yield Occurrence(
            type=row["type"],
            location=place,
            message=msg(f"data.occurrence-{row['family']}", type=msg(f"data.type.{row['type']}")),
            tier=Tier(row["tier"]),
            detector=row["detector"],
            masked=Redacted(row["masked"]),
            digest=row["digest"],
            category=FrozenMap(row["category"]),
            references=("CWE-798",) if secret else ("CWE-212",),
        )
    for dataset, row, form, pointer, start, end in file["places"]:
        name = file["rows"][dataset]["name"]
        yield Occurrence(
            type=_ROW,
            location=Location(path, record=row, pointer=pointer or None, byte_start=start, byte_end=end),
            message=msg("memorised.row", row=row, dataset=name, form=_form(form)),
            tier=Tier.VERIFIED,
            detector=f"{_ROW}@1",
            references=("CWE-212",),
        )


def _form(code: str) -> str:
    """Return a numpy code in words: `float32`, `float64 (big-endian)`."""
    plain = code.lstrip("<>|=")
    return _FORMS.get(plain, plain) + (" (big-endian)" if code.startswith(">") else "")


def _order(occurrence: Occurrence) -> tuple[str, int, int, str, int]:
    place = occurrence.location
    return place.path, place.record or 0, place.byte_start or 0, place.pointer or "", place.start or 0


def _status(name: str, file: Json, rows: _Rows) -> ArtifactStatus:
    strings, memorised = _strings(file), memorised_in(file)
    if strings or memorised:
        reason = msg("memorised.reason-found", strings=strings, rows=memorised)
        return ArtifactStatus(name, file["format"], Status.SUSPICIOUS, reason)
    if file["gaps"]:
        kind = file["gaps"][0][0]
        reason = msg(f"memorised.gap.{kind}", format=file["format"])
        return ArtifactStatus(name, file["format"], Status.NOT_COVERED, reason)
    if rows.why_not is not None and file["format"] not in {"text", "empty"}:
        return ArtifactStatus(name, file["format"], Status.NOT_COVERED, rows.why_not)
    return ArtifactStatus(name, file["format"], Status.CLEAN)


def _notes(files: Mapping[str, Json], rows: _Rows, listed: tuple[int, int]) -> Iterator[Message]:
    for name, file in files.items():
        for one in file["rows"]:
            found = sum(end - start for start, end in one["found"])
            if found:
                yield msg("memorised.note-rows", path=name, found=found, checked=one["checked"], dataset=one["name"])
        for kind, times in sorted(Counter(gap[0] for gap in file["gaps"]).items()):
            what = msg(f"memorised.gap.{kind}", format=file["format"])
            yield msg("memorised.note-gap", path=name, what=what, count=times)
    yield from rows.problems or ((rows.why_not,) if rows.why_not else ())
    if rows.plain:
        yield msg("memorised.note-plain", rows=rows.plain, total=rows.total)
    if rows.sampled:
        yield msg("memorised.sampled", rows=rows.checked, total=rows.total)
    if listed[0] < listed[1]:
        yield msg("data.note-listed", listed=listed[0], total=listed[1])
