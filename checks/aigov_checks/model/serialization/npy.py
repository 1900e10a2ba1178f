"""Arrays as numpy saves them: a header that is a Python literal, then raw bytes or, for objects, a pickle."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import dtypes
from aigov_checks.model.serialization.limits import MAX_NPY_HEADER
from aigov_checks.model.serialization.notes import Context, Note, suspicious
from aigov_checks.model.serialization.pickle_file import scan_pickle

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\x93NUMPY"
_KEYS = {"descr", "fortran_order", "shape"}
_FIRST_LONG = 2
"""First version whose header length has four bytes; before it has two."""
_VERSIONS = (1, 2, 3)


def scan_npy(data: memoryview, context: Context) -> Iterator[Note]:
    """Yield what is wrong with an npy file; objects are read as the pickle that they are."""
    header, start = read_header(data)
    if not start:
        yield suspicious("npy.unparsable", 0)
        return
    element = dtypes.of_header(header.get("descr"))
    elements = dtypes.count(header.get("shape")) if isinstance(header.get("shape"), tuple) else None
    if set(header) != _KEYS or element is None or elements is None:
        yield suspicious("npy.unparsable", 0)
    elif element.objects:
        yield from _moved(scan_pickle(data[start:], context), start)
        if start == len(data):
            yield suspicious("npy.size", start, expected=1)
    elif len(data) - start != elements * element.size:
        yield suspicious("npy.size", start, expected=elements * element.size)


def read_header(data: memoryview) -> tuple[dict[str, object], int]:
    """Return the header of an array and where its bytes start; 0 where there is none."""
    start = _header_end(data)
    return ({}, 0) if start is None else (_header(bytes(data[:start])), start)


def _header_end(data: memoryview) -> int | None:
    """Return where the array starts; None where the header is cut, too long or of a version that nobody wrote."""
    if len(data) < 10 or data[6] not in _VERSIONS or data[7] != 0:  # noqa: PLR2004  # magic, version, length
        return None
    width = 4 if data[6] >= _FIRST_LONG else 2
    length = int.from_bytes(data[8 : 8 + width], "little")
    end = 8 + width + length
    return end if length <= MAX_NPY_HEADER and end <= len(data) else None


def _header(head: bytes) -> dict[str, object]:
    """Return the header as numpy would read it: one literal, nothing evaluated; empty where it is none."""
    text = head[head.find(b"{", 8) :] if b"{" in head[8:] else b""
    try:
        value = ast.literal_eval(text.decode("utf-8").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    return value if isinstance(value, dict) and all(isinstance(key, str) for key in value) else {}


def _moved(notes: Iterator[Note], base: int) -> Iterator[Note]:
    for found in notes:
        yield replace(found, offset=base + found.offset)
