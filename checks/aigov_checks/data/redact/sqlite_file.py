"""A copy of an SQLite database in which values are replaced; triggers do not run, and nothing of the old ones stays."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

from aigov_checks.data.sqlite_rows import DatabaseFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aigov_checks.data.redact.found import Found
    from aigov_checks.data.redact.values import Cleaner

_ROWS = 8192
_LONGEST = 16 << 20

Update = tuple[str, object, int]
"""Column, new value and row id."""


class _Text(bytes):
    """Bytes that the database holds as text."""

    __slots__ = ()


def rewrite_database(source: Path, target: Path, found: Found, cleaner: Cleaner) -> None:
    """Write the database with its rows cleaned.

    Raises:
        DatabaseFileError: it is damaged, or a row cannot be changed: a table without row ids, a trigger, a constraint.
    """
    affected = {record for unit in found.units for record in found.records(unit)}
    shutil.copyfile(source, target)
    try:
        connection = sqlite3.connect(target, isolation_level=None)
        try:
            connection.text_factory = _Text
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            for pragma in ("trusted_schema=OFF", "secure_delete=ON", "journal_mode=MEMORY", "foreign_keys=OFF"):
                connection.execute(f"PRAGMA {pragma}")
            connection.set_authorizer(_authorise)
            connection.execute("BEGIN")
            first = 0
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND rootpage > 0 ORDER BY name"
            )
            for (name,) in names.fetchall():
                first += _clean_table(connection, name.decode(), affected, first, cleaner)
            connection.execute("COMMIT")
            connection.execute("VACUUM")
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DatabaseFileError(type(error).__name__) from error


def _authorise(*arguments: object) -> int:
    """Refuse whatever a trigger would do; its name is the last argument."""
    return sqlite3.SQLITE_OK if arguments[-1] is None else sqlite3.SQLITE_DENY


def _clean_table(connection: sqlite3.Connection, name: str, affected: set[int], first: int, cleaner: Cleaner) -> int:
    """Clean the affected rows of one table, and return how many rows it has."""
    table = _quoted(name)
    updates: list[Update] = []
    size = 0
    for row in _rows(connection, table):
        if first + size in affected:
            updates += _updates(row, cleaner)
        size += 1
    for column, value, row_id in updates:
        connection.execute(f"UPDATE {table} SET {_quoted(column)} = ? WHERE rowid = ?", (value, row_id))  # noqa: S608  # names are quoted
    return size


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[int, list[tuple[str, object]]]]:
    cursor = connection.execute(f"SELECT rowid, * FROM {table}")  # noqa: S608  # the name is quoted
    headers = [str(column[0]) for column in cursor.description][1:]
    while batch := cursor.fetchmany(_ROWS):
        for row_id, *values in batch:
            yield row_id, list(zip(headers, values, strict=True))


def _updates(row: tuple[int, list[tuple[str, object]]], cleaner: Cleaner) -> Iterator[Update]:
    row_id, cells = row
    for column, value in cells:
        new = cleaner.value(value, column)
        if new is not value:
            yield column, new.decode() if isinstance(value, _Text) and isinstance(new, bytes) else new, row_id


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
