"""Training data as samples to look for, with as little asked of it as possible: gaps and text columns are left out."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aigov import Dataset, UnsupportedInputError, need
from aigov.load.array_files import read_columns
from aigov.load.array_objects import object_columns

if TYPE_CHECKING:
    from aigov.model import File

_TEXT_IN_TABLE = frozenset(("arrays.not-numeric", "arrays.csv-row"))

_LONGEST = 1 << 20
"""Characters of a row that is looked at."""


def samples_of(dataset: Dataset) -> Any:  # a numpy array
    """Return the samples of a data set; rows with gaps, and columns of text, are no reason not to look for the others.

    Raises:
        MissingInputError: there is no file.
        UnsupportedInputError: no numbers, or not readable.
        MissingExtraError: numpy or pyarrow is not installed.
    """
    try:
        return dataset.arrays().x
    except UnsupportedInputError as error:
        if error.message.id in _TEXT_IN_TABLE and not dataset.features and not dataset.live:
            columns = numeric_columns(dataset, dataset.files[0])
            if columns:
                return samples_of(replace(dataset, features=columns))
        if error.message.id != "arrays.not-finite":
            raise
    np = need("numpy", "robustness")
    parts = [object_columns(dataset)] if dataset.live else [read_columns(dataset, file) for file in dataset.files]
    return np.concatenate([part.x for part in parts])


def numeric_columns(dataset: Dataset, file: File) -> tuple[str, ...]:
    """Return the columns of a Parquet or CSV file that hold numbers (CSV: in the first row); none of what is broken."""
    kinds = {".parquet": _of_parquet, ".csv": _of_csv}
    kind = kinds.get(file.path.suffix.lower())
    try:
        found = kind(file) if kind else []
    except (OSError, ValueError, csv.Error):
        return ()
    return tuple(name for name in found if name != dataset.label)


def _of_parquet(file: File) -> list[str]:
    types = need("pyarrow.types", "pii")
    schema = need("pyarrow.parquet", "pii").read_schema(file.path)
    return [field.name for field in schema if types.is_floating(field.type) or types.is_integer(field.type)]


def _of_csv(file: File) -> list[str]:
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text.readline(_LONGEST) for _ in range(2))
        names, first = next(rows, []), next(rows, [])
    return [name for name, value in zip(names, first, strict=False) if _is_number(value)]


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def digest_of(samples: Any) -> str:  # a numpy array
    """Return a digest of live samples, for the key of a unit."""
    np = need("numpy", "robustness")
    values = np.ascontiguousarray(samples)
    return hashlib.sha256(f"{values.dtype.str}{values.shape}".encode() + values.tobytes()).hexdigest()
