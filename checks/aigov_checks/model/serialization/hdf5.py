"""HDF5: what a file reaches outside itself, which filters it needs, and the configurations of layers in attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor, bounded
from aigov_checks.model.serialization.hdf5_objects import (
    ATTRIBUTE,
    ATTRIBUTE_INFO,
    EXTERNAL,
    FILTERS,
    GROUP,
    LAYOUT,
    LINK,
    LINK_INFO,
    MAGIC,
    File,
    Message,
    global_object,
    group_children,
    heap_text,
    messages,
    open_file,
)
from aigov_checks.model.serialization.keras_config import scan_config
from aigov_checks.model.serialization.limits import MAX_MEMBERS
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.pickle_probe import probe
from aigov_checks.model.serialization.text_rules import code_in_strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FILTERS = frozenset((1, 2, 3, 4, 5, 6, 305, 307, 32000, 32001, 32004, 32008, 32013, 32015, 32026))
"""Filters of the library itself and registered compressions; any other is a library that HDF5 would load."""
_EXTERNAL_LINK, _FIRST_OWN_LINK = 64, 64
_VIRTUAL, _CONTIGUOUS = 3, 1
_USER_BLOCKS = (512, 1024, 2048, 4096)
_VLEN, _STRING = 9, 3
_DATATYPE = 8
"""Bytes of the shortest description of a type."""


def find_hdf5(data: memoryview) -> int | None:
    """Return where the superblock stands: at the start, or after a user block; None where there is none."""
    return next((at for at in (0, *_USER_BLOCKS) if bytes(data[at : at + 8]) == MAGIC), None)


def _scan(data: memoryview, context: Context) -> Iterator[Note]:
    base = find_hdf5(data) or 0
    if base:
        yield suspicious("hdf5.user-block", 0, size=base)
    file = open_file(data, base)
    room = len(data) - (base if file.end <= len(data) - base else 0)
    if file.end != room:
        yield suspicious("model.unparsable", min(file.end, len(data)), format="hdf5")
    pending, done = [file.root], 0
    visited: set[int] = set()
    while pending:
        address = pending.pop()
        if address in visited or file.none(address):
            continue
        visited.add(address)
        done += 1
        if done > MAX_MEMBERS:
            yield uncovered("limit.members", 0)
            return
        for message in messages(file, address):
            yield from _message(file, message, pending, context)


def _message(file: File, message: Message, pending: list[int], context: Context) -> Iterator[Note]:
    if message.shared and message.kind in {LINK, EXTERNAL, FILTERS, ATTRIBUTE}:
        yield uncovered("hdf5.dense", message.at)
    elif message.kind == GROUP:
        for child, soft in group_children(file, message.body):
            if not soft:
                pending.append(child)
    elif message.kind in _READERS:
        yield from _READERS[message.kind](file, message, pending, context)


def _dense(file: File, message: Message, _pending: list[int], _context: Context) -> Iterator[Note]:
    """Say that links or attributes are kept where they are not read."""
    body = Cursor(message.body, 1)
    wide = 8 if message.kind == LINK_INFO else 2
    body.skip(wide if body.unsigned(1) & 1 else 0)
    if not file.none(body.unsigned(file.offset)):
        yield uncovered("hdf5.dense", message.at)


def _link(file: File, message: Message, pending: list[int], _context: Context) -> Iterator[Note]:
    body = Cursor(message.body, 1)
    flags = body.unsigned(1)
    kind = body.unsigned(1) if flags & 8 else 0
    body.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = body.text(body.unsigned(1 << (flags & 3)))
    if kind == 0:
        pending.append(body.unsigned(file.offset))
    elif kind == _EXTERNAL_LINK:
        value = bytes(body.take(body.unsigned(2)))[1:].split(b"\0")
        yield unsafe("hdf5.external-link", message.at, name=name, location=value[0].decode("utf-8", "replace"))
    elif kind >= _FIRST_OWN_LINK:
        yield suspicious("model.custom", message.at, format="hdf5", name=f"link {kind}")


def _external(file: File, message: Message, _pending: list[int], _context: Context) -> Iterator[Note]:
    body = Cursor(message.body, 4)
    body.skip(2)
    used, heap = body.unsigned(2), body.unsigned(file.offset)
    for _ in range(used):
        name = heap_text(file, heap, body.unsigned(file.length))
        body.skip(2 * file.length)
        yield unsafe("hdf5.external-storage", message.at, location=name)


def _layout(file: File, message: Message, _pending: list[int], _context: Context) -> Iterator[Note]:
    body = Cursor(message.body)
    if body.unsigned(1) < 3:  # noqa: PLR2004  # older layouts have no virtual data
        return
    kind = body.unsigned(1)
    if kind == _VIRTUAL:
        yield unsafe("hdf5.virtual", message.at)
    elif kind == _CONTIGUOUS:
        start, size = body.unsigned(file.offset), body.unsigned(file.length)
        if not file.none(start) and file.base + start + size > len(file.data):
            yield suspicious("model.tensor", message.at, format="hdf5", name="dataset")


def _filters(_file: File, message: Message, _pending: list[int], _context: Context) -> Iterator[Note]:
    body = Cursor(message.body)
    version, count = body.unsigned(1), body.unsigned(1)
    body.skip(6 if version == 1 else 0)
    for _ in range(count):
        number = body.unsigned(2)
        named = body.unsigned(2) if version == 1 or number >= 256 else 0  # noqa: PLR2004  # own filters have names
        body.skip(2)
        values = body.unsigned(2)
        body.skip((named + 7) // 8 * 8 if version == 1 else named)
        body.skip(4 * values + (4 if version == 1 and values % 2 else 0))
        if number not in _FILTERS:
            yield suspicious("model.custom", message.at, format="hdf5", name=f"filter {number}")


def _attribute(file: File, message: Message, _pending: list[int], context: Context) -> Iterator[Note]:
    for value in _values(file, message):
        if bytes(value[:1]) == b"{":
            yield from scan_config(value)
        elif len(value) > 1:
            yield from code_in_strings((bytes(value[:65_536]).decode("utf-8", "replace"),), message.at)
            if value[0] in b"\x80(c" and probe(value, context).runs:
                yield suspicious("pickle.nested", message.at)


def _values(file: File, message: Message) -> Iterator[memoryview]:
    """Yield every text of an attribute; numbers are no texts."""
    body = Cursor(message.body)
    version = body.unsigned(1)
    body.skip(1)
    sizes = [body.unsigned(2) for _ in range(3)]
    body.skip(1 if version == 3 else 0)  # noqa: PLR2004  # with a character set
    padded = [(size + 7) // 8 * 8 if version == 1 else size for size in sizes]
    body.skip(padded[0])
    kind, space = body.take(padded[1]), body.take(padded[2])
    if len(kind) < _DATATYPE:
        raise BrokenFileError(message.at)
    class_, size = kind[0] & 15, int.from_bytes(kind[4:8], "little")
    for _ in range(_elements(file, space)):
        if class_ == _VLEN and kind[1] & 15 == 1:
            length, heap, index = body.unsigned(4), body.unsigned(file.offset), body.unsigned(4)
            if length and not file.none(heap) and heap:
                yield global_object(file, heap, index)[:length]
        elif class_ in {_STRING, 5}:
            yield memoryview(bytes(body.take(size)).rstrip(b"\0"))
        else:
            return


def _elements(file: File, space: memoryview) -> int:
    body = Cursor(space)
    version, rank = body.unsigned(1), body.unsigned(1)
    body.skip(6 if version == 1 else 2)
    total = 1
    for _ in range(rank):
        total *= body.unsigned(file.length)
    if total > MAX_MEMBERS:
        raise BrokenFileError(body.at)
    return total


_READERS: dict[int, Callable[[File, Message, list[int], Context], Iterator[Note]]] = {
    LINK_INFO: _dense, ATTRIBUTE_INFO: _dense, LINK: _link, EXTERNAL: _external, LAYOUT: _layout, FILTERS: _filters,
    ATTRIBUTE: _attribute,
}  # fmt: skip
scan_hdf5 = bounded("hdf5", _scan)
