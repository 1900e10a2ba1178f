"""The encoding of a text: UTF-8, UTF-16 with or without a mark, or GB18030."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = 1 << 18
"""Bytes that decide."""
_PART = 1 << 20
_ZERO_SHARE = 20
"""One byte in so many that is NUL makes a text UTF-16 or binary."""
_OF_LATIN = 0.9
"""Share of the NUL bytes of UTF-16 that are high bytes of Latin letters; a few Chinese characters end in NUL."""


def encoding_of(path: Path) -> str:
    """Return `utf-8`, `utf-16`, `utf-16-le`, `utf-16-be` or `gb18030`, or `binary` where a text is mostly NUL bytes.

    Without a byte order mark the first quarter megabyte around the first byte beyond ASCII decides.
    """
    if path.stat().st_size == 0:
        return "utf-8"
    with path.open("rb") as stream:
        beginning = stream.read(SAMPLE)
        found = _by_zeros(beginning)
        first = -1 if found or beginning[:3] == BOM_UTF8 else _first_beyond_ascii(stream)
        if first < 0:
            return found or "utf-8"
        begins = max(0, first - SAMPLE)
        stream.seek(begins)
        sample = stream.read(first - begins + SAMPLE)
    return "gb18030" if _is_gb18030(sample[sample.rfind(b"\n", 0, first - begins) + 1 :]) else "utf-8"


def _first_beyond_ascii(stream: BinaryIO) -> int:
    """Return where the first byte beyond ASCII is, or -1; read in parts, because a mapped file would fill memory."""
    position = stream.seek(0)
    while part := stream.read(_PART):
        if not part.isascii():
            found = re.search(rb"[\x80-\xff]", part)
            return position + (found.start() if found else 0)
        position += len(part)
    return -1


def encoding_of_sample(sample: bytes) -> str:
    """Return what `encoding_of` would, from the beginning of a text alone; NUL bytes in it are looked through."""
    found = _by_zeros(sample)
    if found.startswith("utf-16"):
        return found
    return "gb18030" if _is_gb18030(sample) else "utf-8"


def reads_as_text(sample: bytes) -> bool:
    """Say whether the beginning of a file is text in an encoding that is read."""
    zeros = _by_zeros(sample)
    if zeros or b"\0" in sample:
        return zeros.startswith("utf-16")
    return _decodes(sample, "utf-8") or _is_gb18030(sample)


def _by_zeros(sample: bytes) -> str:
    """Return the encoding that a mark or NUL bytes show, `binary` where they are many and no UTF-16, or nothing."""
    if sample[:2] in {BOM_UTF16_LE, BOM_UTF16_BE}:
        return "utf-16"
    zeros = sample.count(b"\0")
    if zeros * _ZERO_SHARE <= len(sample):
        return ""
    for encoding, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if high.count(b"\0") >= zeros * _OF_LATIN and _is_plain(sample[: len(sample) & ~1], encoding):
            return encoding
    return "binary"


def _is_plain(sample: bytes, encoding: str) -> bool:
    """Say whether the sample decodes to characters that can be read, with no control among them but white space."""
    if not _decodes(sample, encoding):
        return False
    text = sample.decode(encoding, "ignore")
    return not any(symbol < " " and symbol not in "\t\r\n\f" for symbol in set(text))


def _is_gb18030(sample: bytes) -> bool:
    """Whether most lines beyond ASCII are no UTF-8, yet all of them are GB18030."""
    beyond = [line for line in sample.split(b"\n")[:5000] if not line.isascii()]
    whole = beyond[:-1] or beyond
    foreign = sum(not _decodes(line, "utf-8") for line in whole)
    return foreign * 2 > len(whole) and all(_decodes(line, "gb18030") for line in whole)


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether the bytes are text in that encoding; a character cut at the end is forgiven."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(data) - 3
    return True
