"""What lies on disk: the files of a model by name, and their digests, without following a link."""

from __future__ import annotations

import errno
import io
import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.hashing import digests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

DEFAULT_EXCLUSIONS = (".git", ".gitattributes", ".github", ".gitignore")
"""Names at the top of a folder that OMS v1.0 section 6.2 excludes."""
MAX_FILES = 200_000
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)


class Kind(StrEnum):
    """What an entry of a folder is."""

    FILE = "file"
    SYMLINK = "symlink"
    SPECIAL = "special"
    """A socket, pipe or device."""
    UNNAMEABLE = "unnameable"
    """A name that is not UTF-8 or that means another file on another system."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a model: its name relative to the model with forward slashes, and where it is."""

    name: str
    path: Path
    kind: Kind


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file from `start` up to `end`; to its end without one."""

    start: int = 0
    end: int | None = None


def file_digest(path: Path | str, algorithm: str = "sha256") -> str:
    """Return the lower-case hex digest of a file's bytes, read through one small buffer.

    Raises:
        InputError: it cannot be read, or is no regular file.
    """
    return _digests(path if isinstance(path, Path) else Path(path), (algorithm,), _FLAGS)[0]


def entry_digests(
    entry: Entry, algorithms: tuple[str, ...], part: Range | None = None, stop: Event | None = None
) -> tuple[str, ...]:
    """Return the digests of a file of a model, or of a part of it, in one read.

    Raises:
        InputError: it cannot be read, is a link, ends before the part does, or `stop` was set.
        MissingExtraError: an algorithm is not installed.
    """
    return _digests(entry.path, algorithms, _FLAGS | _NO_FOLLOW, part, stop)


def size_of(entry: Entry) -> int:
    """Return the size of a file of a model in bytes.

    Raises:
        InputError: it cannot be looked at.
    """
    try:
        return entry.path.lstat().st_size
    except OSError as error:
        raise InputError(msg("signing.cannot-read", detail=reason_of(error)), Place(public(str(entry.path)))) from error


def entries_of(path: Path) -> tuple[Entry, ...]:
    """Return everything in a folder by name in code point order, or the one file as `.`; folders are no entries.

    Symbolic links are listed and never followed, also where `path` itself is one.

    Raises:
        InputError: there is nothing, or it cannot be read.
        SignatureError: `path` is a link or special file, or holds more than 200,000 entries.
    """
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise InputError(msg("signing.cannot-read", detail=reason_of(error)), Place(str(path))) from error
    if stat.S_ISLNK(mode):
        raise SignatureError(msg("signing.model-is-link"), Place(str(path)), hint=msg("signing.model-is-link.hint"))
    if stat.S_ISREG(mode):
        return (Entry(".", path, Kind.FILE),)
    if not stat.S_ISDIR(mode):
        raise SignatureError(msg("signing.model-is-special"), Place(str(path)))
    found: list[Entry] = []
    for entry in _walk(path):
        found.append(entry)
        if len(found) > MAX_FILES:
            raise SignatureError(msg("signing.too-many", field=path.name, limit=MAX_FILES), Place(str(path)))
    return tuple(sorted(found, key=lambda entry: entry.name))


def excluded(name: str, ignored: tuple[str, ...]) -> bool:
    """Return whether a name is one of the ignored paths or lies below one."""
    return any(name == path or name.startswith(f"{path}/") for path in ignored)


def acceptable(name: str) -> bool:
    """Return whether a name is a relative path in normal form on every system (OMS v1.0 section 6.1.2)."""
    if "\\" in name or "\0" in name or (name[1:2] == ":" and name[0].isalpha()):
        return False
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return all(part not in {"", ".", ".."} for part in name.split("/"))


def read_bounded(path: Path, limit: int) -> bytes:
    """Return at most `limit` + 1 bytes of a regular file, so that the caller can see that it is larger.

    Raises:
        InputError: it cannot be read, or is no regular file.
    """
    try:
        with _open(path, _FLAGS) as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise InputError(msg("signing.cannot-read", detail=reason_of(error)), Place(str(path))) from error


def reason_of(error: OSError) -> str:
    """Return what the operating system says, without the path."""
    return public(error.strerror or type(error).__name__, 120)


def _walk(root: Path) -> Iterator[Entry]:
    waiting = [(root, "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                items = list(listing)
        except OSError as error:
            raise InputError(msg("signing.cannot-read", detail=reason_of(error)), Place(public(str(folder)))) from error
        for item in items:
            name, path = prefix + item.name, Path(item.path)
            if item.is_symlink():
                yield Entry(name, path, Kind.SYMLINK)
            elif item.is_dir(follow_symlinks=False):
                waiting.append((path, f"{name}/"))
            else:
                yield Entry(name, path, _kind(item, name))


def _kind(item: os.DirEntry[str], name: str) -> Kind:
    if not item.is_file(follow_symlinks=False):
        return Kind.SPECIAL
    return Kind.FILE if acceptable(name) else Kind.UNNAMEABLE


def _digests(
    path: Path, algorithms: tuple[str, ...], flags: int, part: Range | None = None, stop: Event | None = None
) -> tuple[str, ...]:
    part = part or Range()
    length = None if part.end is None else part.end - part.start
    try:
        with _open(path, flags) as stream:
            if part.start:
                stream.seek(part.start)
            found, whole = digests(stream, algorithms, length, stop), length is None or stream.tell() == part.end
    except OSError as error:
        raise InputError(msg("signing.cannot-read", detail=reason_of(error)), Place(public(str(path)))) from error
    if not whole:
        raise InputError(msg("signing.cannot-read", detail="the file became shorter"), Place(public(str(path))))
    return found


def _open(path: Path, flags: int) -> io.FileIO:
    """Open without waiting for the other end of a pipe; only regular files."""
    stream = io.FileIO(os.open(path, flags))
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return stream
