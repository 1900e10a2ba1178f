"""Which format a file has, by its bytes alone, and who reads it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import archives, npy, onnx, safetensors, tar, text_rules
from aigov_checks.model.serialization.limits import MAX_NOTES, MAX_TEXT
from aigov_checks.model.serialization.notes import GRAVITY, Budget, Context, Note, Parser, Scanned, uncovered, unsafe
from aigov_checks.model.serialization.pickle_data import TORCH_MAGIC
from aigov_checks.model.serialization.pickle_file import scan_pickle
from aigov_checks.model.serialization.pickle_probe import Probe, probe
from aigov_checks.model.serialization.zip_reader import ends_like_zip, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Status

_UNREAD = (
    ("hdf5", 0, b"\x89HDF\r\n\x1a\n"),
    ("gguf", 0, b"GGUF"),
    ("ggml", 0, b"lmgg"),
    ("ggml", 0, b"tjgg"),
    ("tflite", 4, b"TFL3"),
    ("7z", 0, b"7z\xbc\xaf'\x1c"),
    ("rar", 0, b"Rar!\x1a\x07"),
    ("zstd", 0, b"\x28\xb5\x2f\xfd"),
    ("lz4", 0, b"\x04\x22\x4d\x18"),
    ("catboost", 0, b"CBM1"),
    ("ubjson", 0, b"{L\x00"),
    ("xgboost", 0, b"binf"),
    ("r", 0, b"RDX"),
    ("r", 0, b"X\n\x00\x00\x00"),
    ("mat", 0, b"MATLAB"),
    ("elf", 0, b"\x7fELF"),
    ("parquet", 0, b"PAR1"),
    ("arrow", 0, b"ARROW1"),
    ("joblib-0.9", 0, b"ZF0x"),
    ("pdf", 0, b"%PDF-"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("sqlite", 0, b"SQLite format 3\0"),
    ("xml", 0, b"<?xml"),
    ("pmml", 0, b"<PMML"),
    ("lightgbm", 0, b"tree\nversion="),
    ("executable", 0, b"MZ\x90\x00"),
)
"""Formats that are known by their first bytes and not read yet: name, offset, bytes."""
_PROTO = 0x80
_LAST_PROTOCOL = 5
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_SHORT = 16
"""Bytes below which a line without an end may be the start of anything."""
_KEPT = 2
"""Opcodes after which a cut-off stream without a header still counts as a pickle."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format and its parser."""

    name: str
    parse: Parser


def look(data: memoryview, context: Context) -> Scanned:
    """Return format and notes of a file; the same bytes always give the same answer."""
    if len(data) == 0:
        return Scanned("empty", ())
    first = _first_opcodes(data, context)
    format_ = _format_of(data, first)
    notes = collect(_everything(data, context, format_, first))
    return Scanned(format_.name, notes)


def format_of(data: memoryview) -> str:
    """Return the format of a file, by its content; nothing in it is judged."""
    context = Context(frozenset(), Budget(), look)
    return "empty" if len(data) == 0 else _format_of(data, _first_opcodes(data, context)).name


def collect(notes: Iterator[Note]) -> tuple[Note, ...]:
    """Return different notes, worst first, as many as are kept; what is repeated is said once."""
    kept: dict[tuple[Status, str, object, str], Note] = {}
    counts = dict.fromkeys(GRAVITY, 0)
    for found in notes:
        key = (found.status, found.type, found.args, found.member)
        if counts[found.status] < MAX_NOTES and key not in kept:
            kept[key] = found
            counts[found.status] += 1
    ordered = sorted(kept.values(), key=lambda found: GRAVITY.index(found.status))
    return tuple(ordered[:MAX_NOTES])


def _everything(data: memoryview, context: Context, format_: Format, first: Probe | None) -> Iterator[Note]:
    yield from format_.parse(data, context)
    if format_.name not in {"pickle", "torch-legacy"} and first and first.runs:
        yield unsafe("format.polyglot", 0)
        yield from first.notes
    if format_.parse is not archives.scan_zip and ends_like_zip(data):
        yield from archives.scan_appended(data, context)


