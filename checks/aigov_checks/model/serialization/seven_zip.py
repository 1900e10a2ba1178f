"""7z archives: every file is unpacked within the budget and looked at."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.archives import path_notes
from aigov_checks.model.serialization.cursor import Cursor, bounded
from aigov_checks.model.serialization.notes import Context, Note, in_member, suspicious, uncovered
from aigov_checks.model.serialization.seven_zip_headers import Folder, Listing, read_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAGIC = b"7z\xbc\xaf'\x1c"
_START = 32
_HEADERS = 4
"""Packed headers in packed headers that are followed."""
_STEP = 1 << 20
_LZMA, _LZMA2 = b"\3\1\1", b"\x21"
_LARGEST_DICTIONARY = 1 << 28


def _scan(data: memoryview, context: Context) -> Iterator[Note]:
    start = Cursor(data, 12)
    offset, size, crc = start.unsigned(8), start.unsigned(8), start.unsigned(4)
    header = Cursor(data, _START + offset).take(size)
    if zlib.crc32(header) != crc:
        yield suspicious("zip.crc", _START, name="header")
    if _START + offset + size != len(data):
        yield suspicious("zip.trailing", min(_START + offset + size, len(data)))
    listing = _listing(data, header, context)
    if listing is None:
        yield uncovered("seven-zip.method", _START)
        return
    yield from _members(data, listing, context)


def _listing(data: memoryview, header: memoryview, context: Context) -> Listing | None:
    """Return the list of files, through headers that are packed; None where one cannot be unpacked."""
    for _ in range(_HEADERS):
        listing = read_header(header)
        if not listing.encoded:
            return listing
        streams = listing.streams
        if not streams.folders or not streams.packed:
            return None
        packed = Cursor(data, _START + streams.start).take(streams.packed[0])
        unpacked = _unpacked(packed, streams.folders[0], context)
        if unpacked is None:
            return None
        header = memoryview(unpacked)
    return None


def _members(data: memoryview, listing: Listing, context: Context) -> Iterator[Note]:
    names = iter(listing.names)
    at = _START + listing.streams.start
    for packed, folder in zip(listing.streams.packed, listing.streams.folders, strict=False):
        body = Cursor(data, at).take(packed)
        content = _unpacked(body, folder, context)
        if content is None:
            yield uncovered("seven-zip.method", at)
        place = 0
        for size in folder.sizes:
            name = next(names, "?")
            yield from path_notes(name, at)
            if content is not None:
                yield from in_member(name, memoryview(content)[place : place + size], at, context)
            place += size
        at += packed


def _unpacked(packed: memoryview, folder: Folder, context: Context) -> bytes | None:
    """Return the bytes of a folder; None for coders that are not read, broken data and what is over the budget."""
    make = _decoder(folder)
    if make is None or not context.budget.inflate(folder.unpacked):
        return None
    try:
        found = make(bytes(packed), folder.unpacked)
    except (lzma.LZMAError, zlib.error, OSError, EOFError, ValueError):
        return None
    return found if len(found) == folder.unpacked else None


def _decoder(folder: Folder) -> Callable[[bytes, int], bytes] | None:
    match b"" if folder.jumps and folder.coder not in {_LZMA, _LZMA2} else folder.coder:
        case b"\0":
            return lambda packed, size: packed[:size]
        case b"\4\1\x08":
            return lambda packed, size: zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size)
        case b"\4\2\2":
            return lambda packed, size: bz2.BZ2Decompressor().decompress(packed, size)
        case b"\3\1\1" | b"\x21":
            filters = _filters(folder)
            return None if filters is None else lambda packed, size: _lzma(packed, size, filters)
        case _:
            return None


def _filters(folder: Folder) -> list[dict[str, int]] | None:
    """Return the settings of LZMA; None where its dictionary is larger than any model needs."""
    raw = folder.properties
    if folder.coder == _LZMA2 and len(raw) == 1 and raw[0] <= 40:  # noqa: PLR2004  # the largest code
        dictionary = (2 | raw[0] & 1) << (raw[0] // 2 + 11)
        found = {"id": lzma.FILTER_LZMA2, "dict_size": dictionary}
    elif folder.coder == _LZMA and len(raw) == 5 and raw[0] < 225:  # noqa: PLR2004  # one byte of settings, a size
        dictionary = int.from_bytes(raw[1:], "little")
        rest, lc = divmod(raw[0], 9)
        pb, lp = divmod(rest, 5)
        found = {"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": lc, "lp": lp, "pb": pb}
    else:
        return None
    chain = [{"id": lzma.FILTER_X86}, found] if folder.jumps else [found]
    return chain if dictionary <= _LARGEST_DICTIONARY else None


def _lzma(packed: bytes, size: int, filters: list[dict[str, int]]) -> bytes:
    machine = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    pieces, left, block = [], size, packed
    while left > 0:
        piece = machine.decompress(block, min(left, _STEP))
        if not piece and not block:
            break
        block = b""
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


scan_seven_zip = bounded("7z", _scan)
