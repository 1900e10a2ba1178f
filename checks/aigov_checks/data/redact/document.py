"""A JSON document in UTF-8 with some of its keys and values replaced."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING

from aigov_checks.data.json_cells import document_cells
from aigov_checks.data.redact.json_text import json_edits
from aigov_checks.data.redact.lines import copy_range

if TYPE_CHECKING:
    from pathlib import Path

    from aigov_checks.data.cells import Cell
    from aigov_checks.data.redact.found import Found
    from aigov_checks.data.redact.values import Cleaner, Edit


def rewrite_document(source: Path, target: Path, found: Found, cleaner: Cleaner) -> None:
    """Write the document with its records cleaned.

    Raises:
        JsonError: it is none.
    """
    affected = {record for unit in found.units for record in found.records(unit)}

    def edits_of(cell: Cell) -> list[Edit]:
        return cleaner.edits_of(cell) if cell.record in affected else []

    with source.open("rb") as stream, target.open("wb") as out, mmap(stream.fileno(), 0, access=ACCESS_READ) as text:
        for start, end, new in json_edits(text, document_cells(text), edits_of):
            copy_range(stream, out, start)
            out.write(new)
            stream.seek(end)
        copy_range(stream, out, len(text))