def _first_opcodes(data: memoryview, context: Context) -> Probe | None:
    """Run the first opcodes, whatever the file seems to be: any loader of pickles would."""
    return probe(data, context) if context.depth > 0 else None


def _format_of(data: memoryview, first: Probe | None) -> Format:
    head = bytes(data[:512])
    if head.startswith(TORCH_MAGIC):
        return Format("torch-legacy", scan_pickle)
    for recognise in (_by_magic, _by_shape):
        found = recognise(data, head)
        if found is not None:
            return found
    if _is_pickle(head, first):
        return Format("pickle", scan_pickle)
    for name, offset, magic in _UNREAD:
        if head[offset : offset + len(magic)] == magic:
            return _unread(name)
    return _text_or_unknown(data, head)


def _by_magic(data: memoryview, head: bytes) -> Format | None:
    if head.startswith(npy.MAGIC):
        return Format("npy", npy.scan_npy)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Format(archives.kind_of_zip(read_directory(data)), archives.scan_zip)
    for name, magic in (("gzip", b"\x1f\x8b"), ("bzip2", b"BZh"), ("xz", b"\xfd7zXZ\x00"), ("lzma", b"]\x00\x00")):
        if head.startswith(magic):
            return Format(name, archives.scan_compressed(name))
    return Format("zlib", archives.scan_compressed("zlib")) if _is_zlib(head) else None


def _by_shape(data: memoryview, _head: bytes) -> Format | None:
    if safetensors.is_safetensors(data):
        return Format("safetensors", safetensors.scan_safetensors)
    if tar.is_tar(data):
        return Format("tar", tar.scan_tar)
    return Format("onnx", onnx.scan_onnx) if onnx.is_onnx(data) else None


def _is_zlib(head: bytes) -> bool:
    if len(head) < 2 or head[0] != 0x78 or (head[0] << 8 | head[1]) % 31:  # noqa: PLR2004  # RFC 1950, section 2.2
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 1)) or _CONTROL.search(head) is not None
    except zlib.error:
        return False


def _is_pickle(head: bytes, first: Probe | None) -> bool:
    """Whether a loader of pickles would get anywhere: a header, a whole pickle, a call, or a stream that is cut off."""
    if head[0] == _PROTO and (len(head) == 1 or head[1] <= _LAST_PROTOCOL):
        return True
    if first is None:
        return False
    cut = first.error in {"truncated", "limit"} and first.opcodes >= _KEPT
    return first.complete or first.dangerous or first.calls > 0 or cut


def _text_or_unknown(data: memoryview, head: bytes) -> Format:
    newlines = bytes(data[: 1 << 12]).count(b"\n")
    cut_name = data[0] in b"ci" and newlines == 1 and data[-1] != ord("\n")
    if (
        cut_name
        or (len(data) < _SHORT and not newlines and head[0] not in b"{[")
        or len(data) > MAX_TEXT
        or _CONTROL.search(head)
    ):
        return _unread("unknown")
    raw = bytes(data)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _unread("unknown")
    if _CONTROL.search(raw):
        return _unread("unknown")
    stripped = raw.lstrip()
    if stripped[:1] == b"<" and re.match(rb"<(\?xml|PMML|net\b|!DOCTYPE|html)", stripped, re.IGNORECASE):
        return _unread("xml")
    opens = stripped[:1] == b"{" and stripped[1:2] not in {b"{", b"%", b"#"}
    if opens or (stripped[:1] == b"[" and stripped.rstrip()[-1:] == b"]" and stripped[1:2] in b'{["0123456789-tfn]'):
        return Format("json", text_rules.scan_json)
    return Format("text", text_rules.scan_text)


def _unread(name: str) -> Format:
    def parse(_data: memoryview, _context: Context) -> Iterator[Note]:
        yield uncovered("format.unknown" if name == "unknown" else "format.unread", 0, format=name)

    return Format(name, parse)
