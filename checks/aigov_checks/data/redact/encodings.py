"""Text in other encodings, gzip and zstd as plain UTF-8 and back, only where the way back gives the same bytes."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import shutil
from typing import TYPE_CHECKING

from aigov import need
from aigov_checks.data import packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CHUNK = 1 << 20
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class NotReversibleError(ValueError):
    """The text cannot be decoded, or is not the same when it is encoded again."""


def to_utf8(source: Path, target: Path, encoding: str) -> tuple[bytes, str]:
    """Write a text as UTF-8, and return its byte order mark and the encoding of the rest.

    Raises:
        NotReversibleError: see the class.
    """
    mark, name = _mark(source, encoding)
    decoder = codecs.getincrementaldecoder(name)("strict")
    seen, again = hashlib.sha256(), hashlib.sha256()
    try:
        with target.open("wb") as out:
            for chunk in _chunks(source, len(mark)):
                seen.update(chunk)
                text = decoder.decode(chunk)
                again.update(text.encode(name))
                out.write(text.encode())
            decoder.decode(b"", True)  # noqa: FBT003  # the signature of codecs
    except UnicodeError as error:
        raise NotReversibleError from error
    if seen.digest() != again.digest():
        raise NotReversibleError
    return mark, name


def from_utf8(source: Path, target: Path, mark: bytes, name: str) -> None:
    """Write UTF-8 in an encoding, after its mark.

    Raises:
        NotReversibleError: a character is not in the encoding.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        with target.open("wb") as out:
            out.write(mark)
            for chunk in _chunks(source, 0):
                out.write(decoder.decode(chunk).encode(name))
    except UnicodeError as error:
        raise NotReversibleError from error


def unpack(source: Path, target: Path) -> None:
    """Write what is inside a gzip or zstd.

    Raises:
        PackedError: it is damaged, or a bomb.
    """
    with target.open("wb") as out:
        for chunk in packed.chunks(source):
            out.write(chunk)


def packer(format_: str) -> Callable[[Path, Path], None]:
    """Return what packs a file again that was of that format, such as `csv.gz`."""
    return _zstd if format_.endswith(".zst") else _gzip


def _gzip(source: Path, target: Path) -> None:
    """Write a gzip, the same bytes for the same content."""
    with (
        source.open("rb") as stream,
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as out,
    ):
        shutil.copyfileobj(stream, out, _CHUNK)


def _zstd(source: Path, target: Path) -> None:
    """Write one frame of zstd, the same bytes for the same content and version of pyarrow."""
    arrow = need("pyarrow", "pii")
    with (
        source.open("rb") as stream,
        arrow.OSFile(str(target), "wb") as raw,
        arrow.CompressedOutputStream(raw, "zstd") as out,
    ):
        while data := stream.read(_CHUNK):
            out.write(data)


def _mark(source: Path, encoding: str) -> tuple[bytes, str]:
    if encoding != "utf-16":
        return b"", encoding
    with source.open("rb") as stream:
        mark = stream.read(2)
    if mark not in _MARKS:
        raise NotReversibleError
    return mark, _MARKS[mark]


def _chunks(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(start)
        while data := stream.read(_CHUNK):
            yield data
