"""A workbook in which cells are replaced: the XML of every other cell, and every other part, stays as it was."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from aigov_checks.data.redact.values import Cleaner
from aigov_checks.data.xlsx import WorkbookError, letters_of, number_of

if TYPE_CHECKING:
    from pathlib import Path


_STRINGS = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]{1,64}\.xml")
_LETTERS = re.compile(r"[A-Z]{1,3}")
_NO_HEADER = re.compile("[0-9]{5}|@")
_LARGEST = 256 << 20
"""Bytes of a part that is changed; it is held in memory."""
_HANDLED = 1 << 16
"""Bytes handed to the parser at a time."""


@dataclass(frozen=True, slots=True)
class _Element:
    """A cell or a shared string: its name as written, its attributes, its text, and its bytes in the part."""

    name: str
    attributes: dict[str, str]
    text: str
    start: int
    end: int
    row: int


@dataclass(slots=True)
class _Elements:
    """Finds every element of one name in a part."""

    wanted: str
    found: Callable[[_Element], None]
    _parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)
    _data: bytes = b""
    _open: tuple[str, dict[str, str], int] | None = None
    _texts: list[str] = field(default_factory=list)
    _in_text: bool = False
    _row: int = 0

    def read(self, data: bytes) -> None:
        """Read a part.

        Raises:
            WorkbookError: it is no XML, or declares a document type.
        """
        self._data = data
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add
        try:
            self._parser.Parse(data, True)  # noqa: FBT003  # expat takes it by position
        except expat.ExpatError as error:
            raise WorkbookError("data.reason-damaged") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == self.wanted:
            self._open = (name, attributes, self._parser.CurrentByteIndex)
            self._texts.clear()
        elif local == "row":
            self._row += 1
        self._in_text = local in {"t", "v"}

    def _end(self, name: str) -> None:
        self._in_text = False
        if self._open is None or name != self._open[0]:
            return
        at = self._parser.CurrentByteIndex
        end = self._data.index(b">", at) + 1
        self.found(_Element(*self._open[:2], "".join(self._texts), self._open[2], end, self._row))
        self._open = None

    def _add(self, data: str) -> None:
        if self._in_text and self._open is not None:
            self._texts.append(data)


@dataclass(slots=True)
class _Workbook:
    """Parts that change, by name, with their new bytes."""

    archive: zipfile.ZipFile
    cleaner: Cleaner
    strings: list[_Element] = field(default_factory=list)
    new_strings: dict[int, str] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)

    def clean(self) -> None:
        """Clean every sheet, then the strings that they share."""
        names = self.archive.namelist()
        strings = self._read(_STRINGS) if _STRINGS in names else b""
        if strings:
            _Elements("si", self.strings.append).read(strings)
        for name in sorted(name for name in names if _SHEET.fullmatch(name)):
            data = self._read(name)
            changes = self._sheet(data)
            if changes:
                self.parts[name] = _spliced(data, changes)
        if self.new_strings:
            changes = [(self.strings[i], _string(self.strings[i], text)) for i, text in self.new_strings.items()]
            self.parts[_STRINGS] = _spliced(strings, changes)

    def _read(self, name: str) -> bytes:
        if self.archive.getinfo(name).file_size > _LARGEST:
            raise WorkbookError("redact.too-large")
        return self.archive.read(name)

    def _sheet(self, data: bytes) -> list[tuple[_Element, bytes]]:
        cells: list[_Element] = []
        _Elements("c", cells.append).read(data)
        columns = _columns(cells)
        texts = [self._text(cell) for cell in cells]
        header = {
            letters: text
            for cell, letters, text in zip(cells, columns, texts, strict=True)
            if cell.row == 1 and not _NO_HEADER.search(text)
        }
        changes = []
        for cell, letters, text in zip(cells, columns, texts, strict=True):
            new = self.cleaner.value(text, header.get(letters, letters))
            if new is text or not isinstance(new, str):
                continue
            if cell.attributes.get("t") == "s":
                self.new_strings.setdefault(int(cell.text), new)
            else:
                changes.append((cell, _cell(cell, new)))
        return changes

    def _text(self, cell: _Element) -> str:
        if cell.attributes.get("t") != "s":
            return cell.text
        index = int(cell.text) if cell.text.isdigit() else len(self.strings)
        return self.strings[index].text if index < len(self.strings) else ""


def rewrite_workbook(source: Path, target: Path, cleaner: Cleaner) -> None:
    """Write the workbook with its cells cleaned; a shared string changes wherever it is used.

    Raises:
        WorkbookError: it is damaged, or a part is too large.
    """
    try:
        with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as out:
            workbook = _Workbook(archive, cleaner)
            workbook.clean()
            out.comment = archive.comment
            for part in archive.infolist():
                data = workbook.parts.get(part.filename)
                with out.open(_copy(part), "w") as written:
                    if data is not None:
                        written.write(data)
                        continue
                    with archive.open(part) as stream:
                        while chunk := stream.read(_HANDLED):
                            written.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise WorkbookError("data.reason-damaged") from error


def _copy(part: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Return the entry of a part in a new archive."""
    made = zipfile.ZipInfo(part.filename, part.date_time)
    made.compress_type, made.external_attr, made.comment = part.compress_type, part.external_attr, part.comment
    return made


def _columns(cells: list[_Element]) -> list[str]:
    """Return the letters of each cell; one without an address stands beside the one before."""
    found: list[str] = []
    number = row = 0
    for cell in cells:
        number = 0 if cell.row != row else number
        row = cell.row
        match = _LETTERS.match(cell.attributes.get("r", ""))
        number = number_of(match[0]) if match else number + 1
        found.append(letters_of(number))
    return found


def _cell(cell: _Element, text: str) -> bytes:
    """Return a cell that holds a number where it still is one, and text otherwise; its style stays."""
    prefix = cell.name.rpartition(":")[0] + ":" if ":" in cell.name else ""
    kept = "".join(f" {name}={quoteattr(value)}" for name, value in cell.attributes.items() if name != "t")
    if cell.attributes.get("t", "n") == "n" and text.isdigit():
        return f"<{cell.name}{kept}><{prefix}v>{text}</{prefix}v></{cell.name}>".encode()
    inner = f'<{prefix}is><{prefix}t xml:space="preserve">{escape(text)}</{prefix}t></{prefix}is>'
    return f'<{cell.name}{kept} t="inlineStr">{inner}</{cell.name}>'.encode()


def _string(string: _Element, text: str) -> bytes:
    prefix = string.name.rpartition(":")[0] + ":" if ":" in string.name else ""
    return f'<{string.name}><{prefix}t xml:space="preserve">{escape(text)}</{prefix}t></{string.name}>'.encode()


def _spliced(data: bytes, changes: list[tuple[_Element, bytes]]) -> bytes:
    made, at = [], 0
    for element, new in sorted(changes, key=lambda change: change[0].start):
        made += [data[at : element.start], new]
        at = element.end
    return b"".join([*made, data[at:]])


def _refuse(*_: object) -> None:
    raise WorkbookError("data.reason-damaged")
