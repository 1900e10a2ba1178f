"""Tensors of an ONNX model: initializers of every graph, raw, typed or in a file beside it, and lists in attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.limits import MAX_FIELDS, MAX_MESSAGES
from aigov_checks.model.serialization.onnx_schema import SCHEMA
from aigov_checks.model.serialization.protobuf import BYTES, Field, fields, packed_numbers
from aigov_checks.model.serialization.text_rules import leaves
from aigov_checks.model.weights.tensors import ITEM, Tensor, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4",
}  # fmt: skip
_FIXED, _VARINTS = frozenset((4, 10)), frozenset((5, 7, 11))
_RAW, _OUTSIDE, _FLOATS = 9, 13, 7
_SHORTEST_LIST = 16
"""Numbers of an attribute that count as weights: nodes of trees, coefficients."""
_NESTED = frozenset(("Model", "Graph", "Node", "Attribute", "Function", "Sparse", "Training"))


@dataclass(slots=True)
class _Described:
    name: str = ""
    kind: int = 0
    dims: list[int] = field(default_factory=list)
    raw: Field | None = None
    typed: bytes = b""
    numbers: list[int] = field(default_factory=list)
    outside: dict[str, str] = field(default_factory=dict)


def onnx_tensors(data: memoryview, path: Path) -> Iterator[Tensor | Unread]:
    """Yield the tensors of a model in the order of the file."""
    pending = [("Model", 0, len(data), "", 0)]
    left = MAX_FIELDS
    while pending:
        kind, start, end, owner, depth = pending.pop()
        if depth > MAX_MESSAGES or left < 0:
            yield Unread("weights.broken")
            return
        if kind == "Tensor":
            yield from _tensor(data, start, end, owner, path)
            continue
        inner = []
        entries = list(fields(data, start, end))
        left -= len(entries)
        name = _name(data, kind, entries) or owner
        for entry in entries:
            child = SCHEMA[kind].get(entry.number, "")
            if entry.wire == BYTES and (child in _NESTED or child == "Tensor"):
                inner.append((child, entry.start, entry.end, "" if child == "Graph" else name, depth + 1))
            elif kind == "Attribute" and _is_list(entry):
                yield Tensor(name, "float32", (entry.value // 4,), data[entry.start : entry.end], entry.start)
        pending.extend(reversed(inner))


def _is_list(entry: Field) -> bool:
    """Whether a field of an attribute is a packed list of floats that is long enough to be weights."""
    return (
        entry.number == _FLOATS and entry.wire == BYTES and entry.value >= 4 * _SHORTEST_LIST and entry.value % 4 == 0
    )


def _name(data: memoryview, kind: str, entries: list[Field]) -> str:
    """Return what a node gives its tensors as name: its first output; an attribute adds its own."""
    number = {"Node": 2, "Attribute": 1}.get(kind)
    found = next((e for e in entries if e.number == number and e.wire == BYTES and e.value < 1 << 12), None)
    return "" if found is None else bytes(data[found.start : found.end]).decode("utf-8", "replace")


def _tensor(data: memoryview, start: int, end: int, owner: str, path: Path) -> Iterator[Tensor | Unread]:
    found = _Described()
    for entry in fields(data, start, end):
        _keep(data, entry, found)
    name = found.name or owner
    dtype = _TYPES.get(found.kind, "")
    total = 1
    for length in found.dims:
        total = min(total * length, 1 << 62)
    size = -(-total * 4 // 8) if dtype.endswith("int4") else total * ITEM.get(dtype, 0)
    if found.outside:
        yield _from_outside(found, (name, dtype), size, path)
        return
    raw, at = _bytes_of(data, found, dtype)
    if raw is None or not dtype or len(raw) != size:
        yield Unread("weights.tensor", name)
        return
    yield Tensor(name, dtype, tuple(found.dims), raw, at)


def _keep(data: memoryview, entry: Field, found: _Described) -> None:
    body = data[entry.start : entry.end]
    if entry.number == 1:
        found.dims += packed_numbers(data, entry) if entry.wire == BYTES else [entry.value]
    elif entry.number == 2:  # noqa: PLR2004  # data_type
        found.kind = entry.value
    elif entry.number in _FIXED:
        found.typed += bytes(body)
    elif entry.number in _VARINTS:
        found.numbers += packed_numbers(data, entry) if entry.wire == BYTES else [entry.value]
    elif entry.number == 8 and entry.wire == BYTES:  # noqa: PLR2004  # name
        found.name = _word(body)
    elif entry.number == _RAW and entry.wire == BYTES:
        found.raw = entry
    elif entry.number == _OUTSIDE and entry.wire == BYTES:
        texts = {e.number: _word(data[e.start : e.end]) for e in fields(data, entry.start, entry.end)}
        found.outside[texts.get(1, "")] = texts.get(2, "")


def _word(raw: memoryview) -> str:
    return bytes(raw[:4096]).decode("utf-8", "replace")


def _bytes_of(data: memoryview, found: _Described, dtype: str) -> tuple[memoryview | None, int]:
    """Return raw bytes and where they stand; typed fields are put into the same form."""
    if found.raw is not None:
        return data[found.raw.start : found.raw.end], found.raw.start
    if found.typed:
        return memoryview(found.typed), -1
    size = ITEM.get(dtype)
    if size is None or size > 8:  # noqa: PLR2004  # no number that a varint holds
        return None, -1
    return memoryview(b"".join((n & ((1 << 8 * size) - 1)).to_bytes(size, "little") for n in found.numbers)), -1


def _from_outside(found: _Described, named: tuple[str, str], size: int, path: Path) -> Tensor | Unread:
    """Return a tensor whose bytes are in a file of the model's own folder; links are not followed."""
    from aigov_checks.model.weights.reading import open_data  # it reads files for every format

    name, dtype = named
    location = found.outside.get("location", "")
    texts = [found.outside.get(key, "0") for key in ("offset", "length")]
    target = path.parent / location
    if not dtype or leaves(location) or not all(text.isdecimal() and len(text) < 20 for text in texts):  # noqa: PLR2004  # 64 bits
        return Unread("weights.tensor", name)
    if target.is_symlink() or not target.is_file():
        return Unread("weights.outside", location)
    offset = int(texts[0])
    raw = open_data(target)[offset : offset + size]
    return Tensor(name, dtype, tuple(found.dims), raw, offset) if len(raw) == size else Unread("weights.tensor", name)
