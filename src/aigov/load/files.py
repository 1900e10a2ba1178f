"""Paths and globs to the files of an artifact: inside their folder, hashed, never through a symbolic link."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place
from aigov.i18n import Message, msg
from aigov.model import File
from aigov.signing import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_FILES = 100_000
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Base:
    """Where relative paths start, and whether they may leave it."""

    folder: Path
    outside: bool = False
    shown: str = ""
    """Prefix of the names that reports show; empty for paths relative to the folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one declaration, or why there are none."""

    files: tuple[File, ...]
    absent: Message | None = None


def find_files(declared: str, base: Base, place: Place) -> Found:
    """Return the regular files that a path, folder or glob names, sorted by name.

    Raises:
        InputError: the path leaves its folder, a file cannot be read, or there are more than 100,000.
    """
    path = resolve(declared, base, place)
    if _GLOB & set(declared) and not path.exists():
        candidates = sorted(_inside(base, place, _glob(base.folder, declared, place)))
    elif path.is_dir():
        candidates = sorted(_walk(path))
    elif path.exists():
        candidates = [path]
    else:
        return Found((), msg("artifact.not-found", path=declared))
    files = tuple(
        _file(candidate, base, place) for candidate in _limited(candidates, place) if _is_regular(candidate, place)
    )
    return Found(files) if files else Found((), msg("artifact.no-files", path=declared))


def resolve(declared: str, base: Base, place: Place) -> Path:
    """Return the absolute path of a declaration.

    Raises:
        InputError: it is empty, holds a NUL, or leaves the folder without leave.
    """
    if not declared or "\0" in declared:
        raise InputError(msg("artifact.bad-path", path=declared.replace("\0", "\\0")), place)
    path = base.folder / declared
    if not base.outside and not _is_inside(path, base.folder):
        raise InputError(msg("artifact.outside", path=declared), place, msg("artifact.outside.hint"))
    return path


def _is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path stays in its folder, both as written and with symbolic links resolved."""
    written = Path(os.path.normpath(path))
    return written.is_relative_to(Path(os.path.normpath(folder))) and path.resolve().is_relative_to(folder.resolve())


def _glob(folder: Path, pattern: str, place: Place) -> Iterator[Path]:
    try:
        yield from folder.glob(pattern)
    except (ValueError, NotImplementedError) as error:
        raise InputError(msg("artifact.bad-path", path=pattern), place) from error


def _inside(base: Base, place: Place, paths: Iterator[Path]) -> Iterator[Path]:
    for path in paths:
        if not base.outside and not _is_inside(path, base.folder):
            raise InputError(msg("artifact.outside", path=path.name), place, msg("artifact.outside.hint"))
        if path.is_file():
            yield path


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder; linked folders are not entered, so a loop cannot trap the walk."""
    for parent, _, names in os.walk(folder, followlinks=False):
        for name in names:
            yield Path(parent) / name


def _limited(paths: list[Path], place: Place) -> list[Path]:
    if len(paths) > _MOST_FILES:
        raise InputError(msg("artifact.too-many-files", limit=_MOST_FILES), place)
    return paths


def _is_regular(path: Path, place: Place) -> bool:
    """Return whether it is a regular file; a pipe or a device would hang the audit and is refused by name."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(msg("artifact.unreadable", path=path.name, reason=error.strerror or "?"), place) from error
    if not stat.S_ISREG(mode):
        raise InputError(msg("artifact.not-regular", path=path.name), place)
    return True


def _file(path: Path, base: Base, place: Place) -> File:
    try:
        digest = file_digest(path)
        size = path.stat().st_size
    except OSError as error:
        raise InputError(msg("artifact.unreadable", path=path.name, reason=error.strerror or "?"), place) from error
    return File(path.absolute(), _shown(path, base), size, digest)


def _shown(path: Path, base: Base) -> str:
    try:
        relative = path.absolute().relative_to(base.folder.absolute())
    except ValueError:
        relative = Path(os.path.relpath(path, base.folder)) if base.outside else path
    return (Path(base.shown) / relative).as_posix() if base.shown else relative.as_posix()
