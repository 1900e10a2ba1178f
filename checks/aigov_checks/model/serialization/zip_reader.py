"""The members of a zip file, by local header and by central directory, and where the two disagree.

Readers differ in which of the two they believe (PyTorch, Python, miniz, Java); a member that they see differently
can be hidden from one of them. Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.limits import MAX_MEMBERS
from aigov_checks.model.serialization.notes import Note, suspicious, uncovered

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR = (
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07",
)  # fmt: skip
_END_SIZE = 22
_LOCAL_SIZE = 30
_CENTRAL_SIZE = 46
_COMMENT = 65_535
_FULL = 0xFFFFFFFF
_ZIP64 = 1
_LATER = 0x0008
"""Flag: sizes and CRC stand in a descriptor after the data, and as zeros in the local header."""
ENCRYPTED = 0x2041
"""Flags of encryption: traditional, strong, masked headers."""
_HARMLESS_FLAGS = 0x0806 | _LATER
"""Flags that may differ in meaning but not in content: UTF-8 names, effort of compression, descriptor."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the directory lists it."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int
    """Offset of the local header."""
    start: int
    """Offset of the data, by the local header; -1 where there is none."""

    @property
    def end(self) -> int:
        """Offset after the data."""
        return self.start + self.packed


@dataclass(frozen=True, slots=True)
class Directory:
    """Members in the order of the central directory, where it stands, and everything that does not fit."""

    members: tuple[Member, ...]
    shift: int
    """Bytes before the archive for readers that find the directory from the end; 0 where all agree."""
    notes: tuple[Note, ...]


def starts_like_zip(data: memoryview) -> bool:
    """Whether the first bytes are those of a member, or of an archive without any."""
    return bytes(data[:4]) in {_LOCAL, _END}


def ends_like_zip(data: memoryview) -> bool:
    """Whether a reader that looks from the end finds a directory, whatever the file begins with."""
    end = _find_end(data)
    if end is None or end + _END_SIZE + int.from_bytes(data[end + 20 : end + 22], "little") != len(data):
        return False
    _, _, size, tail = _totals(data, end)
    return size >= _CENTRAL_SIZE and bytes(data[max(0, tail - size) :][:4]) == _CENTRAL


def read_directory(data: memoryview) -> Directory:
    """Return the members of a zip file, with a note for each disagreement; no member is decompressed."""
    end = _find_end(data)
    if end is None:
        return Directory((), 0, (suspicious("zip.unparsable", 0),))
    notes: list[Note] = []
    comment = int.from_bytes(data[end + 20 : end + 22], "little")
    if end + _END_SIZE + comment != len(data):
        notes.append(suspicious("zip.trailing", end + _END_SIZE))
    if _END in bytes(data[end + 4 :]):
        notes.append(suspicious("zip.two-directories", end))
    total, start, size, tail = _totals(data, end)
    if start + size != tail:
        notes.append(suspicious("zip.mismatch", end, name="", what="directory"))
    if total > MAX_MEMBERS:
        return Directory((), 0, (*notes, uncovered("limit.members", end)))
    members, found = _members(data, total, start, start + size)
    notes.extend(found)
    notes.extend(_layout(data, members, start))
    return Directory(tuple(members), max(0, tail - size - start), tuple(notes))


def _members(data: memoryview, total: int, start: int, end: int) -> tuple[list[Member], list[Note]]:
    members: list[Member] = []
    notes: list[Note] = []
    position = start
    for _ in range(total):
        found = _central(data, position)
        if found is None:
            return members, [*notes, suspicious("zip.unparsable", min(position, len(data)))]
        member, position, own = found
        members.append(member)
        notes.extend(own)
    if position != end:
        notes.append(suspicious("zip.mismatch", position, name="", what="directory"))
    return members, notes


def _find_end(data: memoryview) -> int | None:
    tail = max(0, len(data) - _END_SIZE - _COMMENT)
    found = bytes(data[tail:]).rfind(_END)
    return tail + found if found >= 0 and tail + found + _END_SIZE <= len(data) else None


def _totals(data: memoryview, end: int) -> tuple[int, int, int, int]:
    """Return number of members, offset and size of the directory, and where it must end; zip64 where there is one."""
    total, size, start = struct.unpack_from("<HII", data, end + 10)
    locator = end - 20
    if locator >= 0 and bytes(data[locator : locator + 4]) == _LOCATOR:
        where = int.from_bytes(data[locator + 8 : locator + 16], "little")
        if where + 56 <= len(data) and bytes(data[where : where + 4]) == _END64:
            total, size, start = struct.unpack_from("<QQQ", data, where + 32)
            return total, start, size, where
    return total, start, size, end


