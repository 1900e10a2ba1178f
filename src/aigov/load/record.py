"""A transparency record from its file: whatever well-formed YAML it holds, with the line of everything in it."""

from __future__ import annotations

from aigov.i18n import FrozenMap
from aigov.load.document import load_document
from aigov.model import File, Record, Role


def load_record(file: File) -> Record:
    """Return the record as it is written; what its schema or a policy misses in it is measured, not refused.

    `document` is None where the file holds something other than a mapping.

    Raises:
        InputError: the file is not well-formed YAML or JSON, or beyond the limits of `load_document`.
    """
    read = load_document(file.path, name=file.name)
    document = read.value if isinstance(read.value, FrozenMap) else None
    return Record("record", Role.RECORD, file.name, (file,), document=document, lines=read.lines)
