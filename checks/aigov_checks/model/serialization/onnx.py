"""ONNX: every message walked, operators and outside files named, sizes of tensors held against their shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import onnx_schema as schema
from aigov_checks.model.serialization.limits import MAX_FIELDS, MAX_MESSAGES, MAX_TOP_FIELDS
from aigov_checks.model.serialization.notes import Context, Note, fact, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.protobuf import BYTES, FIXED32, FIXED64, VARINT, BrokenWireError, Field, fields
from aigov_checks.model.serialization.text_rules import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIRES = {schema.N: VARINT, schema.F: FIXED32, schema.D: FIXED64}
_GRAPH, _OPSET = 7, 8
_NAME = 4_096
_RAW_DATA, _EXTERNAL_DATA = 9, 13
_SHAPE = frozenset((1, 2, 14))
"""Fields of TensorProto: dims, data_type, data_location."""
_NOT_LAST = bytes(range(0x80, 0x100))
"""Bytes of a varint that others follow."""
_EXTERNAL = 1
"""TensorProto.DataLocation of tensors outside the file."""


@dataclass(slots=True)
class _Message:
    """One message while it is read: where it stands, and the fields that matter."""

    kind: str
    start: int
    end: int
    depth: int
    texts: dict[int, str] = field(default_factory=dict)
    numbers: dict[int, list[int]] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    raw: int | None = None
    typed: int = 0
    """Elements in the typed fields of a tensor."""


def is_onnx(data: memoryview) -> bool:
    """Whether the bytes are a ModelProto, or begin like one that is cut off."""
    seen: set[int] = set()
    try:
        for count, entry in enumerate(fields(data, 0, len(data))):
            kind = schema.SCHEMA["Model"].get(entry.number)
            if kind is None or entry.wire != _WIRES.get(kind, BYTES) or count > MAX_TOP_FIELDS:
                return False
            seen.add(entry.number)
    except BrokenWireError:
        return _begins(data)
    return _GRAPH in seen and (_OPSET in seen or 1 in seen)


def scan_onnx(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what is wrong with a model: unknown operators, files outside, sizes that do not fit, broken messages."""
    if not _has_opsets(data):
        yield suspicious("onnx.unparsable", 0)
    pending = [_Message("Model", 0, len(data), 0)]
    own: set[tuple[str, str]] = set()
    used: dict[tuple[str, str], int] = {}
    left = MAX_FIELDS
    while pending:
        message = pending.pop()
        if message.depth > MAX_MESSAGES or left <= 0:
            yield uncovered("limit.messages", message.start)
            continue
        try:
            for entry in fields(data, message.start, message.end):
                left -= 1
                yield from _field(data, message, entry, pending)
        except BrokenWireError as error:
            yield suspicious("onnx.unparsable", error.offset)
        _remember(message, used, own)
        if message.kind == "Tensor":
            yield from _tensor(message)
    yield from _operators(used, own)


def _remember(message: _Message, used: dict[tuple[str, str], int], own: set[tuple[str, str]]) -> None:
    """Keep which operator a node uses, and which a function of the model defines."""
    if message.kind == "Node":
        used.setdefault((message.texts.get(7, ""), message.texts.get(4, "")), message.start)
    elif message.kind == "Function":
        own.add((message.texts.get(10, ""), message.texts.get(1, "")))


def _has_opsets(data: memoryview) -> bool:
    """Whether the model says its operator sets, which stand last and which no model lacks."""
    try:
        return any(entry.number == _OPSET for entry in fields(data, 0, len(data)))
    except BrokenWireError:
        return True


def _field(data: memoryview, message: _Message, entry: Field, pending: list[_Message]) -> Iterator[Note]:
    kind = schema.SCHEMA[message.kind].get(entry.number)
    if kind is None:
        yield uncovered("onnx.unknown-field", entry.start, message=message.kind, number=entry.number)
    elif entry.wire not in {_WIRES.get(kind, BYTES), BYTES}:
        yield suspicious("onnx.unparsable", entry.start)
    elif message.kind == "Tensor" and entry.number in schema.TYPED:
        message.typed += _count(data, entry, kind)
    elif kind == schema.N:
        _keep_number(data, message, entry)
    elif kind == schema.S:
        _keep_text(data, message, entry)
    elif kind == "Pair" and message.kind == "Tensor" and entry.number == _EXTERNAL_DATA:
        message.pairs.append(_pair(data, entry))
    elif kind not in _WIRES:
        pending.append(_Message(kind, entry.start, entry.end, message.depth + 1))


