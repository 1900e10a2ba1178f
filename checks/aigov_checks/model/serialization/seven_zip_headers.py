"""The headers of a 7z archive: which streams are packed how, and which files they become.

Source: 7zFormat.txt of the LZMA SDK. Folders of one coder are understood, alone or after the filter for x86 jumps, as
7-Zip and py7zr write by default; others, encrypted ones too, are said to be not covered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor
from aigov_checks.model.serialization.limits import MAX_MEMBERS

_END, _HEADER, _STREAMS, _FILES, _PACKED, _FOLDERS, _PARTS = 0, 1, 4, 5, 6, 7, 8
_JUMPS = b"\3\3\1\3"
_SIZES, _DIGESTS, _FOLDER, _UNPACKED, _COUNTS, _EMPTY, _NAMES, _ENCODED = 9, 10, 11, 12, 13, 14, 17, 23


@dataclass(slots=True)
class Folder:
    """One packed stream with its coder; an empty coder is one that is not read here."""

    coder: bytes = b""
    properties: bytes = b""
    jumps: bool = False
    """Whether addresses in x86 programs were rewritten before packing, as py7zr does with any file."""
    unpacked: int = 0
    sizes: list[int] = field(default_factory=list)
    """Bytes of each file in it."""


@dataclass(slots=True)
class Streams:
    """Where packed streams stand, and their folders."""

    start: int = 0
    packed: list[int] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a header says: streams, and names of the files that are not empty."""

    streams: Streams
    names: tuple[str, ...]
    encoded: bool


def number(cursor: Cursor) -> int:
    """Return a number of 7z: the first byte says by its leading ones how many follow."""
    first, mask, value = cursor.unsigned(1), 0x80, 0
    for index in range(8):
        if not first & mask:
            return value | (first & (mask - 1)) << (8 * index)
        value |= cursor.unsigned(1) << (8 * index)
        mask >>= 1
    return value


def read_header(data: memoryview) -> Listing:
    """Return what a header lists; one that is packed itself has only the stream to unpack it from."""
    cursor = Cursor(data)
    kind = cursor.unsigned(1)
    if kind == _ENCODED:
        return Listing(_streams(cursor), (), encoded=True)
    if kind != _HEADER:
        raise BrokenFileError(0)
    streams = Streams()
    names: tuple[str, ...] = ()
    while (part := cursor.unsigned(1)) != _END:
        if part == _STREAMS:
            streams = _streams(cursor)
        elif part == _FILES:
            names = _files(cursor)
        else:
            raise BrokenFileError(cursor.at)
    return Listing(streams, names, encoded=False)


def _streams(cursor: Cursor) -> Streams:
    streams = Streams()
    while (part := cursor.unsigned(1)) != _END:
        if part == _PACKED:
            _packed(cursor, streams)
        elif part == _FOLDERS:
            _folders(cursor, streams)
        elif part == _PARTS:
            _parts(cursor, streams)
        else:
            raise BrokenFileError(cursor.at)
    for folder in streams.folders:
        folder.sizes = folder.sizes or [folder.unpacked]
    return streams


def _count(cursor: Cursor) -> int:
    value = number(cursor)
    if value > MAX_MEMBERS:
        raise BrokenFileError(cursor.at)
    return value


def _packed(cursor: Cursor, streams: Streams) -> None:
    streams.start = number(cursor)
    count = _count(cursor)
    while (part := cursor.unsigned(1)) != _END:
        if part == _SIZES:
            streams.packed = [number(cursor) for _ in range(count)]
        else:
            _digests(cursor, part, count)


def _folders(cursor: Cursor, streams: Streams) -> None:
    if cursor.unsigned(1) != _FOLDER:
        raise BrokenFileError(cursor.at)
    count = _count(cursor)
    if cursor.unsigned(1):
        raise BrokenFileError(cursor.at)
    outputs = []
    for _ in range(count):
        folder, coders = _folder(cursor)
        streams.folders.append(folder)
        outputs.append(coders)
    if cursor.unsigned(1) != _UNPACKED:
        raise BrokenFileError(cursor.at)
    for folder, coders in zip(streams.folders, outputs, strict=True):
        folder.unpacked = [number(cursor) for _ in range(coders)][-1]
    while (part := cursor.unsigned(1)) != _END:
        _digests(cursor, part, count)


def _folder(cursor: Cursor) -> tuple[Folder, int]:
    """Return a folder and how many coders it has; its coder is empty where they are not understood together."""
    coders: list[tuple[bytes, bytes]] = []
    for _ in range(_count(cursor)):
        flags = cursor.unsigned(1)
        coder = bytes(cursor.take(flags & 15))
        if flags & 0x90:
            raise BrokenFileError(cursor.at)
        coders.append((coder, bytes(cursor.take(_count(cursor))) if flags & 0x20 else b""))
    for _ in range(len(coders) - 1):
        number(cursor)
        number(cursor)
    match coders:
        case [(coder, properties)]:
            return Folder(coder, properties), 1
        case [(first, b""), (coder, properties)] | [(coder, properties), (first, b"")] if first == _JUMPS:
            return Folder(coder, properties, jumps=True), 2
        case _:
            return Folder(), max(1, len(coders))


def _parts(cursor: Cursor, streams: Streams) -> None:
    counts = [1] * len(streams.folders)
    part = cursor.unsigned(1)
    if part == _COUNTS:
        counts = [_count(cursor) for _ in streams.folders]
        part = cursor.unsigned(1)
    for folder, count in zip(streams.folders, counts, strict=True):
        known = [number(cursor) for _ in range(count - 1)] if part == _SIZES else []
        folder.sizes = [*known, folder.unpacked - sum(known)] if count else [0]
        if min(folder.sizes) < 0:
            raise BrokenFileError(cursor.at)
    if part == _SIZES:
        part = cursor.unsigned(1)
    while part != _END:
        _digests(cursor, part, sum(counts))
        part = cursor.unsigned(1)


def _digests(cursor: Cursor, part: int, count: int) -> None:
    if part != _DIGESTS:
        raise BrokenFileError(cursor.at)
    defined = count if cursor.unsigned(1) else sum(_bits(cursor, count))
    cursor.skip(4 * defined)


def _bits(cursor: Cursor, count: int) -> list[bool]:
    raw = cursor.take((count + 7) // 8)
    return [bool(raw[index // 8] & (0x80 >> index % 8)) for index in range(count)]


def _files(cursor: Cursor) -> tuple[str, ...]:
    count = _count(cursor)
    names, empty = [""] * count, [False] * count
    while (part := number(cursor)) != _END:
        body = Cursor(cursor.take(number(cursor)))
        if part == _EMPTY:
            empty = _bits(body, count)
        elif part == _NAMES and body.unsigned(1) == 0:
            names = bytes(body.take(len(body.data) - 1)).decode("utf-16-le", "replace").split("\0")[:count]
    return tuple(name for name, without in zip(names, empty, strict=False) if not without)
