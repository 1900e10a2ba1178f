"""Columns of numbers from NPZ, NPY, Parquet and CSV files, bounded in bytes and never unpickled."""

from __future__ import annotations

import csv
import io
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from aigov.check import need
from aigov.errors import Place, UnsupportedInputError
from aigov.i18n import msg
from aigov.load.array_tables import stack_columns, table_columns

if TYPE_CHECKING:
    from aigov.i18n import Arg
    from aigov.model import Dataset, File

MAX_BYTES = 4 * 1024**3
"""Largest array or table that is read into memory, unpacked."""
_NPY_VERSIONS = {(1, 0), (2, 0), (3, 0)}
_MAX_COLUMNS = 100_000
_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Samples and labels as they stand in one file, not yet checked."""

    x: Any  # a numpy array
    y: Any  # a numpy array or None


def read_columns(dataset: Dataset, file: File) -> Columns:
    """Return samples and labels of one file.

    Raises:
        UnsupportedInputError: another format, too large, broken, or a key or column is missing.
    """
    kind = file.path.suffix.lower()
    readers = {".npz": _npz, ".npy": _npy, ".parquet": _parquet, ".csv": _csv}
    if kind not in readers:
        raise _bad("arrays.format", dataset, file, format=kind or file.name, known=tuple(readers))
    try:
        if file.path.stat().st_size > MAX_BYTES:
            raise _bad("arrays.too-large", dataset, file)
        return readers[kind](dataset, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, LookupError) as error:
        raise _bad("arrays.broken", dataset, file, format=kind.removeprefix("."), error=_word(error)) from error
    except (SyntaxError, tokenize.TokenError, RuntimeError, MemoryError) as error:
        raise _bad("arrays.broken", dataset, file, format=kind.removeprefix("."), error=_word(error)) from error


def _npz(dataset: Dataset, file: File) -> Columns:
    x_key, y_key = str(dataset.properties.get("x", "x")), str(dataset.properties.get("y", "y"))
    with zipfile.ZipFile(file.path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if x_key not in members or ("y" in dataset.properties and y_key not in members):
            wanted = x_key if x_key not in members else y_key
            raise _bad("arrays.no-key", dataset, file, key=wanted, known=tuple(sorted(members)[:20]))
        arrays = []
        for key in (x_key, y_key):
            if key not in members:
                continue
            with archive.open(members[key]) as stream:
                arrays.append(_read_npy(dataset, file, stream, members[key].file_size))
    return Columns(arrays[0], arrays[1] if len(arrays) > 1 else None)


def _npy(dataset: Dataset, file: File) -> Columns:
    with file.path.open("rb") as stream:
        return Columns(_read_npy(dataset, file, stream, file.path.stat().st_size), None)


def _read_npy(dataset: Dataset, file: File, stream: Any, size: int) -> Any:  # a binary stream; a numpy array
    """Return one array; its header is read first, so that a false shape allocates nothing."""
    np = need("numpy", "robustness")
    if size > MAX_BYTES:
        raise _bad("arrays.too-large", dataset, file)
    version = np.lib.format.read_magic(stream)
    if version not in _NPY_VERSIONS:
        raise ValueError("unknown version of NPY")
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(stream)
    if dtype.hasobject:
        raise _bad("arrays.objects", dataset, file)
    count = 1
    for axis in shape:
        count *= int(axis)
    if count * dtype.itemsize > size:
        raise EOFError
    data = _exactly(stream, count * dtype.itemsize)
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data


def _parquet(dataset: Dataset, file: File) -> Columns:
    pq = need("pyarrow.parquet", "pii")
    with pq.ParquetFile(file.path) as source:
        meta = source.metadata
        if _parquet_values(meta) * _NUMBER_BYTES > MAX_BYTES:
            raise _bad("arrays.too-large", dataset, file)
        names = source.schema_arrow.names
        label = _label(dataset, file, names)
        features = _features(dataset, file, names, label)
        table = source.read(columns=[*features, *([label] if label else [])])
    x, y = table_columns(table, features, label, dataset.name)
    return Columns(x, y)


def _parquet_values(meta: Any) -> int:  # pyarrow is untyped
    """Return how many values all columns hold, unpacked; encoded sizes say nothing about repeated values."""
    groups = [meta.row_group(index) for index in range(meta.num_row_groups)]
    return sum(group.column(index).num_values for group in groups for index in range(group.num_columns))


def _csv(dataset: Dataset, file: File) -> Columns:
    np = need("numpy", "robustness")
    with file.path.open("rb") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        try:
            names = next(rows, [])[:_MAX_COLUMNS]
            label = _label(dataset, file, names)
            features = _features(dataset, file, names, label)
            places = [names.index(name) for name in features]
            values, labels = [], []
            for row in rows:
                if not row:
                    continue
                values.append(_numbers(dataset, file, row, places, rows.line_num))
                labels.append(row[names.index(label)] if label else "")
        except csv.Error as error:
            raise _bad("arrays.broken", dataset, file, format="csv", error=_word(error)) from error
    columns = np.array(values, dtype=np.float64).reshape(len(values), len(features))
    return Columns(stack_columns(list(columns.T), dataset.name), _label_values(labels) if label else None)


def _numbers(dataset: Dataset, file: File, row: list[str], places: list[int], line: int) -> list[float]:
    try:
        return [float(row[place]) for place in places]
    except (ValueError, IndexError) as error:
        raise UnsupportedInputError(msg("arrays.csv-row", name=dataset.name), Place(file.name, line)) from error


def _label_values(labels: list[str]) -> Any:  # a numpy array
    """Return labels as integers where all of them are, otherwise as text."""
    np = need("numpy", "robustness")
    try:
        return np.array([int(label) for label in labels], dtype=np.int64)
    except (ValueError, OverflowError):
        return np.array(labels, dtype=str)


def _label(dataset: Dataset, file: File, names: list[str]) -> str | None:
    if dataset.label is not None and dataset.label not in names:
        raise _bad("arrays.no-column", dataset, file, column=dataset.label, known=tuple(names[:20]))
    return dataset.label


def _features(dataset: Dataset, file: File, names: list[str], label: str | None) -> list[str]:
    missing = [name for name in dataset.features if name not in names]
    if missing:
        raise _bad("arrays.no-column", dataset, file, column=missing[0], known=tuple(names[:20]))
    found = list(dataset.features) or [name for name in names if name != label]
    if not found:
        raise _bad("arrays.empty", dataset, file)
    return found


def _bad(id_: str, dataset: Dataset, file: File, /, **args: Arg) -> UnsupportedInputError:
    return UnsupportedInputError(msg(id_, name=dataset.name, **args), Place(file.name))


def _word(error: BaseException) -> str:
    """Return the type of an error; its text may quote the file."""
    return type(error).__name__
