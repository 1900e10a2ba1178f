"""JSON, lines of text and the header of safetensors: keys and values, and the numbers that JSON holds."""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING, Any

from aigov_checks.data.scan_columns import LARGEST_CODE
from aigov_checks.model.memorised.limits import MAX_STRING, MAX_VALUES
from aigov_checks.model.memorised.pieces import Blob, Gap, Text, whole_words
from aigov_checks.model.serialization.limits import MAX_JSON, MAX_SAFETENSORS_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Piece

_PREFIX = 8
_SHOWN = 200
"""Characters of a pointer."""
_NUMBERS = re.compile(rb"((?:leaf|internal|split|decision|left|right|cat|threshold)\w{0,20}=)?[-+.0-9eE ,;\t]+")
"""A line of numbers; with the name of a parameter of LightGBM, or without."""
_FEWEST = 5
"""Numbers beside each other that are a list; three can be a telephone number."""
_CODE = re.compile(rb"(?<![^ =,;\t])[0-9]{9,}(?![^ ,;\t])")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_Place = tuple[object, str, str]
"""A value, its pointer, and the name above it."""


class _Pairs(list[tuple[str, object]]):
    """A JSON object with every key, those that stand twice too."""


def read_json(blob: Blob) -> Iterator[Piece]:
    """Yield keys, strings and long whole numbers of a document, and all its numbers in a row."""
    if len(blob.data) > MAX_JSON:
        yield Gap("size", blob.pointer, blob.at(0))
        yield from read_text(blob)
        return
    try:
        document = json.loads(bytes(blob.data), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        yield Gap("broken", blob.pointer, blob.at(0))
        yield from read_text(blob)
        return
    numbers: array[float] = array("d")
    yield from _walk(document, blob, numbers)
    yield from in_both_widths(numbers, blob)


def read_safetensors(blob: Blob) -> Iterator[Piece]:
    """Yield names and metadata, and remember which tensor stands where."""
    length = int.from_bytes(blob.data[:_PREFIX], "little")
    start = _PREFIX + length
    try:
        if length > min(MAX_SAFETENSORS_HEADER, len(blob.data) - _PREFIX):
            raise ValueError  # noqa: TRY301  # one place says that it is broken
        header = json.loads(bytes(blob.data[_PREFIX:start]), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        yield Gap("broken", blob.pointer, blob.at(0))
        return
    for name, tensor in header if isinstance(header, _Pairs) else ():
        entry = dict(tensor) if isinstance(tensor, _Pairs) else {}
        if name == "__metadata__":
            yield from _walk(tensor, blob, array("d"))
            continue
        yield Text(name.encode("utf-8", "replace"), blob.inside("__header__"), None)
        offsets = entry.get("data_offsets")
        if isinstance(offsets, list) and len(offsets) == 2 and all(type(n) is int for n in offsets):  # noqa: PLR2004  # start, end
            blob.name(start + offsets[0], start + offsets[1], name)


def read_text(blob: Blob) -> Iterator[Piece]:
    """Yield the lines of a text; without one that is too long whole."""
    encoding = encoding_of(blob.data)
    if not encoding:
        yield Gap("encoding", blob.pointer, blob.at(0))
        return
    position, line = 0, 1
    while position < len(blob.data):
        piece = bytes(blob.data[position : position + MAX_STRING])
        newline = piece.find(b"\n")
        last = position + len(piece) == len(blob.data)
        end = newline + 1 if newline >= 0 else len(piece) if last else whole_words(piece)
        content = piece[:end].rstrip(b"\r\n")
        pointer = blob.inside(f"line@{line}")
        if encoding != "utf-8":
            yield Text(content.decode(encoding, "replace").encode(), pointer, None)
        elif _is_list(content):
            for number in _CODE.finditer(content):
                yield Text(number[0], pointer, blob.at(position + number.start()))
        elif content:
            yield Text(content, pointer, blob.at(position))
        position += end
        line += newline >= 0


def _is_list(line: bytes) -> bool:
    found = _NUMBERS.fullmatch(line)
    return found is not None and (found[1] is not None or len(re.split(rb"[ ,;\t]+", line)) >= _FEWEST)


def in_both_widths(numbers: array[float], blob: Blob) -> Iterator[Blob]:
    """Yield numbers that were written as text, as 64 and as 32 bits: shortest digits round to either."""
    if numbers:
        yield Blob(memoryview(numbers).cast("B"), blob.inside("numbers"), None, blob.context)
        small = array("f", (value if abs(value) < 3e38 else 0.0 for value in numbers))  # noqa: PLR2004  # the largest of 32 bits
        yield Blob(memoryview(small).cast("B"), blob.inside("numbers"), None, blob.context)


def _walk(document: object, blob: Blob, numbers: array[float]) -> Iterator[Piece]:
    """Yield keys and values in order; of each object and list only the place in it is kept."""
    open_: list[Iterator[_Place]] = [iter(((document, "", ""),))]
    while open_:
        place = next(open_[-1], None)
        if place is None:
            open_.pop()
            continue
        value, pointer, column = place
        if isinstance(value, list):
            open_.append(_children(value, pointer, column))
        elif value is not None and not isinstance(value, bool):
            text = value if isinstance(value, str) else _counted(value, numbers)
            if text:
                yield Text(text.encode("utf-8", "replace"), blob.inside(pointer), None, column)


def _children(value: list[Any], pointer: str, column: str) -> Iterator[_Place]:  # values of any JSON type
    if isinstance(value, _Pairs):
        for key, item in value:
            yield key, pointer, ""
            yield item, f"{pointer}/{key}"[:_SHOWN], key
    else:
        for index, item in enumerate(value):
            yield item, f"{pointer}/{index}"[:_SHOWN], column


def _counted(value: object, numbers: array[float]) -> str:
    """Keep a number, and return it as text if it is long enough to be a code."""
    if not isinstance(value, int | float):
        return ""
    small = abs(value) < 1 << 64
    if len(numbers) < MAX_VALUES:
        numbers.append(float(value) if small else 0.0)
    return str(int(value)) if small and abs(value) >= LARGEST_CODE and value == value // 1 else ""


def encoding_of(data: memoryview) -> str:
    """Return the encoding of a text; empty where it is none."""
    sample = bytes(data[: 1 << 16])
    if _CONTROL.search(sample):
        return ""
    for encoding in ("utf-8", "gb18030"):
        try:
            sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4 or len(sample) == len(data):
                continue
        return encoding
    return ""
