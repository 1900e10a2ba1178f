"""How many records a file holds, where its header or its lines tell cheaply and safely."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov import Dataset, Message, Quantity, msg, need

if TYPE_CHECKING:
    from aigov.model import File

_MOST_BYTES = 1024**3
"""Bytes of a text file whose lines are counted."""
_BLOCK = 1 << 20
_HEADER = 10_000  # bytes; numpy's own limit of an array header


@dataclass(slots=True)
class RecordCounts:
    """Counts that were made, so that a record that names a file a thousand times has it read once."""

    known: dict[str, int | Message] = field(default_factory=dict)

    def of(self, file: File, dataset: Dataset) -> int | Message:
        """Return the number of records of a file, or why it is not counted."""
        if file.name not in self.known:
            self.known[file.name] = count_records(file, dataset)
        return self.known[file.name]


def count_records(file: File, dataset: Dataset) -> int | Message:
    """Return the number of records, or why it is not counted.

    Raises:
        MissingExtraError: numpy or pyarrow is not installed.
    """
    match file.path.suffix.lower():
        case ".npz":
            return _npz(file, str(dataset.properties.get("x", "x")))
        case ".parquet":
            return _parquet(file)
        case ".jsonl" | ".ndjson":
            return _lines(file)
        case _:
            return msg("record.why.not-counted", file=file.name)


def _npz(file: File, name: str) -> int | Message:
    """Read the header of one array; its data is never inflated."""
    fmt = need("numpy.lib.format", "robustness")
    try:
        with zipfile.ZipFile(file.path) as archive, archive.open(f"{name}.npy") as stream:
            major, _ = fmt.read_magic(stream)
            read = fmt.read_array_header_1_0 if major == 1 else fmt.read_array_header_2_0
            shape, _, _ = read(stream, max_header_size=_HEADER)
    except (KeyError, OSError, ValueError, EOFError, RuntimeError, NotImplementedError) as error:
        return msg("record.why.broken", file=file.name, error=type(error).__name__)
    except (zipfile.BadZipFile, zlib.error) as error:
        return msg("record.why.broken", file=file.name, error=type(error).__name__)
    return int(shape[0]) if shape else 0


def _parquet(file: File) -> int | Message:
    parquet = need("pyarrow.parquet", "robustness")
    arrow = need("pyarrow", "robustness")
    try:
        return int(parquet.read_metadata(file.path).num_rows)
    except (arrow.ArrowException, OSError) as error:
        return msg("record.why.broken", file=file.name, error=type(error).__name__)


def _lines(file: File) -> int | Message:
    """Count lines that hold more than white space, block by block, whatever their length."""
    if file.size > _MOST_BYTES:
        return msg("record.why.too-large", file=file.name, limit=Quantity(_MOST_BYTES, "bytes"))
    records, said = 0, False
    try:
        with file.path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                first, *rest = block.split(b"\n")
                said = said or bool(first.strip())
                for line in rest:
                    records += said
                    said = bool(line.strip())
    except OSError as error:
        return msg("record.why.broken", file=file.name, error=type(error).__name__)
    return records + said
