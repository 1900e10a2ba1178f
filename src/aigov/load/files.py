"""Paths and globs to the files of an artifact: inside their folder, links included, and hashed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from aigov.errors import InputError, Place
from aigov.i18n import Message, msg
from aigov.load.node import shorten
from aigov.load.search import EVERYTHING, Border, search
from aigov.model import File
from aigov.signing import file_digest

MANIFEST = "aigov.yaml"
"""Name of the file that declares a subject."""
_GLOB = frozenset("*?[")
_SHOWN = 300
"""Characters of a declared path that a message repeats."""


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
        InputError: the path or a link leaves its folder, something cannot be read, or there are more than 100,000.
    """
    path = resolve(declared, base, place)
    border = Border(None if base.outside else base.folder, place)
    if _GLOB & set(declared) and not path.exists():
        pattern = Path(declared)
        start = Path(pattern.anchor) if pattern.anchor else base.folder
        parts = pattern.parts[1:] if pattern.anchor else pattern.parts
        candidates = list(search(start, parts, border))
    elif path.is_dir():
        candidates = list(search(path, EVERYTHING, border))
    elif path.exists():
        candidates = [path]
    else:
        return Found((), msg("artifact.not-found", path=shorten(declared, _SHOWN)))
    ordered = sorted(candidates, key=lambda path: path.parts)
    files = tuple(_file(found, base, place) for found in ordered if _is_regular(found, place))
    return Found(files) if files else Found((), msg("artifact.no-files", path=shorten(declared, _SHOWN)))


def resolve(declared: str, base: Base, place: Place) -> Path:
    """Return the absolute path of a declaration.

    Raises:
        InputError: it is empty, can be no path, or leaves the folder without leave.
    """
    bad = InputError(msg("artifact.bad-path", path=shorten(declared.replace("\0", "\\0"), _SHOWN)), place)
    if not declared or "\0" in declared:
        raise bad
    path = base.folder / declared
    try:
        path.exists()
        inside = base.outside or _is_inside(path, base.folder)
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links, a character no path has
        raise bad from error
    if not inside:
        hint = msg("artifact.outside.hint")
        raise InputError(msg("artifact.outside", path=shorten(declared, _SHOWN)), place, hint)
    return path


def _is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path stays in its folder, both as written and with symbolic links resolved."""
    written = Path(os.path.normpath(path))
    return written.is_relative_to(Path(os.path.normpath(folder))) and path.resolve().is_relative_to(folder.resolve())


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
    absolute = path.absolute()
    return File(absolute, _shown(path, absolute, base), size, digest)


def _shown(path: Path, absolute: Path, base: Base) -> str:
    try:
        relative = absolute.relative_to(base.folder.absolute())
    except ValueError:
        relative = Path(os.path.relpath(path, base.folder)) if base.outside else path
    return (Path(base.shown) / relative).as_posix() if base.shown else relative.as_posix()
