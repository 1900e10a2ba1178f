"""What a folder or a glob holds, without losing the way: links are followed once and never out of the border."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place
from aigov.i18n import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FILES = 100_000
EVERYTHING = ("**", "*")
"""The pattern of a folder with all that is below it."""
_WILD = frozenset("*?[")
_ANY_DEPTH = "**"


@dataclass(frozen=True, slots=True)
class Border:
    """The folder that no link may lead out of; None where paths may lead anywhere."""

    folder: Path | None
    place: Place
    """Where the manifest declares what is searched for."""

    def check(self, path: Path) -> Path:
        """Return the path, unless it is a link that leaves the folder.

        Raises:
            InputError: it does.
        """
        if self.folder is None or not path.is_symlink():
            return path
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.folder)):
            raise InputError(msg("artifact.outside", path=path.name), self.place, msg("artifact.outside.hint"))
        return path


def search(start: Path, parts: tuple[str, ...], border: Border) -> Iterator[Path]:
    """Yield everything but folders that a pattern matches below `start`, at most 100,000 paths.

    `**` stands for any number of folders, as in a shell. A real folder is entered once for each part of the pattern,
    so that neither a loop of links nor a row of `**` multiplies the work; folders come before links to them.

    Raises:
        InputError: a link leaves the border, a folder cannot be read, or there are too many files.
    """
    folders, linked = [(start, 0)], list[tuple[Path, int]]()
    entered: set[tuple[str, int]] = set()
    found: set[Path] = set()
    while folders or linked:
        folder, index = folders.pop() if folders else linked.pop()
        if (os.path.realpath(folder), index) in entered:
            continue
        entered.add((os.path.realpath(folder), index))
        for path, then in _matches(folder, parts, index, border):
            if os.path.isdir(path):  # noqa: PTH112  # of a path that is too long, `is_dir` raises
                if then < len(parts):
                    (linked if path.is_symlink() else folders).append((border.check(path), then))
            elif then == len(parts) and path not in found:
                if len(found) == MOST_FILES:
                    raise InputError(msg("artifact.too-many-files", limit=MOST_FILES), border.place)
                found.add(path)
                yield border.check(path)


def _matches(folder: Path, parts: tuple[str, ...], index: int, border: Border) -> Iterator[tuple[Path, int]]:
    """Yield what in a folder matches one part of the pattern, with the part that comes next."""
    part = parts[index]
    if part == _ANY_DEPTH:
        if index + 1 < len(parts):
            yield folder, index + 1
        for child in _children(folder, border):
            yield child, index
    elif _WILD & set(part):
        for child in _children(folder, border):
            if fnmatchcase(child.name, part):
                yield child, index + 1
    elif os.path.lexists(folder / part):
        yield folder / part, index + 1


def _children(folder: Path, border: Border) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name, reverse=True)
    except OSError as error:
        problem = msg("artifact.unreadable", path=folder.name, reason=error.strerror or "?")
        raise InputError(problem, border.place) from error
