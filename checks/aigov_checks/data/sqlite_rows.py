"""SQLite databases, opened read-only and never trusted: rows of every table as columns of text."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from aigov_checks.data.scan_columns import Column, column_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ROWS = 8192
_LONGEST = 16 << 20
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_STEPS = 1 << 20
_STEPS_A_BYTE = 64
"""Steps of SQLite's machine that a file may take for each of its bytes; generated columns can loop."""


class DatabaseFileError(ValueError):
    """The file is damaged, encrypted or hostile."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of one table: its columns that can hold text, and the names of those with bytes that are none."""

    columns: tuple[Column, ...]
    size: int
    unread: tuple[str, ...]


def rows(path: Path) -> Iterator[Rows]:
    """Yield the rows of every table but virtual ones; pointers are `table/column`. A write-ahead log is not read.

    Raises:
        DatabaseFileError: see the class.
    """
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
        try:
            _bound(connection, path.stat().st_size)
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND rootpage > 0 ORDER BY name"
            )
            for (name,) in names.fetchall():
                yield from _of_table(connection, name.decode("utf-8", "replace"))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise DatabaseFileError(type(error).__name__) from error


def _bound(connection: sqlite3.Connection, size: int) -> None:
    """Refuse everything but reading, long values, and endless work."""
    left = 16 + size * _STEPS_A_BYTE // _STEPS

    def over() -> int:
        nonlocal left
        left -= 1
        return int(left < 0)

    connection.text_factory = bytes
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
    connection.set_progress_handler(over, _STEPS)


def _of_table(connection: sqlite3.Connection, name: str) -> Iterator[Rows]:
    quoted = name.replace('"', '""')
    cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  # the name is quoted, and only reading is allowed
    headers = [str(column[0]) for column in cursor.description]
    while batch := cursor.fetchmany(_ROWS):
        found = [
            _column(name, header, values) for header, values in zip(headers, zip(*batch, strict=True), strict=True)
        ]
        unread = tuple(
            f"{name}/{header}"
            for header, values in zip(headers, zip(*batch, strict=True), strict=True)
            if _binary(values)
        )
        yield Rows(tuple(column for column in found if column is not None), len(batch), unread)


def _column(table: str, name: str, values: Sequence[object]) -> Column | None:
    column = column_of(name, values)
    if column is None:
        return None
    return replace(column, pointers=[f"{table}/{pointer}" for pointer in column.pointers])


def _binary(values: Sequence[object]) -> bool:
    """Say whether a value holds bytes that are no text."""
    for value in values:
        if isinstance(value, bytes):
            try:
                value.decode()
            except UnicodeDecodeError:
                return True
    return False
