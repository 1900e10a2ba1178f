"""Arrow IPC files and streams (Feather 2) with some of their values replaced, batch by batch.

Schema, metadata, the cut into batches and the compression of buffers stay. Source: the Arrow columnar format, section
on encapsulated messages, and its schema of messages (`format/Message.fbs`).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aigov import need
from aigov_checks.data.parquet import ParquetError
from aigov_checks.data.redact.table import cleaned
from aigov_checks.data.redact.values import Cleaner
from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor
from aigov_checks.model.serialization.flatbuffers import Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aigov_checks.data.redact.found import Found

_MAGIC, _HEAD = b"ARROW1", 8
"""First bytes of a file, and how many come before its first message; a stream begins with that."""
_TYPE, _HEADER, _COMPRESSION, _CODEC = 1, 2, 3, 0
"""Fields of a message, of a record batch, and of its compression."""
_RECORD_BATCH = 3
_CODECS = {0: "lz4", 1: "zstd"}
_BATCH = tuple[Any, Any]  # pyarrow has no types
"""A record batch and the metadata of its own, or None."""


def rewrite_arrow(source: Path, target: Path, found: Found, cleaner: Cleaner) -> None:
    """Write the table with its rows cleaned, and every entry of its dictionaries.

    Raises:
        ParquetError: a column cannot hold what takes the place of a value, or the file cannot be read or written.
    """
    arrow, ipc = need("pyarrow", "pii"), need("pyarrow.ipc", "pii")
    refused = (arrow.ArrowException, OSError, TypeError, ValueError, BrokenFileError)
    try:
        with ExitStack() as stack:
            stream = stack.enter_context(arrow.memory_map(str(source)))
            is_file = stream.read(len(_MAGIC)) == _MAGIC
            options = _options(stream, _HEAD if is_file else 0)
            stream.seek(0)
            reader = ipc.open_file(stream) if is_file else ipc.open_stream(stream)
            _no_inner_dictionaries(reader.schema)
            sink = stack.enter_context(arrow.OSFile(str(target), "wb"))
            made = (
                _file_writer(ipc, sink, reader, options)
                if is_file
                else ipc.new_stream(sink, reader.schema, options=options)
            )
            writer = stack.enter_context(made)
            own = _Batches(cleaner)
            for batch, metadata in own.all(reader, found):
                writer.write_batch(batch, custom_metadata=metadata)
    except refused as error:
        raise ParquetError(type(error).__name__) from error


def _file_writer(ipc: Any, sink: Any, reader: Any, options: Any) -> Any:  # pyarrow has no types
    """Return the writer of a file, with what the footer says of it; older versions of pyarrow do not read that."""
    footer = getattr(reader, "metadata", None)
    more = {"metadata": dict(footer)} if footer else {}
    return ipc.new_file(sink, reader.schema, options=options, **more)


def _options(stream: Any, start: int) -> Any:  # pyarrow has no types
    """Return how the first record batch is written: its version, and what its buffers are compressed with."""
    ipc = need("pyarrow.ipc", "pii")
    stream.seek(start)
    messages = ipc.MessageReader.open_stream(stream)
    try:
        message = messages.read_next_message()
        while message.type != "record batch":
            message = messages.read_next_message()
    except StopIteration:
        return ipc.IpcWriteOptions()
    return ipc.IpcWriteOptions(
        metadata_version=message.metadata_version, compression=_codec(memoryview(message.metadata))
    )


def _codec(metadata: memoryview) -> str | None:
    message = Table(metadata, Cursor(metadata, 0).unsigned(4))
    header = message.table(_HEADER)
    if message.number(_TYPE, 1) != _RECORD_BATCH or header is None:
        return None
    compression = header.table(_COMPRESSION)
    return None if compression is None else _CODECS[compression.number(_CODEC, 1)]


def _no_inner_dictionaries(schema: Any) -> None:  # pyarrow has no types
    """Refuse lists and structures of dictionaries: what stands in these only, the scan does not see.

    Raises:
        TypeError: there is one.
    """
    types = need("pyarrow", "pii").types
    pending = [kind for kind in schema.types if types.is_nested(kind)]
    while pending:
        kind = pending.pop()
        if types.is_dictionary(kind):
            raise TypeError(str(kind))
        pending += [kind.field(index).type for index in range(kind.num_fields)]


@dataclass(slots=True)
class _Batches:
    """The batches of one table; a dictionary that many of them share is cleaned once."""

    cleaner: Cleaner
    _dictionaries: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    """By column the last dictionary as it was and as it is."""

    def all(self, reader: Any, found: Found) -> Iterator[_BATCH]:  # pyarrow has no types
        """Yield every batch, cleaned."""
        for unit in found.units:
            records = sorted(found.records(unit))
            first = 0
            for batch, metadata in _read(reader, unit.content["start"], unit.content["end"]):
                batch.validate(full=True)
                end = first + batch.num_rows
                own = [row - first for row in records if first <= row < end]
                first = end
                yield self._cleaned(batch, own), metadata

    def _cleaned(self, batch: Any, rows: list[int]) -> Any:  # pyarrow has no types
        arrow = need("pyarrow", "pii")
        columns = {}
        for index, column in enumerate(batch.columns):
            if arrow.types.is_dictionary(column.type):
                columns[index] = self._with_dictionary(index, batch.schema.names[index], column)
        if rows:
            plain = [index for index in range(batch.num_columns) if index not in columns]
            table = arrow.Table.from_batches([batch]).select(plain)
            made = cleaned(table, rows, self.cleaner)
            columns |= {
                index: made.column(place).combine_chunks()
                for place, index in enumerate(plain)
                if made.column(place) is not table.column(place)
            }
        return _with_columns(batch, columns)

    def _with_dictionary(self, index: int, name: str, column: Any) -> Any:  # pyarrow has no types
        """Return the column with the same indices into a dictionary of which every entry is cleaned."""
        arrow = need("pyarrow", "pii")
        old, new = self._dictionaries.get(index, (None, None))
        if old is None or not old.equals(column.dictionary):
            old, values = column.dictionary, column.dictionary.to_pylist()
            made = [self.cleaner.value(value, name) for value in values]
            same = all(one is other for one, other in zip(values, made, strict=True))
            new = old if same else arrow.array(made, old.type)
            self._dictionaries[index] = (old, new)
        if new is old:
            return column
        return arrow.DictionaryArray.from_arrays(column.indices, new, ordered=column.type.ordered)


def _read(reader: Any, first: int, last: int) -> Iterator[_BATCH]:  # pyarrow has no types
    if hasattr(reader, "num_record_batches"):
        for index in range(first, last):
            found = reader.get_batch_with_custom_metadata(index)
            yield found.batch, found.custom_metadata
        return
    for found in reader.iter_batches_with_custom_metadata():
        yield found.batch, found.custom_metadata


def _with_columns(batch: Any, columns: dict[int, Any]) -> Any:  # pyarrow has no types
    """Return a batch in which some columns are others.

    Raises:
        ValueError: one of them has nulls and may not.
    """
    if not columns:
        return batch
    for index, column in columns.items():
        if column.null_count and not batch.schema.field(index).nullable:
            raise ValueError(batch.schema.names[index])
    arrow = need("pyarrow", "pii")
    arrays = [columns.get(index, column) for index, column in enumerate(batch.columns)]
    return arrow.RecordBatch.from_arrays(arrays, schema=batch.schema)