def _central(data: memoryview, at: int) -> tuple[Member, int, list[Note]] | None:
    if at + _CENTRAL_SIZE > len(data) or bytes(data[at : at + 4]) != _CENTRAL:
        return None
    flags, method = struct.unpack_from("<HH", data, at + 8)
    crc, packed, size, names, extras, comments = struct.unpack_from("<IIIHHH", data, at + 16)
    header = int.from_bytes(data[at + 42 : at + 46], "little")
    body = at + _CENTRAL_SIZE
    after = body + names + extras + comments
    if after > len(data):
        return None
    raw = bytes(data[body : body + names])
    big = _zip64(bytes(data[body + names : body + names + extras]), (size, packed, header))
    if big is None:
        return None
    size, packed, header = big
    listed = Member(_name(raw, flags), method, flags, crc, packed, size, header, -1)
    member, notes = _local(data, listed, raw)
    return member, after, notes


def _local(data: memoryview, listed: Member, raw: bytes) -> tuple[Member, list[Note]]:
    """Return the member with where its data starts, and what its local header says otherwise."""
    at = listed.header
    if at + _LOCAL_SIZE > len(data) or bytes(data[at : at + 4]) != _LOCAL:
        return listed, [suspicious("zip.mismatch", min(at, len(data)), name=listed.name, what="header")]
    flags, method = struct.unpack_from("<HH", data, at + 6)
    crc, packed, size, names, extras = struct.unpack_from("<IIIHH", data, at + 14)
    body = at + _LOCAL_SIZE
    big = _zip64(bytes(data[body + names : body + names + extras]), (size, packed, 0))
    size, packed, _ = big or (size, packed, 0)
    differs = {
        "name": bytes(data[body : body + names]) != raw,
        "method": method != listed.method,
        "flags": (flags ^ listed.flags) & ~_HARMLESS_FLAGS != 0,
        "crc": crc != listed.crc and not (flags & _LATER and crc == 0),
        "size": (size, packed) != (listed.size, listed.packed) and not flags & _LATER,
    }
    notes = [suspicious("zip.mismatch", at, name=listed.name, what=what) for what, wrong in differs.items() if wrong]
    start = body + names + extras
    if start + listed.packed > len(data):
        return listed, [*notes, suspicious("zip.mismatch", at, name=listed.name, what="size")]
    fields = (listed.name, listed.method, listed.flags | flags, listed.crc, listed.packed, listed.size, at, start)
    return Member(*fields), notes


def _zip64(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """Return size, packed size and header offset with the zip64 extra field in place of each full one."""
    position, found = 0, list(values)
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        position += 4
        if tag == _ZIP64:
            field = extra[position : position + length]
            for index, value in enumerate(values):
                if value != _FULL:
                    continue
                if len(field) < 8:  # noqa: PLR2004  # one number
                    return None
                found[index], field = int.from_bytes(field[:8], "little"), field[8:]
        position += length
    return found[0], found[1], found[2]


def _name(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & 0x0800 else "cp437", "replace")


def _layout(data: memoryview, members: list[Member], start: int) -> Iterator[Note]:
    """Check that the members follow each other without overlap and without bytes that nobody lists."""
    names: set[str] = set()
    for member in members:
        if member.name in names:
            yield suspicious("zip.duplicate", member.header, name=member.name)
        names.add(member.name)
    position = 0
    for member in sorted((m for m in members if m.start >= 0), key=lambda m: m.header):
        if member.header < position:
            yield suspicious("zip.overlap", member.header, name=member.name)
        elif member.header > position:
            yield suspicious("zip.gap", position, size=member.header - position)
        position = max(position, member.end + _descriptor(data, member))
    if position != start:
        yield suspicious("zip.gap", position, size=start - position)


def _descriptor(data: memoryview, member: Member) -> int:
    """Return the size of the descriptor after the data, which may have a signature and long numbers."""
    if not member.flags & _LATER:
        return 0
    signed = bytes(data[member.end : member.end + 4]) == b"PK\x07\x08"
    offset = member.end + (4 if signed else 0)
    short = data[offset + 4 : offset + 12] == struct.pack("<II", member.packed & _FULL, member.size & _FULL)
    return (4 if signed else 0) + (12 if short else 20)
