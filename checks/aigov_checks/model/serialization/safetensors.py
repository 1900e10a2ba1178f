"""safetensors: a length, a JSON header, then tensors without gaps; nothing in it runs.

Source: the format description in the README of huggingface/safetensors and the checks of its Rust reader.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aigov_checks.model.serialization.limits import MAX_SAFETENSORS_HEADER
from aigov_checks.model.serialization.notes import Context, Note, suspicious
from aigov_checks.model.serialization.text_rules import code_in_strings

if TYPE_CHECKING:
    from collections.abc import Iterator

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32,
    "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64,
}  # fmt: skip
_PREFIX = 8


class _DuplicateError(ValueError):
    """A key stands twice in one JSON object."""


def is_safetensors(data: memoryview) -> bool:
    """Whether the bytes begin like a safetensors file: a plausible length and an opening brace."""
    if len(data) < _PREFIX + 1 or data[_PREFIX] != ord("{"):
        return False
    return int.from_bytes(data[:_PREFIX], "little") <= 1 << 40 or bytes(data[9:11]) in {b'"_', b'"w'}


def scan_safetensors(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what is wrong with header, offsets and metadata; tensors are never read."""
    length = int.from_bytes(data[:_PREFIX], "little")
    if length > min(MAX_SAFETENSORS_HEADER, len(data) - _PREFIX):
        yield suspicious("safetensors.header-length", 0, length=str(length))
        return
    try:
        header = json.loads(bytes(data[_PREFIX : _PREFIX + length]), object_pairs_hook=_unique)
    except _DuplicateError as error:
        yield suspicious("safetensors.duplicate", _PREFIX, name=str(error))
        return
    except (ValueError, RecursionError):
        yield suspicious("safetensors.unparsable", _PREFIX)
        return
    if not isinstance(header, dict):
        yield suspicious("safetensors.unparsable", _PREFIX)
        return
    yield from _metadata(header.pop("__metadata__", {}))
    yield from _tensors(header, len(data) - _PREFIX - length)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # values of any JSON type
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _DuplicateError(name)
        found[name] = value
    return found


def _metadata(metadata: object) -> Iterator[Note]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        yield suspicious("safetensors.metadata", _PREFIX)
        return
    yield from code_in_strings(metadata.values(), _PREFIX)


def _tensors(header: dict[str, object], room: int) -> Iterator[Note]:
    """Check that the tensors fill the rest of the file, each with the bytes that its shape needs."""
    ranges = []
    for name, tensor in header.items():
        found = range_of(tensor)
        if found is None:
            yield suspicious("safetensors.tensor", _PREFIX, name=name)
        else:
            ranges.append((*found, name))
    position = 0
    for start, end, name in sorted(ranges):
        if start != position:
            yield suspicious("safetensors.offsets", _PREFIX, name=name)
            return
        position = end
    if position != room:
        yield suspicious("safetensors.size", _PREFIX, expected=position)


def range_of(tensor: object) -> tuple[int, int] | None:
    """Return where a tensor's bytes are, or None where type, shape and offsets do not agree."""
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        return None
    offsets, shape, bits = tensor["data_offsets"], tensor["shape"], _BITS.get(str(tensor["dtype"]))
    numbers = (*offsets, *shape) if isinstance(offsets, list) and isinstance(shape, list) else (-1,)
    if (
        bits is None or any(type(n) is not int or not 0 <= n < 1 << 62 for n in numbers) or len(offsets) != 2  # noqa: PLR2004  # start and end
    ):  # start and end
        return None
    elements = 1
    for length in shape:
        elements *= length
        if elements >= 1 << 62:
            return None
    start, end = offsets
    return (start, end) if elements * bits == (end - start) * 8 else None
