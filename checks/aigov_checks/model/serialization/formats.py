"""Which format a file has, by its bytes alone, and who reads it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aigov import Status
from aigov_checks.model.serialization import archives, recognise, text_rules
from aigov_checks.model.serialization.arrow_streams import MAGIC
from aigov_checks.model.serialization.limits import MAX_NOTES, MAX_TEXT
from aigov_checks.model.serialization.name_lists import KNOWN_PACKAGES, STANDARD_LIBRARY
from aigov_checks.model.serialization.notes import (
    GRAVITY,
    Budget,
    Context,
    Note,
    Parser,
    Scanned,
    suspicious,
    uncovered,
    unsafe,
)
from aigov_checks.model.serialization.pickle_data import TORCH_MAGIC
from aigov_checks.model.serialization.pickle_file import scan_pickle
from aigov_checks.model.serialization.pickle_probe import Probe, probe
from aigov_checks.model.serialization.zip_reader import ends_like_zip, read_directory, starts_like_zip

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROTO = 0x80
_LAST_PROTOCOL = 5
_CONTROL = bytes((*range(9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
"""Characters that no text has."""
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
    first = _First(data, context)
    format_ = _format_of(data, first)
    notes = collect(found for found in _everything(data, context, format_, first) if not _allowed(found, context))
    return Scanned(format_.name, notes)


def _allowed(found: Note, context: Context) -> bool:
    """Whether a policy allows exactly the name that a note is about."""
    return found.type in {"model.custom", "keras.class"} and found.args.get("name") in context.allow


def format_of(data: memoryview) -> str:
    """Return the format of a file, by its content; nothing in it is judged."""
    context = Context(frozenset(), Budget(), look)
    return "empty" if len(data) == 0 else _format_of(data, _First(data, context)).name


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


def _everything(data: memoryview, context: Context, format_: Format, first: _First) -> Iterator[Note]:
    yield from format_.parse(data, context)
    if format_.name not in {"pickle", "torch-legacy"}:
        yield from _as_pickle(first.opcodes())
    if not starts_like_zip(data) and ends_like_zip(data):
        yield from archives.scan_appended(data, context)


def _as_pickle(first: Probe | None) -> Iterator[Note]:
    """Yield what a loader of pickles would do with a file that is something else."""
    if first is not None and (_means_it(first) or (first.complete and first.notes)):
        yield unsafe("format.polyglot", 0) if _means_it(first) else suspicious("format.polyglot", 0)
        yield from first.notes


class _First:
    """The first opcodes of a file, run once and only if somebody asks: any loader of pickles would run them."""

    def __init__(self, data: memoryview, context: Context) -> None:
        self._data, self._context = data, context
        self._done: Probe | None = None

    def opcodes(self) -> Probe | None:
        """Return how far a machine got; None where files are nested too deep to look."""
        if self._done is None and self._context.depth > 0:
            self._done = probe(self._data, self._context)
        return self._done


def _format_of(data: memoryview, first: _First) -> Format:
    head = bytes(data[:512])
    if head.startswith(TORCH_MAGIC):
        return Format("torch-legacy", scan_pickle)
    for recogniser in (_by_magic, recognise.by_shape):
        shaped = recogniser(data, head)
        if shaped is not None:
            return Format(*shaped)
    if _is_pickle(head, first):
        return Format("pickle", scan_pickle)
    for found in (recognise.by_xml(head), recognise.unread(data, head)):
        if found is not None:
            return _unread(found) if isinstance(found, str) else Format(*found)
    return _text_or_unknown(data, head)


def _by_magic(data: memoryview, head: bytes) -> tuple[str, Parser] | None:
    if starts_like_zip(data):
        directory = read_directory(data)
        return archives.kind_of_zip(directory), partial(archives.scan_zip, directory=directory)
    for name, magic in MAGIC.items():
        if head.startswith(magic):
            return name, archives.scan_with_arrow(name)
    for name, magic in (("gzip", b"\x1f\x8b"), ("bzip2", b"BZh"), ("xz", b"\xfd7zXZ\x00"), ("lzma", b"]\x00\x00")):
        if head.startswith(magic):
            return name, archives.scan_compressed(name)
    if _is_zlib(head):
        return "zlib", archives.scan_compressed("zlib")
    return recognise.by_magic(data, head)


def _is_zlib(head: bytes) -> bool:
    if len(head) < 2 or head[0] != 0x78 or (head[0] << 8 | head[1]) % 31:  # noqa: PLR2004  # RFC 1950, section 2.2
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 1)) or _is_binary(head)
    except zlib.error:
        return False


def _is_pickle(head: bytes, found: _First) -> bool:
    """Whether a loader of pickles would get anywhere: a header, a whole pickle, a call, or a stream that is cut off."""
    if head[0] == _PROTO and (len(head) == 1 or head[1] <= _LAST_PROTOCOL):
        return True
    first = found.opcodes()
    if first is None:
        return False
    cut = first.error in {"truncated", "limit"} and first.opcodes >= _KEPT
    return first.complete or _means_it(first) or cut


def _means_it(first: Probe) -> bool:
    """Whether it would call something, do harm, or go on for so long that it cannot be chance."""
    return _does_harm(first) or first.calls > 0 or first.error == "limit"


def _does_harm(first: Probe) -> bool:
    """Whether a stream that breaks off names something first that can be meant.

    Two lines of any text are a name to a pickle, `config.yaml` and `model.bin` too. A module in a package with a
    plain name in it is meant, and so is what does harm by itself and not only by its dots.
    """
    for found in first.notes:
        name = str(found.args.get("name", ""))
        module, _, inner = name.rpartition(".")
        known = name.partition(".")[0] in STANDARD_LIBRARY or name.partition(".")[0] in KNOWN_PACKAGES
        if found.status is Status.UNSAFE and (found.effect != "dotted" or known):
            return True
        if found.type == "pickle.global" and not found.effect and "." in module and inner:
            return True
    return False


def _text_or_unknown(data: memoryview, head: bytes) -> Format:
    newlines = bytes(data[: 1 << 12]).count(b"\n")
    cut_name = data[0] in b"ci" and newlines == 1 and data[-1] != ord("\n")
    if (
        cut_name
        or (len(data) < _SHORT and (not newlines or head[:1] == b"\n") and head[0] not in b"{[")
        or len(data) > MAX_TEXT
        or _is_binary(head)
    ):
        return _unread("unknown")
    raw = bytes(data)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _unread("unknown")
    if _is_binary(raw):
        return _unread("unknown")
    stripped = raw.lstrip()
    opens = stripped[:1] == b"{" and stripped[1:2] not in {b"{", b"%", b"#"}
    if opens or (stripped[:1] == b"[" and stripped.rstrip()[-1:] == b"]" and stripped[1:2] in b'{["0123456789-tfn]'):
        return Format("json", text_rules.scan_json)
    return Format("text", text_rules.scan_text)


def _is_binary(raw: bytes) -> bool:
    return len(raw.translate(None, _CONTROL)) != len(raw)


def _unread(name: str) -> Format:
    def parse(_data: memoryview, _context: Context) -> Iterator[Note]:
        yield uncovered("format.unknown" if name == "unknown" else "format.unread", 0, format=name)

    return Format(name, parse)
