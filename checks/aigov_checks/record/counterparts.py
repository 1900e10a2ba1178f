"""Which model or data set of the subject an entry of the record speaks of."""

from __future__ import annotations

from typing import TypeVar

from aigov import Dataset, MissingInputError, Model, Subject, UnsupportedInputError, msg
from aigov.model import Artifact
from aigov_checks.record.fields import Field, Sheet, named

_MOST_ENTRIES = 10_000
A = TypeVar("A", bound=Artifact)


def model_entries(sheet: Sheet, subject: Subject) -> tuple[tuple[Field, Model], ...]:
    """Return every entry of `models` with the model that it speaks of.

    Raises:
        MissingInputError: the subject declares no such model, or its files are absent.
    """
    return _pairs(sheet, "models", subject.models, subject)


def dataset_entries(sheet: Sheet, subject: Subject) -> tuple[tuple[Field, Dataset], ...]:
    """Return every entry of `datasets` with the data set that it speaks of.

    Raises:
        MissingInputError: the subject declares no such data set, or its files are absent.
    """
    return _pairs(sheet, "datasets", subject.datasets, subject)


def _pairs(sheet: Sheet, key: str, artifacts: tuple[A, ...], subject: Subject) -> tuple[tuple[Field, A], ...]:
    entries = sheet.root.child(key)
    if len(list(entries.items())) > _MOST_ENTRIES:
        raise UnsupportedInputError(msg("record.too-many-entries", limit=_MOST_ENTRIES))
    by_name = {artifact.name: artifact for artifact in reversed(artifacts)}
    by_file = {file.name: artifact for artifact in artifacts for file in artifact.found}
    pairs = []
    for entry in entries.items():
        name = entry.child("name").text or ""
        artifact = by_name.get(name) or _by_file(entry, by_file, sheet)
        if artifact is None:
            raise MissingInputError(msg("record.no-counterpart", name=named(entry), subject=subject.name))
        if artifact.absent is not None:
            raise MissingInputError(artifact.absent)
        pairs.append((entry, artifact))
    return tuple(pairs)


def _by_file(entry: Field, by_file: dict[str, A], sheet: Sheet) -> A | None:
    paths = (file.child("path").text or "" for file in entry.child("files").items())
    names = (name for path in paths for name in sheet.names_of(path))
    return next((by_file[name] for name in names if name in by_file), None)
