"""Workbooks (ISO/IEC 29500) as columns of text: no entities, and parts that are bounded."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from xml.parsers import expat

from aigov_checks.data.scan_columns import Column, column_of

if TYPE_CHECKING:
    from pathlib import Path

_ROWS = 4096
_CHUNK = 1 << 20
_LARGEST_STRINGS = 64 << 20
_LARGEST_SHEET = 1 << 30
_RATIO = 200
_SMALL = 16 << 20
_LONGEST = 1 << 16
"""Characters of one text; a cell may have 32,767."""
_WAITING = 64 << 20
"""Characters of the rows that wait; a string that is shared a million times would fill memory."""
_SHEET = re.compile(r"xl/worksheets/[^/]{1,64}\.xml")
_LETTERS = re.compile(r"[A-Z]{1,3}")


class WorkbookError(ValueError):
    """The file cannot be read; the argument is the reason's id."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of one sheet; pointers are `sheet!column`."""

    columns: tuple[Column, ...]
    size: int


@dataclass(slots=True)
class _Reader:
    """Collects text of elements while expat reads a part."""

    start: Callable[[str, dict[str, str]], None]
    end: Callable[[str, str], None]
    text: list[str] = field(default_factory=list)
    length: int = 0

    def read(self, stream: zipfile.ZipExtFile) -> Iterator[None]:
        """Feed the part in pieces, and yield after each.

        Raises:
            WorkbookError: it declares a document type, or is no XML.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._add
        try:
            while data := stream.read(_CHUNK):
                parser.Parse(data, False)  # noqa: FBT003  # expat takes it by position
                yield
            parser.Parse(b"", True)  # noqa: FBT003
        except expat.ExpatError as error:
            raise WorkbookError("data.reason-damaged") from error
        yield

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self.text.clear()
        self.length = 0
        self.start(name.rpartition(":")[2], attributes)

    def _close(self, name: str) -> None:
        self.end(name.rpartition(":")[2], "".join(self.text))
        self.text.clear()

    def _add(self, data: str) -> None:
        self.length += len(data)
        if self.length > _LONGEST:
            raise WorkbookError("data.reason-damaged")
        self.text.append(data)


@dataclass(slots=True)
class _Sheet:
    """Rows that were read and not yet handed on."""

    name: str
    strings: list[str]
    header: dict[str, str] = field(default_factory=dict)
    cells: dict[str, list[str | None]] = field(default_factory=dict)
    rows: int = 0
    _column: int = 0
    _size: int = 0
    _kind: str = ""
    _first: bool = True
    _text: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See an element begin."""
        if name == "row":
            self._column = 0
        elif name == "c":
            found = _LETTERS.match(attributes.get("r", ""))
            self._column = number_of(found[0]) if found else self._column + 1
            self._kind = attributes.get("t", "n")
            self._text.clear()

    def end(self, name: str, text: str) -> None:
        """See an element end with its text."""
        if name in {"v", "t"}:
            self._text.append(text)
        elif name == "c":
            self._put("".join(self._text))
        elif name == "row":
            self.rows += 1
            self._first = False

    def _put(self, text: str) -> None:
        if self._kind == "s":
            text = self.strings[int(text)] if text.isdigit() and int(text) < len(self.strings) else ""
        self._size += len(text)
        if self._size > _WAITING:
            raise WorkbookError("data.reason-bomb")
        letters = letters_of(self._column)
        if self._first and not re.search("[0-9]{5}|@", text):
            self.header[letters] = text
        values = self.cells.setdefault(letters, [])
        values += [None] * (self.rows - len(values))
        values.append(text)

    def take(self) -> Rows:
        """Return what waits and forget it."""
        found = [self._named(letters, values) for letters, values in self.cells.items()]
        size, self.rows, self._size = self.rows, 0, 0
        self.cells.clear()
        return Rows(tuple(column for column in found if column is not None), size)

    def _named(self, letters: str, values: list[str | None]) -> Column | None:
        column = column_of(self.header.get(letters, letters), values)
        return column and replace(column, pointers=[f"{self.name}!{letters}"] * len(column.pointers))


def number_of(letters: str) -> int:
    """Return the number of a column from its letters; A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def letters_of(number: int) -> str:
    """Return the letters of a column from its number."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def rows(path: Path) -> Iterator[Rows]:
    """Yield the rows of every sheet, the first one too; what stands in it also names the columns.

    Raises:
        WorkbookError: damaged, encrypted, with a document type, or unpacking to far more than its size.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            strings = _strings(archive)
            for name in sorted(part for part in archive.namelist() if _SHEET.fullmatch(part)):
                yield from _of_sheet(archive, name, strings)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise WorkbookError("data.reason-damaged") from error


def _of_sheet(archive: zipfile.ZipFile, name: str, strings: list[str]) -> Iterator[Rows]:
    sheet = _Sheet(name.removeprefix("xl/worksheets/").removesuffix(".xml"), strings)
    with _part(archive, name, _LARGEST_SHEET) as stream:
        for _ in _Reader(sheet.start, sheet.end).read(stream):
            if sheet.rows >= _ROWS:
                yield sheet.take()
    yield sheet.take()


def _strings(archive: zipfile.ZipFile) -> list[str]:
    """Return the table of shared strings; runs of rich text are joined."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    found: list[str] = []
    runs: list[str] = []

    def end(name: str, text: str) -> None:
        if name == "t":
            runs.append(text)
        elif name == "si":
            found.append("".join(runs))
            runs.clear()

    with _part(archive, "xl/sharedStrings.xml", _LARGEST_STRINGS) as stream:
        for _ in _Reader(lambda _name, _attributes: None, end).read(stream):
            pass
    return found


def _part(archive: zipfile.ZipFile, name: str, largest: int) -> zipfile.ZipExtFile:
    """Open a part whose declared size, beyond which zipfile does not read, is bounded."""
    part = archive.getinfo(name)
    if part.file_size > largest or part.file_size > max(_SMALL, _RATIO * part.compress_size):
        raise WorkbookError("data.reason-bomb")
    stream: zipfile.ZipExtFile = archive.open(part)  # type: ignore[assignment]  # a file in the archive
    return stream


def _refuse(*_: object) -> None:
    raise WorkbookError("data.reason-damaged")
