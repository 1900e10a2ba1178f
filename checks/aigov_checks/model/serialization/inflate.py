"""Decompression that stops at the budget of the file and at a ratio that no weights reach."""

from __future__ import annotations

import bz2
import lzma
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aigov_checks.model.serialization.limits import MAX_RATIO, RATIO_FREE

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.serialization.notes import Context

STEP = 1 << 20
"""Bytes that are decompressed at a time."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Inflated:
    """What came out, and why it is not everything: `broken`, `truncated`, `ratio`, `size`, `trailing`."""

    data: memoryview
    problem: str = ""


def inflate(data: memoryview, make: Callable[[], _Decompressor], context: Context) -> Inflated:
    """Decompress one stream; the output is paid from the budget of the file."""
    machine = make()
    pieces: list[bytes] = []
    total = position = 0
    pending = b""
    try:
        while not machine.eof:
            if not pending and not _hungry(machine):
                piece = machine.decompress(b"", STEP)
            else:
                block = pending or bytes(data[position : position + STEP])
                position += 0 if pending else len(block)
                piece = machine.decompress(block, STEP)
                if not block and not piece and not machine.eof:
                    return Inflated(memoryview(b"".join(pieces)), "truncated")
            pending = getattr(machine, "unconsumed_tail", b"")
            pieces.append(piece)
            total += len(piece)
            problem = beyond(len(piece), total, len(data), context)
            if problem:
                return Inflated(memoryview(b"".join(pieces)), problem)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return Inflated(memoryview(b"".join(pieces)), "broken")
    left = len(getattr(machine, "unused_data", b"")) + len(data) - position
    return Inflated(memoryview(b"".join(pieces)), "trailing" if left else "")


def beyond(more: int, total: int, packed: int, context: Context) -> str:
    """Take `more` bytes of output from the budget; return why it ends here, or nothing."""
    if not context.budget.inflate(more):
        return "size"
    return "ratio" if total > RATIO_FREE and total > MAX_RATIO * packed else ""


def _hungry(machine: _Decompressor) -> bool:
    return bool(getattr(machine, "needs_input", True))


def gzip_stream() -> _Decompressor:
    """Return a decompressor of gzip."""
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def zlib_stream() -> _Decompressor:
    """Return a decompressor of zlib."""
    return zlib.decompressobj()


def raw_stream() -> _Decompressor:
    """Return a decompressor of the deflate streams in zip files."""
    return zlib.decompressobj(-zlib.MAX_WBITS)


def bz2_stream() -> _Decompressor:
    """Return a decompressor of bzip2."""
    return bz2.BZ2Decompressor()


def lzma_stream() -> _Decompressor:
    """Return a decompressor of xz and lzma; its tables are bounded."""
    return lzma.LZMADecompressor(memlimit=1 << 28)
