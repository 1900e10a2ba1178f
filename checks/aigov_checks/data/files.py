"""What a file is (format, encoding) and how it is cut into ranges that can be scanned anywhere."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RANGE = 64 << 20
"""Bytes of a work unit."""
_SAMPLE = 1 << 18
_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
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
PACKED_FORMATS = frozenset(f"{name}.gz" for name in TEXT_FORMATS)
"""Text that is compressed, by what is inside."""
READ_FORMATS = TEXT_FORMATS | PACKED_FORMATS | {"json", "parquet", "npz", "npy", "sqlite", "xlsx"}
"""Formats that are read at all; every other file is not covered."""


def format_of(path: Path, name: str) -> str:
    """Return the format of a file by its first bytes and its suffix; `binary` where it is no text."""
    with path.open("rb") as stream:
        first = stream.read(_SAMPLE)
    suffix = PurePosixPath(name).suffix.lower()
    for magic, format_ in _MAGIC:
        if first.startswith(magic):
            return _inner(format_, name)
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return "text" if _reads_as_text(first) else "binary"


def _inner(format_: str, name: str) -> str:
    """Return the format of a container by what its name says is inside."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes] or [""]
    if format_ == "zip":
        return {".npz": "npz", ".xlsx": "xlsx", ".xlsm": "xlsx"}.get(suffixes[-1], format_)
    if format_ == "gzip" and suffixes[-1] in {".gz", ".gzip"} and len(suffixes) > 1:
        inside = _BY_SUFFIX.get(suffixes[-2], "")
        return f"{inside}.gz" if inside in TEXT_FORMATS else format_
    return format_


def encoding_of_sample(sample: bytes) -> str:
    """Return what `encoding_of` would, from the beginning of a text alone."""
    if sample[:2] in {BOM_UTF16_LE, BOM_UTF16_BE}:
        return "utf-16"
    return "gb18030" if _is_gb18030(sample) else "utf-8"


def encoding_of(path: Path) -> str:
    """Return `utf-8`, `utf-16` or `gb18030`, or `binary` where a text file is mostly NUL bytes.

    Without a byte order mark the first quarter megabyte around the first byte beyond ASCII decides.
    """
    if path.stat().st_size == 0:
        return "utf-8"
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
        if data[:2] in {BOM_UTF16_LE, BOM_UTF16_BE}:
            return "utf-16"
        if data[:_SAMPLE].count(b"\0") * 20 > min(len(data), _SAMPLE):
            return "binary"
        first = re.search(rb"[\x80-\xff]", data)
        if first is None or data[:3] == BOM_UTF8:
            return "utf-8"
        start = data.rfind(b"\n", 0, first.start()) + 1
        sample = data[max(start, first.start() - _SAMPLE) : first.start() + _SAMPLE]
    return "gb18030" if _is_gb18030(sample) else "utf-8"


def ranges(path: Path, format_: str, encoding: str) -> Iterator[tuple[int, int]]:
    """Yield half-open byte ranges of about `RANGE`, cut after newlines.

    A file in another encoding than UTF-8, or a CSV with quotes (a newline may stand inside them), is one range.
    """
    size = path.stat().st_size
    if size <= RANGE or encoding != "utf-8" or format_ not in TEXT_FORMATS:
        yield 0, size
        return
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
        if format_ == "csv" and data.find(b'"') >= 0:
            yield 0, size
            return
        start = 0
        while start < size:
            newline = data.find(b"\n", min(start + RANGE, size))
            end = size if newline < 0 else newline + 1
            yield start, end
            start = end


def _reads_as_text(sample: bytes) -> bool:
    if sample[:2] in {BOM_UTF16_LE, BOM_UTF16_BE}:
        return True
    if b"\0" in sample:
        return False
    return _decodes(sample, "utf-8") or _is_gb18030(sample)


def _is_gb18030(sample: bytes) -> bool:
    """Whether most lines beyond ASCII are no UTF-8, yet all of them are GB18030."""
    beyond = [line for line in sample.split(b"\n")[:5000] if not line.isascii()]
    whole = beyond[:-1] or beyond
    foreign = sum(not _decodes(line, "utf-8") for line in whole)
    return foreign * 2 > len(whole) and all(_decodes(line, "gb18030") for line in whole)


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether the bytes are text in that encoding; a character cut at the end is forgiven."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(data) - 3
    return True
