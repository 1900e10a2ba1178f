"""Parquet with some of its values replaced: schema, metadata, row groups and compression stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aigov import need
from aigov_checks.data.parquet import ParquetError
from aigov_checks.data.redact.table import cleaned

if TYPE_CHECKING:
    from pathlib import Path

    from aigov import Unit
    from aigov_checks.data.redact.found import Found
    from aigov_checks.data.redact.values import Cleaner


def rewrite_parquet(source: Path, target: Path, found: Found, cleaner: Cleaner) -> None:
    """Write the table with its rows cleaned, row group by row group.

    Raises:
        ParquetError: a column cannot hold what takes the place of a value, or the file cannot be read.
    """
    arrow = need("pyarrow", "pii")
    parquet = need("pyarrow.parquet", "pii")
    try:
        with (
            parquet.ParquetFile(source, memory_map=True) as file,
            parquet.ParquetWriter(target, file.schema_arrow, **_settings(file)) as writer,
        ):
            for unit in found.units:
                _write_groups(file, writer, unit, found.records(unit), cleaner)
    except (arrow.ArrowException, OSError, TypeError, ValueError) as error:
        raise ParquetError(type(error).__name__) from error


def _write_groups(file: Any, writer: Any, unit: Unit, records: set[int], cleaner: Cleaner) -> None:  # pyarrow's
    first = 0
    for group in range(unit.content["start"], unit.content["end"]):
        table = file.read_row_group(group)
        own = sorted(row - first for row in records if first <= row < first + table.num_rows)
        made = cleaned(table, own, cleaner) if own else table
        writer.write_table(made, row_group_size=max(1, table.num_rows))
        first += table.num_rows


def _settings(file: Any) -> dict[str, Any]:  # pyarrow has no types
    """Return how each column is written, from the first row group."""
    if not file.metadata.num_row_groups:
        return {}
    group = file.metadata.row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    codecs = {column.path_in_schema: _CODECS.get(column.compression, column.compression) for column in columns}
    dictionaries = [c.path_in_schema for c in columns if any("DICTIONARY" in encoding for encoding in c.encodings)]
    return {"compression": codecs, "use_dictionary": dictionaries or False}


_CODECS = {"UNCOMPRESSED": "NONE"}
