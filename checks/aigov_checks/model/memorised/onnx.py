"""ONNX: every name, text, category and path of a model, message by message, and what its tensors are called."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.data.scan_columns import LARGEST_CODE
from aigov_checks.model.memorised.arrays import Array, pieces_of
from aigov_checks.model.memorised.loose import loose_texts
from aigov_checks.model.memorised.pickles import is_text
from aigov_checks.model.memorised.pieces import Blob, Gap, Outside, Text
from aigov_checks.model.serialization import onnx_schema as schema
from aigov_checks.model.serialization.limits import MAX_FIELDS, MAX_MESSAGES
from aigov_checks.model.serialization.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    BrokenWireError,
    Field,
    fields,
    packed_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Piece

_CODES = {1: "<f4", 2: "|u1", 3: "|i1", 5: "<i2", 6: "<i4", 7: "<i8", 11: "<f8", 12: "<u4", 13: "<u8"}
"""TensorProto.DataType to numpy's code, for numbers of which a row may be made."""
_NAMES = {"Tensor": 8, "Attribute": 1, "Node": 3, "Graph": 2, "Pair": 1}
"""Field of the name of a message."""
_RAW, _DIMS, _TYPE, _EXTERNAL_DATA = 9, 1, 2, 13
_VALUE = 2
_SIGN, _RANGE = 1 << 63, 1 << 64


@dataclass(slots=True)
class _Message:
    """One message while it is read."""

    kind: str
    start: int
    end: int
    depth: int
    external: bool = False
    """Whether it says where a tensor outside the file is."""
    name: str = ""
    dims: list[int] = field(default_factory=list)
    type: int = 0
    raw: tuple[int, int] | None = None
    floats: array[float] = field(default_factory=lambda: array("f"))
    doubles: array[float] = field(default_factory=lambda: array("d"))


def read_onnx(blob: Blob) -> Iterator[Piece]:
    """Yield what a model says, and its tensors where their rows do not stand in order."""
    pending = [_Message("Model", 0, len(blob.data), 0)]
    left = MAX_FIELDS
    while pending:
        message = pending.pop()
        if message.depth > MAX_MESSAGES or left <= 0:
            yield Gap("limit", blob.pointer, blob.at(message.start))
            continue
        try:
            for entry in fields(blob.data, message.start, message.end):
                left -= 1
                yield from _field(blob, message, entry, pending)
        except BrokenWireError as error:
            yield Gap("broken", blob.pointer, blob.at(error.offset))
        yield from _whole(blob, message)


def _field(blob: Blob, message: _Message, entry: Field, pending: list[_Message]) -> Iterator[Piece]:
    kind = schema.SCHEMA[message.kind].get(entry.number, schema.S)
    if kind == schema.N:
        yield from _whole_numbers(blob, message, entry)
    elif kind in {schema.F, schema.D}:
        _fractions(blob, message, entry)
    elif kind != schema.S and entry.wire == BYTES:
        external = message.kind == "Tensor" and entry.number == _EXTERNAL_DATA
        pending.append(_Message(kind, entry.start, entry.end, message.depth + 1, external))
    elif entry.wire == BYTES and message.kind == "Tensor" and entry.number == _RAW:
        message.raw = (entry.start, entry.end)
    elif entry.wire == BYTES:
        yield from _text(blob, message, entry)


def _text(blob: Blob, message: _Message, entry: Field) -> Iterator[Piece]:
    value = blob.data[entry.start : entry.end]
    if not is_text(value):
        yield from loose_texts(blob, entry.start, entry.end, _pointer(message))
        return
    content = bytes(value)
    column = message.name if message.kind == "Pair" else ""
    if entry.number == _NAMES.get(message.kind):
        message.name = content[:200].decode("utf-8", "replace")
    if message.external and message.name == "location" and entry.number == _VALUE:
        yield Outside(content.decode("utf-8", "replace"))
    yield Text(content, blob.inside(_pointer(message)), blob.at(entry.start), column)


def _pointer(message: _Message) -> str:
    return f"{message.kind.lower()} {message.name}".rstrip()


def _whole_numbers(blob: Blob, message: _Message, entry: Field) -> Iterator[Piece]:
    values = packed_numbers(blob.data, entry) if entry.wire == BYTES else (entry.value,)
    for value in values:
        if message.kind == "Tensor" and entry.number == _DIMS and len(message.dims) < MAX_MESSAGES:
            message.dims.append(value)
        elif message.kind == "Tensor" and entry.number == _TYPE:
            message.type = value
        signed = value - _RANGE if value >= _SIGN else value
        if abs(signed) >= LARGEST_CODE:
            yield Text(str(signed).encode(), blob.inside(_pointer(message)), None)


def _fractions(blob: Blob, message: _Message, entry: Field) -> None:
    """Keep numbers that stand one by one with a key before each; packed ones are bytes like any other."""
    if entry.wire == FIXED32:
        message.floats.append(struct.unpack_from("<f", blob.data, entry.start)[0])
    elif entry.wire == FIXED64:
        message.doubles.append(struct.unpack_from("<d", blob.data, entry.start)[0])


def _whole(blob: Blob, message: _Message) -> Iterator[Piece]:
    """Yield what is known of a message only at its end."""
    pointer = blob.inside(_pointer(message))
    for numbers in (message.floats, message.doubles):
        if len(numbers) > 1:
            yield Blob(memoryview(numbers).cast("B"), pointer, None, blob.context)
    if message.raw is None or message.type not in _CODES:
        return
    start, end = message.raw
    blob.name(start, end, _pointer(message))
    code, shape = _CODES[message.type], tuple(message.dims)
    yield from pieces_of(Array(blob.data[start:end], code, shape, pointer, blob.at(start)), blob)
