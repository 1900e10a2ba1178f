"""Protocol buffers without a schema: every field that is text, and the vocabulary of SentencePiece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.memorised.pickles import is_text
from aigov_checks.model.memorised.pieces import Gap, Text
from aigov_checks.model.serialization.limits import MAX_FIELDS
from aigov_checks.model.serialization.protobuf import BYTES, BrokenWireError, fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Blob, Piece

_DEPTH = 6
_PIECES = frozenset(range(1, 6))
"""Fields of SentencePiece's ModelProto: pieces, trainer, normalizer, tests, denormalizer."""


def is_sentencepiece(data: memoryview) -> bool:
    """Whether the bytes are messages of the fields of a SentencePiece model, the first with a text in it."""
    try:
        for count, entry in enumerate(fields(data, 0, len(data))):
            if entry.number not in _PIECES or entry.wire != BYTES:
                return False
            if count == 0:
                first = next(fields(data, entry.start, entry.end), None)
                if entry.number != 1 or first is None or first.number != 1 or first.wire != BYTES:
                    return False
            if count > MAX_FIELDS:
                return False
    except BrokenWireError:
        return False
    return len(data) > 0


def read_sentencepiece(blob: Blob) -> Iterator[Piece]:
    """Yield tokens, and the options and paths of the training."""
    yield from loose_texts(blob, 0, len(blob.data), "vocabulary")


def loose_texts(blob: Blob, start: int, end: int, pointer: str) -> Iterator[Piece]:
    """Yield every field of a message that is text, at any depth; bytes that are no message say nothing."""
    pending = [(start, end, 0)]
    left = MAX_FIELDS
    while pending:
        begin, stop, depth = pending.pop()
        try:
            for entry in fields(blob.data, begin, stop):
                left -= 1
                if left <= 0:
                    yield Gap("limit", blob.inside(pointer), blob.at(begin))
                    return
                if entry.wire != BYTES or entry.start == entry.end:
                    continue
                value = blob.data[entry.start : entry.end]
                if is_text(value):
                    yield Text(bytes(value), blob.inside(pointer), blob.at(entry.start))
                elif depth < _DEPTH:
                    pending.append((entry.start, entry.end, depth + 1))
        except BrokenWireError:
            continue
