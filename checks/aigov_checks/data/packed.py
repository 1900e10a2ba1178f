"""Text compressed with gzip or zstd, unpacked as a stream: a block is in memory, and a bomb ends the reading."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from aigov import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 1 << 20
"""Bytes that are unpacked at a time."""
_RATIO = 200
"""Times its size to which a file may unpack; text reaches about 50."""
_ALWAYS = 256 << 20
"""Bytes that any file may unpack to."""
_ZSTD = b"\x28\xb5\x2f\xfd"


class PackedError(ValueError):
    """The rest cannot be read; the argument is the problem's name, `damaged` or `bomb`."""


def first_bytes(path: Path, size: int) -> bytes:
    """Return the beginning of what is inside, as much of `size` as can be unpacked.

    Raises:
        PackedError: nothing can be unpacked.
        MissingExtraError: zstd needs pyarrow.
    """
    sample = b""
    try:
        for chunk in chunks(path):
            sample += chunk
            if len(sample) >= size:
                break
    except PackedError:
        if not sample:
            raise
    return sample[:size]


def chunks(path: Path) -> Iterator[bytes]:
    """Yield what is inside.

    Raises:
        PackedError: after the last bytes that could be unpacked, or where there is far too much.
        MissingExtraError: zstd needs pyarrow.
    """
    allowed = max(_ALWAYS, path.stat().st_size * _RATIO)
    with path.open("rb") as stream:
        magic = stream.read(4)
    for unpacked in _of_zstd(path) if magic == _ZSTD else _of_gzip(path):
        allowed -= len(unpacked)
        if allowed < 0:
            raise PackedError("bomb")
        yield unpacked


def _of_gzip(path: Path) -> Iterator[bytes]:
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
                yield unpacked
                data = inner.unconsumed_tail
                if inner.eof:
                    begun = False
                    data, inner = inner.unused_data.lstrip(b"\0"), zlib.decompressobj(wbits=31)
        if begun:
            raise PackedError("damaged")


def _of_zstd(path: Path) -> Iterator[bytes]:
    arrow = need("pyarrow", "pii")
    try:
        stream: Any = arrow.CompressedInputStream(arrow.OSFile(str(path)), "zstd")  # pyarrow has no types
        with stream:
            while data := stream.read(CHUNK):
                yield data
    except (arrow.ArrowException, OSError) as error:
        raise PackedError("damaged") from error
