"""What a file is (format, encoding) and how it is cut into ranges that can be scanned anywhere."""

from __future__ import annotations

from os import SEEK_END
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from aigov_checks.data import packed
from aigov_checks.data.encoding import SAMPLE, reads_as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

RANGE = 64 << 20
"""Bytes of a work unit."""
_PART = 1 << 20
_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".npz": "npz",
    ".npy": "npy",
    ".txt": "text",
    ".log": "text",
    ".md": "text",
    ".yaml": "text",
    ".yml": "text",
    ".xml": "text",
    ".html": "text",
    ".ini": "text",
    ".conf": "text",
    ".toml": "text",
    ".sql": "text",
}
_MAGIC = (
    (b"PAR1", "parquet"),
    (b"\x93NUMPY", "npy"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"SQLite format 3\0", "sqlite"),
    (b"PK\x03\x04", "zip"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89HDF", "hdf5"),
    (b"%PDF", "pdf"),
    (b"ARROW1", "arrow"),
)
TEXT_FORMATS = frozenset({"jsonl", "csv", "text"})
"""Formats that are read line by line and may be cut at newlines."""
_PACKS = {"gzip": ".gz", "zstd": ".zst"}
PACKED_FORMATS = frozenset(name + pack for name in TEXT_FORMATS | {"json"} for pack in _PACKS.values())
"""Text that is compressed, by what is inside."""
READ_FORMATS = TEXT_FORMATS | PACKED_FORMATS | {"json", "parquet", "arrow", "npz", "npy", "sqlite", "xlsx"}
"""Formats that are read at all; every other file is not covered."""


def format_of(path: Path, name: str) -> str:
    """Return the format of a file by its first bytes and its suffix; `binary` where it is no text."""
    with path.open("rb") as stream:
        first = stream.read(SAMPLE)
    suffix = PurePosixPath(name).suffix.lower()
    for magic, format_ in _MAGIC:
        if first.startswith(magic):
            return _inner(format_, path, name)
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return "text" if reads_as_text(first) else "binary"


def _inner(format_: str, path: Path, name: str) -> str:
    """Return the format of a container by what its name says is inside, or as text where that reads so."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes] or [""]
    if format_ == "zip":
        return {".npz": "npz", ".xlsx": "xlsx", ".xlsm": "xlsx"}.get(suffixes[-1], format_)
    if format_ not in _PACKS:
        return format_
    if len(suffixes) > 1 and (inside := _BY_SUFFIX.get(suffixes[-2], "") + _PACKS[format_]) in PACKED_FORMATS:
        return inside
    try:
        return "text" + _PACKS[format_] if reads_as_text(packed.first_bytes(path, SAMPLE)) else format_
    except packed.PackedError:
        return format_


def ranges(path: Path, format_: str, encoding: str) -> Iterator[tuple[int, int]]:
    """Yield half-open byte ranges of about `RANGE`, cut after newlines.

    A file in another encoding than UTF-8, or a CSV with quotes (a newline may stand inside them), is one range.
    """
    size = path.stat().st_size
    if size <= RANGE or encoding != "utf-8" or format_ not in TEXT_FORMATS:
        yield 0, size
        return
    with path.open("rb") as stream:
        if format_ == "csv" and any(b'"' in part for part in iter(lambda: stream.read(_PART), b"")):
            yield 0, size
            return
        start = 0
        while start < size:
            end = _after_newline(stream, start + RANGE)
            yield start, end
            start = end


def _after_newline(stream: BinaryIO, position: int) -> int:
    """Return where the first line after `position` begins, or the end; read in parts, as a line may be very long."""
    position = stream.seek(position)
    while part := stream.read(_PART):
        newline = part.find(b"\n")
        if newline >= 0:
            return position + newline + 1
        position += len(part)
    return stream.seek(0, SEEK_END)
