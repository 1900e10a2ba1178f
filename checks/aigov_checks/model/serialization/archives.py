"""Files that hold files: zip in its uses (torch, npz, skops), tar, and single compressed streams."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from aigov import Status
from aigov_checks.model.serialization import inflate as streams
from aigov_checks.model.serialization import torch_export
from aigov_checks.model.serialization.arrow_streams import EXTRA, inflate_with_arrow
from aigov_checks.model.serialization.inflate import Inflated, inflate
from aigov_checks.model.serialization.notes import (
    Budget,
    Context,
    Note,
    Scanned,
    in_member,
    inside,
    suspicious,
    uncovered,
    unsafe,
)
from aigov_checks.model.serialization.pickle_probe import probe
from aigov_checks.model.serialization.skops import scan_schema
from aigov_checks.model.serialization.torchscript import scan_code
from aigov_checks.model.serialization.zip_reader import ENCRYPTED, Directory, Member, read_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_RAW = re.compile(
    r"[^/]+/(data|\.data|constants|tensors)/\d+|"
    r"([^/]+/)?(version|byteorder|\.format_version|\.storage_alignment|\.data/serialization_id)",
)
"""Members of a torch file that are raw numbers; they are read into storages and as nothing else."""
_CODE = re.compile(r"[^/]+/code/.*\.py")
_COMPRESSED: tuple[tuple[str, Callable[[], streams._Decompressor]], ...] = (
    ("gzip", streams.gzip_stream), ("zlib", streams.zlib_stream), ("bzip2", streams.bz2_stream),
    ("xz", streams.lzma_stream), ("lzma", streams.lzma_stream),
)  # fmt: skip


def kind_of_zip(directory: Directory) -> str:
    """Return what a zip file is used for, by the names of its members."""
    names = {member.name for member in directory.members}
    tails = {name.partition("/")[2] for name in names}
    if "data.pkl" in tails or "data.pkl" in names:
        return "torchscript" if any(tail.startswith("code/") for tail in tails) else "torch"
    if "archive_format" in tails and any(torch_export.MODEL.fullmatch(name) for name in names):
        return "torch-export"
    if "schema.json" in names:
        return "skops"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    if "config.json" in names and "metadata.json" in names:
        return "keras"
    return "zip"


def scan_zip(data: memoryview, context: Context, directory: Directory | None = None) -> Iterator[Note]:
    """Yield what is wrong with the archive and with every member that any reader could see."""
    if directory is None:
        directory = read_directory(data)
    kind = kind_of_zip(directory)
    yield from directory.notes
    overlaps = any(found.type == "zip.overlap" for found in directory.notes)
    if overlaps:
        yield uncovered("limit.overlap", 0)
    for member in directory.members:
        yield from _path(member.name, member.header)
        if member.start >= 0 and not overlaps:
            yield from _member(data, member, kind, context)
    if directory.shift and context.depth > 0:
        yield from scan_zip(data[directory.shift :], context.deeper())


def scan_appended(data: memoryview, context: Context) -> Iterator[Note]:
    """Yield what a reader of zip files would see in a file that begins as something else."""
    yield suspicious("zip.appended", 0)
    yield from scan_zip(data, context)


def scan_compressed(name: str) -> Callable[[memoryview, Context], Iterator[Note]]:
    """Return the scanner of a single compressed stream."""
    make = dict(_COMPRESSED)[name]

    def scan(data: memoryview, context: Context) -> Iterator[Note]:
        result = inflate(data, make, context)
        yield from _problem(result, 0)
        yield from in_member(name, result.data, 0, context)

    return scan


def scan_with_arrow(codec: str) -> Callable[[memoryview, Context], Iterator[Note]]:
    """Return the scanner of a file that pyarrow decompresses; without pyarrow it is not covered."""

    def scan(data: memoryview, context: Context) -> Iterator[Note]:
        result = inflate_with_arrow(data, codec, context)
        if result is None:
            yield uncovered("compressed.extra", 0, format=codec, extra=EXTRA)
            return
        yield from _problem(result, 0)
        yield from in_member(codec, result.data, 0, context)

    return scan


def _member(data: memoryview, member: Member, kind: str, context: Context) -> Iterator[Note]:
    if member.name.endswith("/") and member.size == 0:
        return
    result = _content(data, member, context)
    if result is None:
        yield inside(member.name, uncovered("zip.method", 0, method=member.method), member.start)
        return
    intact = len(result.data) == member.size and zlib.crc32(result.data) == member.crc
    if member.flags & ENCRYPTED:
        if not intact:
            yield uncovered("zip.encrypted", member.header, name=member.name)
            return
        yield unsafe("zip.mismatch", member.header, name=member.name, what="encryption")
    elif not intact:
        yield suspicious("zip.crc", member.header, name=member.name)
    yield from _problem(result, member.header)
    yield from _look(result.data, member, kind, context)


def _look(content: memoryview, member: Member, kind: str, context: Context) -> Iterator[Note]:
    if kind == "torch-export":
        yield from _look_at_export(content, member, context)
    elif kind.startswith("torch") and _RAW.fullmatch(member.name):
        yield from _raw(content, member, context)
    elif kind == "torchscript" and _CODE.fullmatch(member.name):
        for found in scan_code(content, context):
            yield inside(member.name, found, member.start)
    elif kind == "skops" and member.name == "schema.json":
        for found in scan_schema(content, context):
            yield inside(member.name, found, member.start)
    else:
        yield from in_member(member.name, content, member.start, context)


def _look_at_export(content: memoryview, member: Member, context: Context) -> Iterator[Note]:
    if torch_export.MODEL.fullmatch(member.name) or torch_export.CONFIG.fullmatch(member.name):
        scan = torch_export.scan_program if torch_export.MODEL.fullmatch(member.name) else torch_export.scan_config
        for found in scan(content, context):
            yield inside(member.name, found, member.start)
    elif torch_export.COMPILED.match(member.name):
        found = unsafe("model.code", 0, format="torch-export", name=member.name)
        yield inside(member.name, found, member.start)
    elif torch_export.RAW.fullmatch(member.name):
        yield from _raw(content, member, context)
    else:
        yield from in_member(member.name, content, member.start, context)


def _raw(content: memoryview, member: Member, context: Context) -> Iterator[Note]:
    """Raw numbers are data; they may still be a pickle for a loader that is told to read them as one.

    Without the header of a pickle, chance makes opcodes; it does not make the name of something dangerous.
    """
    seen = probe(content, context)
    headed = bytes(content[:1]) == b"\x80"
    whole = seen.complete and seen.end == len(content)
    named = any(found.type == "pickle.global" and found.status is Status.UNSAFE for found in seen.notes)
    if named or (headed and (seen.runs or whole)):
        yield suspicious("pickle.nested", member.start)


def content_of(data: memoryview, member: Member) -> memoryview | None:
    """Return the bytes of a member that is whole by size and checksum, else None; stored ones are not copied."""
    result = _content(data, member, Context(frozenset(), Budget(), _blind))
    if result is None or result.problem or len(result.data) != member.size:
        return None
    return result.data if member.method == _STORED or zlib.crc32(result.data) == member.crc else None


def _blind(_data: memoryview, _context: Context) -> Scanned:
    return Scanned("unknown", ())


def _content(data: memoryview, member: Member, context: Context) -> Inflated | None:
    """Return the bytes of a member as its method says; None where the method is none that is read here."""
    packed = data[member.start : member.end]
    if member.method == _STORED:
        return Inflated(packed)
    if member.method == _DEFLATED:
        return inflate(packed, streams.raw_stream, context)
    if member.method == _BZIP2:
        return inflate(packed, streams.bz2_stream, context)
    return None


def _problem(result: Inflated, offset: int) -> Iterator[Note]:
    match result.problem:
        case "":
            return
        case "size" | "ratio":
            yield uncovered(f"limit.{result.problem}", offset)
        case "trailing":
            yield suspicious("compressed.trailing", offset)
        case _:
            yield suspicious("compressed.unparsable", offset)


def _path(name: str, offset: int) -> Iterator[Note]:
    """Yield a note for a name that would be unpacked outside the folder."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\0" in name:
        yield unsafe("archive.path", offset, name=name)


path_notes = _path
member_content = _content
