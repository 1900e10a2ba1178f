"""Tar files, member by member, with the long names of GNU and PAX; nothing is unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization.archives import path_notes
from aigov_checks.model.serialization.limits import MAX_MEMBERS, MAX_NAME
from aigov_checks.model.serialization.notes import Context, Note, in_member, suspicious, uncovered

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 512
_FILE, _LINKS, _LONG, _PAX, _FOLDER = b"\x000", b"12", b"LK", b"xg", b"5"


def is_tar(data: memoryview) -> bool:
    """Whether the first block is a tar header: its sum is right."""
    return len(data) >= _BLOCK and data[0] != 0 and _sum_is_right(data[:_BLOCK])


def scan_tar(data: memoryview, context: Context) -> Iterator[Note]:
    """Yield what is wrong with the archive and with each member."""
    position, name, size_said = 0, "", None
    for _ in range(MAX_MEMBERS):
        header = data[position : position + _BLOCK]
        if len(header) < _BLOCK:
            yield suspicious("tar.unparsable", position)
            return
        if not any(header):
            if any(data[position:]):
                yield suspicious("tar.trailing", position)
            return
        size = _number(bytes(header[124:136]))
        kind = bytes(header[156:157])
        size = size_said if size_said is not None and kind not in _PAX + _LONG else size
        start = position + _BLOCK
        if not _sum_is_right(header) or size is None or start + size > len(data):
            yield suspicious("tar.unparsable", position)
            return
        body = data[start : start + size]
        if kind in _LONG:
            name = bytes(body[:MAX_NAME]).split(b"\0")[0].decode("utf-8", "replace") if kind == b"L" else name
        elif kind in _PAX:
            name, size_said = _pax(bytes(body[: 1 << 20]), name)
        else:
            yield from _entry(name or _name(header), kind, (body, start), context)
            name, size_said = "", None
        position = start + (size + _BLOCK - 1) // _BLOCK * _BLOCK
    yield uncovered("limit.members", position)


def _entry(name: str, kind: bytes, body: tuple[memoryview, int], context: Context) -> Iterator[Note]:
    data, start = body
    yield from path_notes(name, start)
    if kind in _FILE:
        yield from in_member(name, data, start, context)
    elif kind in _LINKS:
        yield suspicious("tar.link", start, name=name)
    elif kind != _FOLDER:
        yield suspicious("tar.special", start, name=name)


def _sum_is_right(header: memoryview) -> bool:
    said = _number(bytes(header[148:156]))
    return said == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _number(field: bytes) -> int | None:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    try:
        value = int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        return None
    return value if value >= 0 else None


def _name(header: memoryview) -> str:
    name = bytes(header[:100]).split(b"\0")[0]
    prefix = bytes(header[345:500]).split(b"\0")[0] if bytes(header[257:262]) == b"ustar" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _pax(body: bytes, name: str) -> tuple[str, int | None]:
    """Return the path and the size that a PAX header sets; lines are `length key=value`."""
    size: int | None = None
    for line in body.split(b"\n"):
        key, _, value = line.partition(b" ")[2].partition(b"=")
        if key == b"path":
            name = value.decode("utf-8", "replace")
        elif key == b"size" and value.isdigit() and len(value) < 20:  # noqa: PLR2004  # digits of 64 bits
            size = int(value)
    return name, size
