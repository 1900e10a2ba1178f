"""TensorFlow: operators of SavedModels and frozen graphs, the index of their variables, and what Keras keeps beside.

Source: saved_model.proto, meta_graph.proto, graph.proto, function.proto, node_def.proto and attr_value.proto; the
table format of tensorflow/core/lib/io/table_format.txt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError, bounded
from aigov_checks.model.serialization.known import known
from aigov_checks.model.serialization.messages import TEXT, Schema, Seen, top_fields, walk
from aigov_checks.model.serialization.notes import Context, Note, fact, suspicious, unsafe
from aigov_checks.model.serialization.protobuf import BYTES, FIXED64, VARINT, BrokenWireError, fields
from aigov_checks.model.serialization.text_rules import code_in_strings, leaves, scan_json
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA: Schema = {
    "SavedModel": {2: "MetaGraph"},
    "MetaGraph": {2: "Graph", 6: "Asset"},
    "Asset": {2: TEXT},
    "Graph": {1: "Node", 2: "Library"},
    "Library": {1: "Function"},
    "Function": {1: "Signature", 3: "Node"},
    "Signature": {1: TEXT},
    "Node": {1: TEXT, 2: TEXT, 5: "Entry"},
    "Entry": {1: TEXT, 2: "Value"},
    "Value": {1: "List", 2: TEXT},
    "List": {2: TEXT},
}
RUNS = words("PyFunc PyFuncStateless EagerPyFunc ShellExecute LoadLibrary RpcServerStart")
_FILES = words(
    """ReadFile WriteFile MatchingFiles WholeFileReader WholeFileReaderV2 TextLineReader TextLineReaderV2 TFRecordReader
    TFRecordReaderV2 FixedLengthRecordReader FixedLengthRecordReaderV2 LMDBReader LMDBDataset ExperimentalLMDBDataset
    TextLineDataset TFRecordDataset FixedLengthRecordDataset FixedLengthRecordDatasetV2 TFRecordDatasetV2 CSVDataset
    CSVDatasetV2 ExperimentalCSVDataset SqlDataset ExperimentalSqlDataset MatchingFilesDataset
    ExperimentalMatchingFilesDataset SaveDataset SaveDatasetV2 LoadDataset SnapshotDataset SnapshotDatasetV2
    SnapshotDatasetReader SnapshotChunkDataset SnapshotNestedDatasetReader ListSnapshotChunksDataset DistributedSave
    CacheDataset CacheDatasetV2 CreateSummaryFileWriter CreateSummaryDbWriter DumpTensor ImmutableConst
    LoadAndRemapMatrix FileSystemSetConfiguration RpcClient RpcCall RpcServer RpcServerRegister RemoteCall
    DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset
    RegisterDatasetV2 DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNumericSummary DebugNanCount
    SetStatsAggregatorDataset GenerateBigQueryReaderPartitions BigQueryReader""",
)
"""Operators that read or write files, or talk to others, while the model runs."""
_SCHEME = re.compile(r"(file|grpc|http|https|ftp|gs|s3|hdfs)://")
_TABLE_END = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_VERSIONS = 4
"""Field of a graph that its writers put last."""
_PRINTS = {*((number, True) for number in range(1, 6)), (6, False)}
"""Fields of a fingerprint: five hashes and a version; newer ones also have an id."""


def operator_notes(format_: str, name: str, offset: int) -> Iterator[Note]:
    """Yield what is to say of one operator of TensorFlow."""
    if name in RUNS:
        yield unsafe("model.code", offset, format=format_, name=name)
    elif name in _FILES:
        yield unsafe("model.reaches-out", offset, format=format_, name=name)
    elif name not in known("tensorflow"):
        yield suspicious("model.custom", offset, format=format_, name=name)


def is_saved_model(data: memoryview) -> bool:
    """Whether the fields are those of a SavedModel: a schema version of 1, or none, and graphs that can be read."""
    found = top_fields(data)
    if not found or {entry[:2] for entry in found} - {(1, VARINT), (2, BYTES)}:
        return False
    graphs = [entry for entry in found if entry[0] == 2]  # noqa: PLR2004  # meta_graphs
    if not graphs or (found[0][0] == 1 and bytes(data[:2]) != b"\x08\x01"):
        return False
    inner = top_fields(data[graphs[0][2] : graphs[0][3]])
    return bool(inner) and all(entry[0] <= 7 and entry[1] == BYTES for entry in inner)  # noqa: PLR2004  # its fields


def is_graph(data: memoryview) -> bool:
    """Whether the first field is a node with a name and an operator, as in a frozen graph."""
    found = top_fields(data, 1)
    if not found or found[0][:2] != (1, BYTES):
        return False
    inner = top_fields(data[found[0][2] : found[0][3]], 2)
    if [entry[:2] for entry in inner] != [(1, BYTES), (2, BYTES)]:
        return False
    name = bytes(data[found[0][2] : found[0][3]][inner[1][2] : inner[1][3]])
    return re.fullmatch(rb"_?[A-Z][A-Za-z0-9_>]{1,80}", name) is not None


def is_index(data: memoryview) -> bool:
    """Whether the file ends as the index of a checkpoint does."""
    return len(data) >= _FOOTER and bytes(data[-8:]) == _TABLE_END


def is_fingerprint(data: memoryview) -> bool:
    """Whether the file is the fingerprint of a SavedModel: five hashes and a version."""
    found = top_fields(data)
    whole = bool(found) and found[-1][3] == len(data) and len(data) <= 512  # noqa: PLR2004  # it is short
    return whole and {(n, wire in {VARINT, FIXED64}) for n, wire, _, _ in found} in (_PRINTS, _PRINTS | {(7, False)})


def is_keras_metadata(data: memoryview) -> bool:
    """Whether the file is the list of Keras objects beside a SavedModel, each with a JSON text."""
    found = top_fields(data, 1)
    if not found or found[0][:2] != (1, BYTES):
        return False
    inner = {entry[0] for entry in top_fields(data[found[0][2] : found[0][3]])}
    return {3, 4, 5} <= inner <= {2, 3, 4, 5, 6}


def _saved_model(data: memoryview, _context: Context) -> Iterator[Note]:
    yield from _operators(walk(data, "SavedModel", _SCHEMA))


def _graph(data: memoryview, _context: Context) -> Iterator[Note]:
    yield from _operators(walk(data, "Graph", _SCHEMA))
    if not any(entry[0] == _VERSIONS for entry in top_fields(data, 1 << 20)):
        yield suspicious("model.unparsable", len(data), format="tensorflow")


def _operators(messages: Iterator[Seen]) -> Iterator[Note]:
    """Yield what operators of graphs and functions do; a function of the model itself is no operator."""
    own: set[str] = set()
    used: dict[str, int] = {}
    for message in messages:
        match message.kind:
            case "Node":
                used.setdefault(message.text(2), message.start)
            case "Signature":
                own.add(message.text(1))
            case "Asset" if leaves(message.text(2)):
                yield unsafe("model.outside", message.start, format="tensorflow", location=message.text(2))
            case "Value" | "List":
                yield from _places(message)
            case _:
                pass
    for name, offset in used.items():
        if name not in own:
            yield from operator_notes("tensorflow", name, offset)


def _places(message: Seen) -> Iterator[Note]:
    for text in message.texts.get(2, []):
        if _SCHEME.match(text):
            yield unsafe("model.outside", message.start, format="tensorflow", location=text)


def _index(data: memoryview, _context: Context) -> Iterator[Note]:
    """Check that the blocks of the table that the footer points to are inside the file."""
    position = len(data) - _FOOTER
    for _ in range(2):
        offset, position = _varint(data, position)
        size, position = _varint(data, position)
        if offset + size > len(data) - _FOOTER:
            yield suspicious("model.unparsable", position, format="tensorflow-index")
    yield fact("tensorflow.data", 0)


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for index in range(10):
        byte = data[position + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004  # the last byte
            return value, position + index + 1
    raise BrokenFileError(position)


def _keras_metadata(data: memoryview, context: Context) -> Iterator[Note]:
    try:
        for node in fields(data, 0, len(data)):
            for entry in fields(data, node.start, node.end) if node.wire == BYTES else ():
                text = data[entry.start : entry.end]
                if entry.wire == BYTES and bytes(text[:1]) == b"{":
                    yield from scan_json(text, context)
                elif entry.wire == BYTES:
                    yield from code_in_strings((bytes(text[:4096]).decode("utf-8", "replace"),), entry.start)
    except BrokenWireError as error:
        raise BrokenFileError(error.offset) from error


def _fingerprint(_data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield nothing: the file is hashes and a number."""
    return iter(())


scan_saved_model = bounded("tensorflow", _saved_model)
scan_graph = bounded("tensorflow", _graph)
scan_index = bounded("tensorflow-index", _index)
scan_keras_metadata = bounded("keras-metadata", _keras_metadata)
scan_fingerprint = bounded("tensorflow-fingerprint", _fingerprint)
