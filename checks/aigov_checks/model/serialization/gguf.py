"""GGUF: metadata, then descriptions of tensors, then tensors; chat templates are programs of Jinja.

Source: docs/gguf.md of ggml-org/ggml; block sizes as in its ggml-common.h.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor, bounded
from aigov_checks.model.serialization.limits import MAX_FIELDS, MAX_JSON, MAX_MEMBERS, MAX_NAME
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered
from aigov_checks.model.serialization.text_rules import code_in_strings, template_notes

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"GGUF"
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_NESTING = 4
_DIMENSIONS = 8
_ALIGNMENT = 32
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""ggml type to elements and bytes a block."""


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """Where a tensor stands."""

    name: str
    shape: tuple[int, ...]
    """Slowest dimension first, as other formats write it."""
    kind: int
    start: int
    size: int
    """Bytes; -1 where type and shape do not agree."""


@dataclass(frozen=True, slots=True)
class Gguf:
    """What a file says about itself."""

    texts: tuple[tuple[str, str, int], ...]
    """Key, value and offset of every text that is no list."""
    tensors: tuple[GgufTensor, ...]
    twice: tuple[str, ...]
    """Keys and tensors that stand twice."""


def read_gguf(data: memoryview) -> Gguf:
    """Return metadata and tensors of a file.

    Raises:
        BrokenFileError: it cannot be read.
    """
    cursor = Cursor(data, 4)
    if cursor.unsigned(4) >= 1 << 16:
        cursor.order = "big"
    cursor.at = 4
    version = cursor.unsigned(4)
    if version not in {1, 2, 3}:
        raise BrokenFileError(4)
    wide = 4 if version == 1 else 8
    tensors, entries = cursor.unsigned(wide), cursor.unsigned(wide)
    if tensors > MAX_MEMBERS or entries > MAX_MEMBERS:
        raise BrokenFileError(8)
    texts, names, alignment = [], [], _ALIGNMENT
    left = [MAX_FIELDS]
    for _ in range(entries):
        name, at = _text(cursor, wide), cursor.at
        names.append(name)
        kind = cursor.unsigned(4)
        if kind == _STRING:
            texts.append((name, _text(cursor, wide), at))
        elif name == "general.alignment" and kind == 4:  # noqa: PLR2004  # uint32
            alignment = cursor.unsigned(4)
        else:
            _skip(cursor, kind, wide, left, _NESTING)
    if not 0 < alignment <= 1 << 20 or alignment % 8:
        raise BrokenFileError(cursor.at)
    found = [_tensor(cursor, wide) for _ in range(tensors)]
    base = -(-cursor.at // alignment) * alignment
    placed = [GgufTensor(t.name, t.shape, t.kind, base + t.start, t.size) for t in found]
    counts = Counter([*names, *(tensor.name for tensor in placed)])
    return Gguf(tuple(texts), tuple(placed), tuple(name for name, count in counts.items() if count > 1))


def _text(cursor: Cursor, wide: int) -> str:
    size = cursor.unsigned(wide)
    if size > MAX_JSON:
        raise BrokenFileError(cursor.at)
    return bytes(cursor.take(size)).decode("utf-8", "replace")


def _skip(cursor: Cursor, kind: int, wide: int, left: list[int], nesting: int) -> None:
    if kind in _SIZES:
        cursor.skip(_SIZES[kind])
    elif kind == _STRING:
        cursor.skip(cursor.unsigned(wide))
    elif kind == _ARRAY and nesting:
        inner, count = cursor.unsigned(4), cursor.unsigned(wide)
        if inner in _SIZES:
            cursor.skip(_SIZES[inner] * count)
            return
        left[0] -= count
        if left[0] < 0:
            raise BrokenFileError(cursor.at)
        for _ in range(count):
            _skip(cursor, inner, wide, left, nesting - 1)
    else:
        raise BrokenFileError(cursor.at)


def _tensor(cursor: Cursor, wide: int) -> GgufTensor:
    name = _text(cursor, wide)[:MAX_NAME]
    rank = cursor.unsigned(4)
    if rank > _DIMENSIONS:
        raise BrokenFileError(cursor.at)
    shape = [cursor.unsigned(wide) for _ in range(rank)]
    kind, start = cursor.unsigned(4), cursor.unsigned(8)
    elements = 1
    for length in shape:
        elements = min(elements * length, 1 << 62)
    block, size = BLOCKS.get(kind, (0, 0))
    fits = block > 0 and elements < 1 << 56 and (shape[0] if shape else 1) % block == 0
    return GgufTensor(name, tuple(reversed(shape)), kind, start, elements // block * size if fits else -1)


def _scan(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what is wrong with metadata, templates and the places of tensors; tensors are never read."""
    model = read_gguf(data)
    for name in model.twice:
        yield suspicious("model.twice", 0, format="gguf", name=name)
    for name, value, offset in model.texts:
        yield from template_notes(value, offset) if "template" in name else code_in_strings((value,), offset)
    end = 0
    for tensor in sorted(model.tensors, key=lambda t: (t.start, t.size)):
        if tensor.kind not in BLOCKS:
            yield uncovered("model.type", tensor.start, format="gguf", name=tensor.name)
        elif tensor.size < 0 or tensor.start < end or tensor.start + tensor.size > len(data):
            yield suspicious("model.tensor", min(tensor.start, len(data)), format="gguf", name=tensor.name)
        end = max(end, tensor.start + max(0, tensor.size))
    room = len(data) - end
    if model.tensors and room >= 1 << 12:
        yield suspicious("model.trailing", end, format="gguf", size=room)


scan_gguf = bounded("gguf", _scan)