def _keep_number(data: memoryview, message: _Message, entry: Field) -> None:
    if message.kind == "Tensor" and entry.number in _SHAPE:
        values = message.numbers.setdefault(entry.number, [])
        values.extend(_packed(data, entry) if entry.wire == BYTES else (entry.value,))


def _keep_text(data: memoryview, message: _Message, entry: Field) -> None:
    if message.kind == "Tensor" and entry.number == _RAW_DATA:
        message.raw = entry.value
    elif entry.value <= _NAME:
        message.texts[entry.number] = bytes(data[entry.start : entry.end]).decode("utf-8", "replace")


def _count(data: memoryview, entry: Field, kind: str) -> int:
    """Return how many elements a typed field of a tensor holds: packed numbers, or one."""
    if entry.wire != BYTES or kind == schema.S:
        return 1
    if kind == schema.N:
        return len(bytes(data[entry.start : entry.end]).translate(None, _NOT_LAST))
    return entry.value // (4 if kind == schema.F else 8)


def _packed(data: memoryview, entry: Field) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in data[entry.start : min(entry.end, entry.start + 1024)]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  # the last byte of a varint has no high bit
            values.append(value)
            value, shift = 0, 0
    return values


def _pair(data: memoryview, entry: Field) -> tuple[str, str]:
    texts = {1: "", 2: ""}
    for part in fields(data, entry.start, entry.end):
        if part.wire == BYTES and part.number in texts and part.value <= _NAME:
            texts[part.number] = bytes(data[part.start : part.end]).decode("utf-8", "replace")
    return texts[1], texts[2]


def _last(message: _Message, number: int) -> int:
    """Return the last number of a field; 0 where there is none, or only a packed field with nothing in it."""
    return (message.numbers.get(number) or [0])[-1]


def _tensor(message: _Message) -> Iterator[Note]:
    dims = message.numbers.get(1, [])
    kind = _last(message, 2)
    elements = 1
    for length in dims:
        elements = min(elements * length, 1 << 64)
    if message.pairs or _last(message, 14) == _EXTERNAL:
        yield from _external(message)
    elif not _fits(message, kind, elements):
        yield suspicious("onnx.tensor-size", message.start, name=message.texts.get(8, ""))


def _fits(message: _Message, kind: int, elements: int) -> bool:
    """Whether the data of a tensor, raw or in a typed field, is what its shape needs; nothing is not enough."""
    bits = schema.ITEM_BITS.get(kind)
    if message.raw is not None and kind != schema.STRING:
        return bits is not None and (elements * bits + 7) // 8 == message.raw
    packed = bits is not None and bits < 8  # noqa: PLR2004  # several in one number, by rules that changed
    times = 2 if kind in schema.COMPLEX else 1
    return message.typed == elements * times or (packed and 0 < message.typed <= elements)


def _external(message: _Message) -> Iterator[Note]:
    entries = dict(message.pairs)
    location = entries.get("location", "")
    numbers = [entries.get(key, "0") for key in ("offset", "length")]
    name = message.texts.get(8, "")
    if len(entries) != len(message.pairs) or not location or not all(re.fullmatch(r"\d{1,18}", n) for n in numbers):
        yield suspicious("onnx.external-broken", message.start, name=name)
    if leaves(location):
        yield unsafe("onnx.external-path", message.start, name=name, location=location)
    elif location:
        yield fact("onnx.external-data", message.start, location=location)


def _operators(used: dict[tuple[str, str], int], own: set[tuple[str, str]]) -> Iterator[Note]:
    known = {"ai.onnx.ml": schema.MACHINE_LEARNING, "": schema.OPERATORS, "ai.onnx": schema.OPERATORS}
    for (domain, name), offset in used.items():
        if (domain, name) in own:
            continue
        if domain not in schema.DOMAINS:
            yield suspicious("onnx.domain", offset, domain=domain, name=name)
        elif name in schema.CALLS_OUT:
            yield unsafe("onnx.calls-out", offset, domain=domain, name=name)
        elif domain in known and name not in known[domain]:
            yield suspicious("onnx.operator", offset, domain=domain, name=name)


def _begins(data: memoryview) -> bool:
    """Whether a cut file begins with the version and the producer, operators or graph of a ModelProto."""
    head = bytes(data[:3])
    return len(head) == 3 and head[0] == 0x08 and head[1] < 0x80 and head[2] in {0x12, 0x3A, 0x42}  # noqa: PLR2004  # version and one key
