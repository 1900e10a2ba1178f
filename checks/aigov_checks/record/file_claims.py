"""Claims about files: that they are there, their digests and their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import Quantity, Subject, msg
from aigov.load.node import shorten
from aigov_checks.record.claim import Checked, Claim, beyond, compared, contradicts, unsettled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.model import Artifact, File
    from aigov_checks.record.fields import Field, Sheet

_SHORT = 12  # hexadecimal digits of a digest in a sentence; the record has them all


def file_claims(entry: Field, artifact: Artifact, sheet: Sheet) -> Iterator[Checked]:
    """Yield what an entry says of its files, `files[].path`, `.sha256` and `.size`."""
    known = {file.name: file for file in artifact.found}
    for item in entry.child("files").items():
        path = item.child("path")
        if not path.present:
            continue
        shown = path.shown
        there = Claim(path, msg("record.claim.file", file=shown))
        if artifact.live:
            yield beyond(there, msg("record.why.live", name=artifact.name))
            continue
        file = next((known[name] for name in sheet.names_of(path.text or "") if name in known), None)
        if file is None:
            yield contradicts(there, msg("record.measured.no-file", name=artifact.name, count=len(known)))
            continue
        yield from _about(item, file)


def size_claims(entry: Field, artifact: Artifact) -> Iterator[Checked]:
    """Yield what an entry says of the size of all its files together, `size_bytes`."""
    field = entry.child("size_bytes")
    if not field.present or artifact.live:
        return
    claim = Claim(field, msg("record.claim.size", file=artifact.name, size=_bytes(field)))
    yield _number(claim, sum(file.size for file in artifact.found))


def digest_of_dataset(field: Field, subject: Subject, name: str | None) -> Iterator[Checked]:
    """Yield whether a digest is that of a file of the data set on which a figure was measured."""
    if not field.present:
        return
    claim = Claim(field, msg("record.claim.dataset-digest", digest=_digest(field)))
    sets = [d for d in subject.datasets if name in (d.name, d.purpose)] if name else list(subject.datasets)
    files = [file for dataset in sets for file in dataset.found]
    if not files:
        yield beyond(claim, msg("record.why.no-such-data-set", name=shorten(name or "")))
        return
    match = next((file for file in files if file.sha256 == (field.text or "").lower()), None)
    if match is None:
        yield contradicts(claim, msg("record.measured.no-digest", files=tuple(file.name for file in files[:5])))
    else:
        yield compared(claim, msg("record.measured.digest-of", file=match.name), same=True)


def _about(item: Field, file: File) -> Iterator[Checked]:
    digest, size = item.child("sha256"), item.child("size")
    if digest.present:
        claim = Claim(digest, msg("record.claim.digest", file=file.name, digest=_digest(digest)))
        measured = msg("record.measured.digest", digest=file.sha256[:_SHORT] + "…")
        yield compared(claim, measured, same=(digest.text or "").lower() == file.sha256)
    if size.present:
        yield _number(Claim(size, msg("record.claim.size", file=file.name, size=_bytes(size))), file.size)
    if not digest.present and not size.present:
        path = item.child("path")
        yield compared(Claim(path, msg("record.claim.file", file=file.name)), msg("record.measured.file"), same=True)


def _number(claim: Claim, size: int) -> Checked:
    if claim.field.whole is None:
        return unsettled(claim, msg("record.why.unreadable", value=claim.field.shown))
    return compared(claim, msg("record.measured.size", size=f"{size} B"), same=claim.field.whole == size)


def _bytes(field: Field) -> str | Quantity:
    return field.shown if field.whole is None else f"{field.whole} B"


def _digest(field: Field) -> str:
    text = field.shown
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"
