"""The objects of an HDF5 file: object headers, groups and heaps, walked from the root, every address checked.

Source: HDF5 File Format Specification, version 3.0. Groups and attributes in dense storage (fractal heaps) are not
read; whoever asks is told that they are there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor
from aigov_checks.model.serialization.limits import MAX_MEMBERS, MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\x89HDF\r\n\x1a\n"
LINK_INFO, LINK, EXTERNAL, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, GROUP, ATTRIBUTE_INFO = (
    0x02, 0x06, 0x07, 0x08, 0x0B, 0x0C, 0x10, 0x11, 0x15,
)  # fmt: skip
_SHARED = 0x02
_LATEST_SUPERBLOCK = 3


@dataclass(slots=True)
class File:
    """An open file: how wide its numbers are, where it says that it ends, and what is left of the work."""

    data: memoryview
    base: int = 0
    offset: int = 8
    length: int = 8
    root: int = 0
    end: int = 0
    left: int = MAX_MEMBERS * 10
    seen: set[int] = field(default_factory=set)

    def at(self, address: int) -> Cursor:
        """Return a cursor at an address of the file."""
        self.left -= 1
        if self.left < 0 or address >= len(self.data):
            raise BrokenFileError(min(max(0, address), len(self.data)))
        return Cursor(self.data, self.base + address)

    def none(self, address: int) -> bool:
        """Whether an address says that there is nothing."""
        return address == (1 << 8 * self.offset) - 1


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an object header."""

    kind: int
    at: int
    body: memoryview
    shared: bool


def open_file(data: memoryview, base: int = 0) -> File:
    """Return the file of a superblock at `base`."""
    file = File(data, base)
    cursor = Cursor(data, base + 8)
    version = cursor.unsigned(1)
    if version > _LATEST_SUPERBLOCK:
        raise BrokenFileError(base + 8)
    if version < 2:  # noqa: PLR2004  # superblocks 0 and 1
        cursor.skip(4)
        file.offset, file.length = cursor.unsigned(1), cursor.unsigned(1)
        cursor.skip(9 + (4 if version else 0))
        _check(file)
        cursor.skip(2 * file.offset)
        file.end = cursor.unsigned(file.offset)
        cursor.skip(2 * file.offset)
    else:
        file.offset, file.length = cursor.unsigned(1), cursor.unsigned(1)
        _check(file)
        cursor.skip(1 + 2 * file.offset)
        file.end = cursor.unsigned(file.offset)
    file.root = cursor.unsigned(file.offset)
    return file


def _check(file: File) -> None:
    if not {file.offset, file.length} <= {2, 4, 8}:
        raise BrokenFileError(file.base + 13)


def messages(file: File, address: int) -> Iterator[Message]:
    """Yield the messages of the object at an address, with those of its continuations."""
    cursor = file.at(address)
    if bytes(cursor.data[cursor.at : cursor.at + 4]) == b"OHDR":
        yield from _second(file, cursor)
        return
    if cursor.unsigned(1) != 1:
        raise BrokenFileError(cursor.at)
    cursor.skip(7)
    size = cursor.unsigned(4)
    cursor.skip(4)
    blocks = [(cursor.at, size)]
    while blocks:
        start, size = blocks.pop()
        inside, end = file.at(start - file.base), start + size
        while inside.at + 8 <= end:
            kind, length, flags = inside.unsigned(2), inside.unsigned(2), inside.unsigned(1)
            inside.skip(3)
            message = Message(kind, inside.at, inside.take(length), bool(flags & _SHARED))
            blocks += _continued(file, message)
            yield message


def _second(file: File, cursor: Cursor) -> Iterator[Message]:
    cursor.skip(5)
    flags = cursor.unsigned(1)
    cursor.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size = cursor.unsigned(1 << (flags & 3))
    blocks = [(cursor.at, size)]
    while blocks:
        start, size = blocks.pop()
        inside, end = file.at(start - file.base), start + size
        head = 6 if flags & 4 else 4
        while inside.at + head <= end:
            kind, length, own = inside.unsigned(1), inside.unsigned(2), inside.unsigned(1)
            inside.skip(head - 4)
            message = Message(kind, inside.at, inside.take(length), bool(own & _SHARED))
            blocks += [(start + 4, size - 8) for start, size in _continued(file, message)]
            yield message


def _continued(file: File, message: Message) -> list[tuple[int, int]]:
    if message.kind != CONTINUATION:
        return []
    body = Cursor(message.body)
    return [(file.base + body.unsigned(file.offset), body.unsigned(file.length))]


def group_children(file: File, body: memoryview) -> Iterator[tuple[int, bool]]:
    """Yield address and whether it is a soft link, for every entry of a group in a symbol table."""
    pending = [Cursor(body).unsigned(file.offset)]
    while pending:
        address = pending.pop()
        if address in file.seen:
            continue
        file.seen.add(address)
        cursor = file.at(address)
        mark = bytes(cursor.take(4))
        if mark == b"TREE":
            cursor.skip(2)
            count = cursor.unsigned(2)
            cursor.skip(2 * file.offset)
            for _ in range(count):
                cursor.skip(file.length)
                pending.append(cursor.unsigned(file.offset))
        elif mark == b"SNOD":
            cursor.skip(2)
            for _ in range(cursor.unsigned(2)):
                cursor.skip(file.offset)
                child, cache = cursor.unsigned(file.offset), cursor.unsigned(4)
                cursor.skip(20)
                yield child, cache == 2  # noqa: PLR2004  # a soft link is cached so
        else:
            raise BrokenFileError(cursor.at - 4)


def heap_text(file: File, address: int, offset: int) -> str:
    """Return a name out of a local heap."""
    cursor = file.at(address)
    if bytes(cursor.take(4)) != b"HEAP":
        raise BrokenFileError(cursor.at - 4)
    cursor.skip(4 + 2 * file.length)
    inside = file.at(cursor.unsigned(file.offset) + offset)
    return bytes(inside.data[inside.at : inside.at + MAX_NAME]).split(b"\0")[0].decode("utf-8", "replace")


def global_object(file: File, address: int, wanted: int) -> memoryview:
    """Return an object of a global heap, where text of any length is kept."""
    cursor = file.at(address)
    if bytes(cursor.take(4)) != b"GCOL":
        raise BrokenFileError(cursor.at - 4)
    start = cursor.at - 4
    cursor.skip(4)
    end = start + cursor.unsigned(file.length)
    while cursor.at + 8 + file.length <= end:
        file.left -= 1
        if file.left < 0:
            break
        index = cursor.unsigned(2)
        cursor.skip(6)
        size = cursor.unsigned(file.length)
        if index == wanted:
            return cursor.take(size)
        if index == 0:
            break
        cursor.skip((size + 7) // 8 * 8)
    raise BrokenFileError(start)
