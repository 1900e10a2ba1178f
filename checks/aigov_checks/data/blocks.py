"""A file range as blocks of whole lines of UTF-8, so that memory does not grow with the file."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from mmap import mmap
    from pathlib import Path

BLOCK = 1 << 20
"""Bytes read at a time."""
LONGEST_LINE = 16 << 20
"""Bytes of a line beyond which it is scanned in pieces, as plain text."""
PIECE = 1 << 20
"""Bytes of whole lines that a gate looks at at a time: its hits stay few, its arrays in the processor's cache."""
_BACK = 4096
"""Bytes before the end of a piece in which a separator is looked for."""

Cut = Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, or one piece of a line that is too long."""

    data: bytes
    start: int | None
    """Where the block begins in the file, in bytes; None where the file is in another encoding."""
    piece: bool = False
    """Whether this is a part of one line."""
    last: bool = True
    """Whether the line ends with this piece."""


def last_newline(data: bytes) -> int:
    """Return the end of the last whole line."""
    return data.rfind(b"\n") + 1


def blocks(path: Path, start: int, end: int, encoding: str, cut: Cut = last_newline) -> Iterator[Block]:
    """Yield the blocks of a byte range; `cut` says where a block may end."""
    with path.open("rb") as stream:
        stream.seek(start)
        if start == 0 and stream.read(3) == codecs.BOM_UTF8:
            start = 3
        stream.seek(start)
        yield from _lines(_chunks(stream, end - start, encoding), start if encoding == "utf-8" else None, cut)


def blocks_of(data: bytes | mmap, start: int | None) -> Iterator[Block]:
    """Yield the blocks of text in memory; `start` is where it begins in a file."""
    yield from _lines((data[at : at + BLOCK] for at in range(0, len(data), BLOCK)), start, last_newline)


def blocks_of_chunks(chunks: Iterator[bytes], encoding: str, cut: Cut = last_newline) -> Iterator[Block]:
    """Yield the blocks of text that comes in pieces, whose offsets in a file are not known."""
    if encoding != "utf-8":
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        chunks = (decoder.decode(data).encode("utf-8", "replace") for data in chunks)
    yield from _lines(chunks, None, cut)


def _chunks(stream: BinaryIO, size: int, encoding: str) -> Iterator[bytes]:
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
    while size > 0:
        data = stream.read(min(BLOCK, size))
        if not data:
            return
        size -= len(data)
        yield data if decoder is None else decoder.decode(data, size <= 0).encode("utf-8", "replace")


def _lines(chunks: Iterator[bytes], start: int | None, cut: Cut) -> Iterator[Block]:
    rest = b""
    piece = False
    for chunk in chunks:
        rest += chunk
        done = rest.find(b"\n") + 1 if piece else cut(rest)
        while done or len(rest) > LONGEST_LINE:
            size = done or _separator(rest)
            yield Block(rest[:size], start, piece or not done, bool(done))
            piece = not done
            start = None if start is None else start + size
            rest = rest[size:]
            done = cut(rest) if not piece else rest.find(b"\n") + 1
    if rest:
        yield Block(rest, start, piece)


def _separator(data: bytes) -> int:
    """Return where a long line may be cut so that no word is: after the last space or comma near the limit."""
    near = data[LONGEST_LINE - _BACK : LONGEST_LINE]
    found = max(near.rfind(symbol) for symbol in (b" ", b",", b";", b"\t"))
    if found >= 0:
        return LONGEST_LINE - _BACK + found + 1
    size = LONGEST_LINE
    while size > LONGEST_LINE - 4 and data[size] & 0xC0 == 0x80:  # noqa: PLR2004  # a byte within a UTF-8 character
        size -= 1
    return size


def pieces(block: bytes) -> Iterator[tuple[int, int]]:
    """Yield ranges of whole lines of about a piece each; a longer line is a range of its own."""
    start = 0
    while start < len(block):
        end = start + PIECE
        if end < len(block):
            last = block.rfind(b"\n", start, end)
            end = (last if last >= 0 else block.find(b"\n", end)) + 1
        yield start, min(end or len(block), len(block))
        start = end or len(block)
