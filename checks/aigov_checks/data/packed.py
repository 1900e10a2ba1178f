"""Text compressed with gzip, unpacked as a stream: no more than a block is in memory, and a bomb ends the reading."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 8 << 20
"""Bytes that are unpacked at a time."""
_RATIO = 200
"""Times its size to which a file may unpack; text reaches about 50."""
_ALWAYS = 256 << 20
"""Bytes that any file may unpack to."""


class PackedError(ValueError):
    """The rest cannot be read; the argument is the problem's name, `damaged` or `bomb`."""


def first_bytes(path: Path, size: int) -> bytes:
    """Return the beginning of what is inside.

    Raises:
        PackedError: nothing can be unpacked.
    """
    try:
        with gzip.open(path) as stream:
            return stream.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PackedError("damaged") from error


def chunks(path: Path) -> Iterator[bytes]:
    """Yield what is inside.

    Raises:
        PackedError: after the last bytes that could be unpacked, or where there is far too much.
    """
    allowed = max(_ALWAYS, path.stat().st_size * _RATIO)
    with path.open("rb") as stream:
        inner = zlib.decompressobj(wbits=31)
        begun = False
        while data := stream.read(1 << 16):
            while data:
                begun = True
                try:
                    unpacked = inner.decompress(data, CHUNK)
                except zlib.error as error:
                    raise PackedError("damaged") from error
                allowed -= len(unpacked)
                if allowed < 0:
                    raise PackedError("bomb")
                yield unpacked
                data = inner.unconsumed_tail
                if inner.eof:
                    begun = False
                    data, inner = inner.unused_data.lstrip(b"\0"), zlib.decompressobj(wbits=31)
        if begun:
            raise PackedError("damaged")
