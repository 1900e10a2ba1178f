"""Hostile model files: each must end in an answer, within bounds, and never be called clean. The museum only grows."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from memorised_models import gguf, packed, samples

if TYPE_CHECKING:
    from collections.abc import Iterator


def museum() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file."""
    yield from _texts()
    yield from _gguf()
    yield from _ubjson()
    yield from _onnx()
    yield from _arrays()
    yield from _archives()
    yield from _pickles()


def _texts() -> Iterator[tuple[str, bytes]]:
    yield "json-deep.json", b'{"a":' * 100_000
    yield "json-cut.json", b'{"vocab": {"a": 1, "b'
    yield "safetensors-long", (1 << 60).to_bytes(8, "little") + b"{}"
    yield "safetensors-cut", (400).to_bytes(8, "little") + b'{"a": {'
    yield "binary", bytes(range(256)) * 40


def _gguf() -> Iterator[tuple[str, bytes]]:
    yield "gguf-empty", b"GGUF"
    yield "gguf-many-pairs", b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 62) + b"\0" * 64
    yield "gguf-long-text", gguf([("a", 8, (1 << 63).to_bytes(8, "little"))])
    yield "gguf-long-array", gguf([("a", 9, (8).to_bytes(4, "little") + (1 << 62).to_bytes(8, "little"))])
    nested = b"".join((9).to_bytes(4, "little") + (1).to_bytes(8, "little") for _ in range(500))
    yield "gguf-nested", gguf([("a", 9, nested)])
    yield "gguf-type", gguf([("a", 77, b"")])
    yield "gguf-version", gguf([("a", 4, b"\0\0\0\0")], version=99)


def _ubjson() -> Iterator[tuple[str, bytes]]:
    head = b"{L\0\0\0\0\0\0\0\1a"
    yield "ubjson-cut", head
    yield "ubjson-long-text", head + b"SL\x7f\xff\xff\xff\xff\xff\xff\xff"
    yield "ubjson-negative", head + b"SL\xff\xff\xff\xff\xff\xff\xff\xff}"
    yield "ubjson-long-array", head + b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff"
    yield "ubjson-nothings", head + b"[$T#L\x7f\xff\xff\xff\xff\xff\xff\xff"
    yield "ubjson-nested", head + b"[" * 5_000
    yield "ubjson-lists-of-nothing", head + b"[$[#L\x7f\xff\xff\xff\xff\xff\xff\xff" + b"]" * 50
    yield "ubjson-trailing", head + b"Z}" + b"rest"


def _onnx() -> Iterator[tuple[str, bytes]]:
    def field(number: int, data: bytes) -> bytes:
        size, length = b"", len(data)
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                return bytes([number << 3 | 2]) + size + data

    graph = b""
    for _ in range(200):
        graph = field(1, field(5, field(6, graph)))
    tail = field(8, b"\x10\x11")
    yield "onnx-nested", b"\x08\x08" + field(7, graph) + tail
    tensor = b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40" + b"\x10\x01" + field(9, b"\0" * 64)
    yield "onnx-wrong-shape", b"\x08\x08" + field(7, field(5, tensor)) + tail
    yield "onnx-cut", b"\x08\x08" + field(7, field(5, tensor))[:-7]
    outside = field(13, field(1, b"location") + field(2, b"../../etc/passwd"))
    yield "onnx-outside", b"\x08\x08" + field(7, field(5, outside)) + tail


def _arrays() -> Iterator[tuple[str, bytes]]:
    def npy(header: str, data: bytes) -> bytes:
        raw = header.encode()
        return b"\x93NUMPY\x01\0" + len(raw).to_bytes(2, "little") + raw + data

    yield "npy-huge", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9)}", bytes(64))
    yield "npy-records", npy("{'descr': [('a', '<U9')], 'fortran_order': False, 'shape': (1,)}", bytes(36))
    yield "npy-code", npy("{'descr': '<f8', 'fortran_order': False, 'shape': __import__('os')}", bytes(64))
    yield "npy-objects-cut", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"\x80\x04\x95")
    yield "npy-negative", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(64))


def _archives() -> Iterator[tuple[str, bytes]]:
    yield "bomb.gz", gzip.compress(bytes(200 << 20), 9, mtime=0)
    yield "bomb.zip", _zip({"a.npy": bytes(200 << 20)}, zipfile.ZIP_DEFLATED)
    yield "cut.gz", gzip.compress(b"12345678" * 9999, mtime=0)[:-20]
    yield "cut.z", zlib.compress((-samples()).tobytes())[:-50]
    yield from _arrow_streams()
    nested = b"x"
    for _ in range(12):
        nested = _zip({"x.zip": nested}, zipfile.ZIP_STORED)
    yield "nested.zip", nested
    whole = _zip({"a.json": b"{}" * 40, "b.json": b"{}"}, zipfile.ZIP_STORED)
    yield "cut.zip", whole[:-9]
    yield "encrypted.zip", whole.replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0")
    yield "lost.zip", whole.replace(b"PK\x03\x04", b"PK\x03\x05", 1)


def _arrow_streams() -> Iterator[tuple[str, bytes]]:
    for codec in ("zstd", "lz4"):
        whole = packed(codec, (-samples()).tobytes())
        yield f"bomb.{codec}", packed(codec, bytes(200 << 20))
        yield f"cut.{codec}", whole[:-30]
        yield f"head.{codec}", whole[:4]
        yield f"trailing.{codec}", whole + b"rest"
        yield f"changed.{codec}", whole[:60] + bytes(40) + whole[100:]
        nested = b"x"
        for _ in range(12):
            nested = packed(codec, nested)
        yield f"nested.{codec}", nested


def _zip(members: dict[str, bytes], method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return stream.getvalue()


def _pickles() -> Iterator[tuple[str, bytes]]:
    yield "pickle-cut.pkl", b"\x80\x04\x95\xff\0\0\0\0\0\0\0}\x94\x8c\x05abc"
    yield "pickle-memo.pkl", b"\x80\x04h\x07."
    yield "pickle-long.pkl", b"\x80\x04\x8d" + (1 << 62).to_bytes(8, "little") + b"x"
    yield "pickle-trailing.pkl", b"\x80\x04N." + b"\xff" * 100
    wrapper = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\5\0\0\0shape(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft"
    rest = b"X\5\0\0\0orderX\1\0\0\0CX\5\0\0\0dtypecnumpy\ndtype\n(X\2\0\0\0f8I00\nI01\ntRX\x08\0\0\0subclassNub."
    yield "joblib-huge.joblib", b"\x80\x03" + wrapper + rest
    state = b"(I1\n(I5\ntcnumpy\ndtype\n(X\2\0\0\0f8I00\nI01\ntRI00\nC\x03abctb."
    yield "array-short.pkl", b"\x80\x03cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR" + state


def words_of(rows: int) -> bytes:
    """Return a file that is nothing but the numbers of the first row, over and over and in no order of a row."""
    return b"\x89HDF\r\n\x1a\n" + samples()[0, ::-1].tobytes() * rows
