"""NumPy files: headers say whether an array can hold text at all; objects are never unpickled."""

from __future__ import annotations

import ast
import math
import re
import struct
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from aigov_checks.data.scan_columns import Column, column_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST_HEADER = 10_000
_MEMBERS = 4096
_RATIO = 1000
_PLAIN = re.compile(r"[<>|=]?(?P<kind>[?bBiufcSUmM])(?P<size>[0-9]{0,7})(?:\[\w+\])?")
_VALUES = 1 << 16
_LARGEST = 1 << 32


class ArrayFileError(ValueError):
    """The file is no NumPy file, or holds objects; the argument is the reason's id."""


@dataclass(frozen=True, slots=True)
class Array:
    """The header of one array: `kind` and `size` (bytes) of an item as in a dtype string."""

    name: str
    kind: str
    size: int
    order: str
    shape: tuple[int, ...]

    @property
    def textual(self) -> bool:
        """Whether a value may be text, or a number as long as a code."""
        return self.kind in "SU" or (self.kind in "iu" and self.size == 8)  # noqa: PLR2004  # 64 bits


def arrays(path: Path, format_: str) -> Iterator[tuple[Array, Iterator[tuple[Column, int]]]]:
    """Yield each array of a file with its textual columns, read in blocks.

    Raises:
        ArrayFileError: the file is damaged, holds objects or records, or unpacks to much more than its size.
    """
    try:
        if format_ == "npy":
            with path.open("rb") as stream:
                array = _header(stream, "")
                yield array, _columns(stream, array)
            return
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist()[:_MEMBERS]:
                if member.file_size > _LARGEST or member.file_size > _RATIO * max(member.compress_size, 1000):
                    raise ArrayFileError("data.reason-bomb")
                with archive.open(member) as packed:
                    array = _header(packed, member.filename.removesuffix(".npy"))
                    yield array, _columns(packed, array)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
        raise ArrayFileError("data.reason-damaged") from error


def _header(stream: IO[bytes], name: str) -> Array:
    start = stream.read(8)
    if start[:6] != b"\x93NUMPY":
        raise ArrayFileError("data.reason-damaged")
    width = 2 if start[6:7] == b"\x01" else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > _LARGEST_HEADER:
        raise ArrayFileError("data.reason-damaged")
    try:
        header = ast.literal_eval(stream.read(length).decode("latin-1"))
        descr, shape = header["descr"], tuple(int(size) for size in header["shape"])
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError) as error:
        raise ArrayFileError("data.reason-damaged") from error
    found = _PLAIN.fullmatch(descr) if isinstance(descr, str) else None
    if found is None:
        raise ArrayFileError("data.reason-objects")
    return Array(name, found["kind"], int(found["size"] or 1), descr[0], shape)


def _columns(stream: IO[bytes], array: Array) -> Iterator[tuple[Column, int]]:
    """Yield the values of a textual array and their number of rows, some 65,536 values at a time."""
    width = array.size * (4 if array.kind == "U" else 1)
    row = math.prod(array.shape[1:])
    total = math.prod(array.shape)
    if not array.textual or not width * total:
        return
    count = max(1, _VALUES // row) * row
    for done in range(0, total, count):
        size = min(count, total - done) * width
        data = stream.read(size)
        if len(data) < size:
            raise ArrayFileError("data.reason-damaged")
        values = [_value(data[at : at + width], array) for at in range(0, size, width)]
        rows = values if len(array.shape) <= 1 else [values[at : at + row] for at in range(0, len(values), row)]
        yield column_of(array.name, rows) or Column(array.name, b"", [0]), len(rows)


def _value(item: bytes, array: Array) -> object:
    if array.kind == "U":
        return item.decode("utf-32-be" if array.order == ">" else "utf-32-le", "replace").rstrip("\0")
    if array.kind == "S":
        return item.rstrip(b"\0")
    order = "big" if array.order == ">" else "little"
    return int.from_bytes(item, order, signed=array.kind == "i")  # type: ignore[arg-type]  # one of two words
