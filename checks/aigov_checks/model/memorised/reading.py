"""A model file, whatever its format, as pieces; files inside files are read as themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aigov_checks.model.memorised.arrays import Array, has_text, pieces_of, shape_of
from aigov_checks.model.memorised.documents import encoding_of, read_json, read_safetensors, read_text
from aigov_checks.model.memorised.gguf import read_gguf
from aigov_checks.model.memorised.loose import is_sentencepiece, read_sentencepiece
from aigov_checks.model.memorised.onnx import read_onnx
from aigov_checks.model.memorised.pickles import read_pickle
from aigov_checks.model.memorised.pieces import Blob, Ears, Gap, Text
from aigov_checks.model.memorised.ubjson import read_ubjson
from aigov_checks.model.serialization import arrow_streams
from aigov_checks.model.serialization import inflate as streams
from aigov_checks.model.serialization.archives import kind_of_zip, member_content
from aigov_checks.model.serialization.formats import format_of
from aigov_checks.model.serialization.notes import Context, Scanned
from aigov_checks.model.serialization.npy import read_header
from aigov_checks.model.serialization.tar import scan_tar
from aigov_checks.model.serialization.zip_reader import ENCRYPTED, Member, read_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aigov_checks.model.memorised.pieces import Piece

_RAW = re.compile(r"/(data|\.data|constants|tensors)/\d+$")
"""Members of a torch file that are numbers and nothing else."""


def read_file(blob: Blob, hear: Callable[[Piece], None]) -> str:
    """Hand over everything in a file, then the file itself, and return its format."""
    format_ = _format(blob)
    _read_as(format_, blob, Ears(hear, read))
    hear(blob)
    return format_


def read(blob: Blob, ears: Ears) -> None:
    """Hand over everything in a file; its own bytes are looked at by whoever has them."""
    if blob.context.depth <= 0:
        ears.hear(Gap("depth", blob.pointer, blob.at(0)))
        return
    _read_as(_format(blob), blob, ears)


def _format(blob: Blob) -> str:
    name = format_of(blob.data)
    if name == "unknown" and is_sentencepiece(blob.data):
        return "sentencepiece"
    return name


def _read_as(format_: str, blob: Blob, ears: Ears) -> None:
    if format_ in _PIECES:
        for piece in _PIECES[format_](blob):
            ears.hear(piece)
    elif format_ in _STREAMS:
        _read_unpacked(streams.inflate(blob.data, _STREAMS[format_], blob.context), format_, blob, ears)
    elif format_ in arrow_streams.MAGIC:
        _read_with_arrow(format_, blob, ears)
    elif format_ in _FILES:
        _FILES[format_](blob, ears)
    elif format_ != "empty":
        _read_other(format_, blob, ears)


def _read_other(format_: str, blob: Blob, ears: Ears) -> None:
    """Read a format that is text, or text that is too long or in another encoding than a loader of models takes."""
    encoding = encoding_of(blob.data)
    if encoding == "utf-8" or (encoding and format_ == "unknown"):
        _read_as("text", blob, ears)
    else:
        ears.hear(Gap("format", blob.pointer, blob.at(0)))


def _read_with_arrow(codec: str, blob: Blob, ears: Ears) -> None:
    """Read a zstd or lz4 file, if what decompresses it is installed."""
    result = arrow_streams.inflate_with_arrow(blob.data, codec, blob.context)
    if result is None:
        ears.hear(Gap("extra", blob.pointer, blob.at(0)))
    else:
        _read_unpacked(result, codec, blob, ears)


def _read_unpacked(result: streams.Inflated, name: str, blob: Blob, ears: Ears) -> None:
    """Read what came out of a stream, as far as it came, and look for rows in it."""
    if result.problem:
        kind = result.problem if result.problem in {"size", "ratio"} else "broken"
        ears.hear(Gap(kind, blob.inside(name), blob.at(0)))
    inner = blob.unpacked(result.data, name)
    read(inner, ears)
    ears.hear(inner)


def _read_zip(blob: Blob, ears: Ears) -> None:
    directory = read_directory(blob.data)
    kinds = {found.type for found in directory.notes}
    overlaps = "zip.overlap" in kinds
    if overlaps or kinds & {"zip.unparsable", "limit.members"}:
        ears.hear(Gap("broken", blob.pointer, blob.at(0)))
    torch = kind_of_zip(directory).startswith("torch")
    for member in directory.members:
        ears.hear(Text(member.name.encode("utf-8", "replace"), blob.inside("names"), None))
        if not overlaps:
            _read_member(member, blob, ears, raw=torch and _RAW.search(member.name) is not None)


def _read_member(member: Member, blob: Blob, ears: Ears, *, raw: bool) -> None:
    """Read a member of an archive; `raw` ones are numbers and nothing else."""
    name, stored = member.name, member.method == 0
    packed = None if member.start < 0 or member.flags & ENCRYPTED else member_content(blob.data, member, blob.context)
    if packed is None:
        ears.hear(Gap("format", blob.inside(name), blob.at(min(member.header, len(blob.data)))))
    elif stored and not raw:
        read(blob.part(member.start, member.end, name), ears)
    elif stored:
        blob.name(member.start, member.end, name)
    elif raw:
        ears.hear(blob.unpacked(packed.data, name))
    else:
        _read_unpacked(packed, name, blob, ears)


def _read_npy(blob: Blob, ears: Ears) -> None:
    header, start = read_header(blob.data)
    if set(header) != {"descr", "fortran_order", "shape"}:
        ears.hear(Gap("broken", blob.pointer, blob.at(0)))
        return
    descr, shape = header["descr"], shape_of(header["shape"])
    if isinstance(descr, str) and descr.endswith("O"):
        read_pickle(blob.part(start, len(blob.data), ""), ears)
    elif shape is None or has_text(descr):
        ears.hear(Gap("array", blob.pointer, blob.at(start)))
    elif isinstance(descr, str):
        fortran = header["fortran_order"] is True
        array = Array(blob.data[start:], descr, shape, blob.pointer, blob.at(start), fortran)
        for piece in pieces_of(array, blob):
            ears.hear(piece)


def _read_tar(blob: Blob, ears: Ears) -> None:
    """Let the reader of tar files find the members, and read each."""

    def look(data: memoryview, context: Context) -> Scanned:
        inner = Blob(data, blob.inside("tar"), None, context, blob.widths)
        read(inner, ears)
        return Scanned("", ())

    context = Context(blob.context.allow, blob.context.budget, look, blob.context.depth)
    for found in scan_tar(blob.data, context):
        if found.type.startswith(("tar.unparsable", "limit.")):
            ears.hear(Gap("broken", blob.pointer, blob.at(found.offset)))


_PIECES: dict[str, Callable[[Blob], Iterator[Piece]]] = {
    "json": read_json,
    "safetensors": read_safetensors,
    "onnx": read_onnx,
    "gguf": read_gguf,
    "ubjson": read_ubjson,
    "sentencepiece": read_sentencepiece,
    "text": read_text,
}
_FILES: dict[str, Callable[[Blob, Ears], None]] = {
    "npy": _read_npy,
    "tar": _read_tar,
    **dict.fromkeys(("pickle", "torch-legacy"), read_pickle),
    **dict.fromkeys(("zip", "npz", "skops", "torch", "torchscript", "torch-export", "keras"), _read_zip),
}
_STREAMS = {
    "gzip": streams.gzip_stream,
    "zlib": streams.zlib_stream,
    "bzip2": streams.bz2_stream,
    "xz": streams.lzma_stream,
    "lzma": streams.lzma_stream,
}
