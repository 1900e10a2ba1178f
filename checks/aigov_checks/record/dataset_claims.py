"""Claims about data sets: that they hold no personal data, and how many records they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import Dataset, Measured, Message, Observation, Status, msg
from aigov_checks.record.claim import Checked, Claim, agrees, beyond, compared, contradicts, unsettled
from aigov_checks.record.fields import Field, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.record.record_counts import RecordCounts


def claims_privacy(entry: Field) -> bool:
    """Return whether the entry says that personal data is or is not there."""
    return entry.child("personal_data", "present").present


def privacy_claims(entry: Field, dataset: Dataset, scan: Observation | None) -> Iterator[Checked]:
    """Yield what an entry of `datasets` says of personal data, beside what data.pii saw in its files."""
    field = entry.child("personal_data", "present")
    if not field.present:
        return
    said = {True: "yes", False: "no"}.get(field.value, field.text) if isinstance(field.value, bool) else field.text
    name = named(entry)
    match said:
        case "no":
            yield _none(Claim(field, msg("record.claim.no-personal-data", name=name)), dataset, scan)
        case "yes":
            yield _some(Claim(field, msg("record.claim.personal-data", name=name)), dataset, scan)
        case "unknown":
            yield beyond(
                Claim(field, msg("record.claim.personal-data-unknown", name=name)), msg("record.why.no-statement")
            )
        case _:
            claim = Claim(field, msg("record.claim.personal-data-other", name=name, value=field.shown))
            yield unsettled(claim, msg("record.why.unreadable", value=field.shown))


def count_claims(entry: Field, dataset: Dataset, known: RecordCounts) -> Iterator[Checked]:
    """Yield what an entry of `datasets` says of its number of records.

    Raises:
        MissingExtraError: a Parquet file, and pyarrow is not installed.
    """
    field = entry.child("records")
    if not field.present:
        return
    claim = Claim(field, msg("record.claim.records", name=named(entry), count=field.shown))
    counts = [known.of(file, dataset) for file in dataset.found]
    unknown = next((found for found in counts if isinstance(found, Message)), None)
    if unknown is not None or not counts:
        yield beyond(claim, unknown or msg("record.why.live", name=dataset.name))
    elif field.whole is None:
        yield unsettled(claim, msg("record.why.unreadable", value=field.shown))
    else:
        total = sum(found for found in counts if isinstance(found, int))
        yield compared(claim, msg("record.measured.records", count=total), same=total == field.whole)


def _none(claim: Claim, dataset: Dataset, scan: Observation | None) -> Checked:
    seen = _seen(dataset, scan)
    if isinstance(seen, Message):
        return unsettled(claim, seen)
    if seen:
        return contradicts(claim, msg("record.measured.personal-data", count=seen, files=_files(dataset)))
    return agrees(claim, msg("record.measured.no-personal-data"))


def _some(claim: Claim, dataset: Dataset, scan: Observation | None) -> Checked:
    """Return whether a scan found what was declared; that it finds nothing proves nothing."""
    seen = _seen(dataset, scan)
    if isinstance(seen, int) and seen:
        return agrees(claim, msg("record.measured.personal-data", count=seen, files=_files(dataset)))
    return beyond(claim, msg("record.why.nothing-found"))


def _seen(dataset: Dataset, scan: Observation | None) -> int | Message:
    """Return how many occurrences are listed in the data set's files, 1 at least where one is unclean, or why not."""
    if scan is None or not isinstance(scan.outcome, Measured):
        return msg("record.why.not-planned", check="data.pii")
    paths = {file.name for file in dataset.found} or {dataset.name}
    listed = sum(occurrence.location.path in paths for occurrence in scan.outcome.occurrences)
    status = {item.path: item.status for item in scan.outcome.artifacts if item.path in paths}
    if listed or {Status.SUSPICIOUS, Status.UNSAFE} & set(status.values()):
        return max(listed, 1)
    if scan.parameters.get("types"):
        return msg("record.why.some-types")
    uncovered = sorted(path for path in paths if status.get(path) is not Status.CLEAN)
    return msg("record.why.not-covered", files=tuple(uncovered[:5])) if uncovered else 0


def _files(dataset: Dataset) -> tuple[str, ...]:
    return tuple(file.name for file in dataset.found[:5]) or (dataset.name,)
