"""Which model format the first bytes or the shape of a file belong to, and its parser; names never matter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import (
    boosting,
    gguf,
    hdf5,
    npy,
    onnx,
    safetensors,
    seven_zip,
    tar,
    tensorflow,
    tflite,
    ubjson,
    vendors,
    xml_models,
)

if TYPE_CHECKING:
    from aigov_checks.model.serialization.notes import Parser

Test = Callable[[memoryview, bytes], bool]
"""Whether a file, of which the first 512 bytes are given too, is of a format."""

_MAGIC: tuple[tuple[str, Test, Parser], ...] = (
    ("npy", lambda _data, head: head.startswith(npy.MAGIC), npy.scan_npy),
    ("7z", lambda _data, head: head.startswith(seven_zip.MAGIC), seven_zip.scan_seven_zip),
    ("gguf", lambda _data, head: head.startswith(gguf.MAGIC), gguf.scan_gguf),
    ("hdf5", lambda data, head: not _is_julia(head) and hdf5.find_hdf5(data) is not None, hdf5.scan_hdf5),
    ("tflite", lambda data, _head: tflite.is_tflite(data), tflite.scan_tflite),
    ("catboost", lambda _data, head: head.startswith(b"CBM1"), boosting.scan_catboost),
    ("ubjson", lambda _data, head: ubjson.is_ubjson(head), ubjson.scan_ubjson),
    ("lightgbm", lambda _data, head: boosting.is_lightgbm(head), boosting.scan_lightgbm),
    ("xgboost", lambda data, _head: boosting.is_legacy_xgboost(data), boosting.scan_xgboost),
    ("tensorflow-index", lambda data, _head: tensorflow.is_index(data), tensorflow.scan_index),
    ("coreml-weights", lambda data, _head: vendors.is_weight_blob(data), vendors.scan_weight_blob),
)
_SHAPES: tuple[tuple[str, Test, Parser], ...] = (
    ("safetensors", lambda data, _head: safetensors.is_safetensors(data), safetensors.scan_safetensors),
    ("tar", lambda data, _head: tar.is_tar(data), tar.scan_tar),
    ("tensorflow", lambda data, _head: tensorflow.is_saved_model(data), tensorflow.scan_saved_model),
    ("coreml", lambda data, _head: vendors.is_coreml(data), vendors.scan_coreml),
    ("onnx", lambda data, _head: onnx.is_onnx(data), onnx.scan_onnx),
    ("mindspore", lambda data, _head: vendors.is_mindir(data), vendors.scan_mindir),
    ("mindspore", lambda data, _head: vendors.is_mindspore_checkpoint(data), vendors.scan_mindspore_checkpoint),
    ("paddle", lambda data, _head: vendors.is_paddle(data), vendors.scan_paddle),
    ("paddle-weights", lambda data, _head: vendors.is_paddle_weights(data), vendors.scan_paddle_weights),
    ("tensorflow", lambda data, _head: tensorflow.is_graph(data), tensorflow.scan_graph),
    ("keras-metadata", lambda data, _head: tensorflow.is_keras_metadata(data), tensorflow.scan_keras_metadata),
    ("tensorflow-fingerprint", lambda data, _head: tensorflow.is_fingerprint(data), tensorflow.scan_fingerprint),
)
_NO_PROTOBUF = 2
"""Shapes at the start of the list that are no protobuf messages."""
_UNREAD = (
    ("ggml", 0, b"lmgg"),
    ("ggml", 0, b"tjgg"),
    ("rar", 0, b"Rar!\x1a\x07"),
    ("r", 0, b"RDX"),
    ("r", 0, b"RDA"),
    ("r", 0, b"X\n\x00\x00\x00"),
    ("r", 0, b"B\n\x02\x00\x00\x00"),
    ("r", 0, b"A\n2\n"),
    ("r", 0, b"A\n3\n"),
    ("julia", 0, b"7JL"),
    ("julia", 0, b"HDF5-based Julia Data Format"),
    ("mat", 0, b"MATLAB"),
    ("elf", 0, b"\x7fELF"),
    ("parquet", 0, b"PAR1"),
    ("arrow", 0, b"ARROW1"),
    ("joblib-0.9", 0, b"ZF0x"),
    ("pdf", 0, b"%PDF-"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("sqlite", 0, b"SQLite format 3\0"),
    ("executable", 0, b"MZ\x90\x00"),
)
"""Formats that are known by their first bytes and not read: name, offset, bytes."""
_BSON_TYPES = frozenset((*range(1, 20), 0x7F, 0xFF))


def by_magic(data: memoryview, head: bytes) -> tuple[str, Parser] | None:
    """Return format and parser of a file that says at its start or end what it is."""
    return next(((name, parse) for name, test, parse in _MAGIC if test(data, head)), None)


def by_shape(data: memoryview, head: bytes) -> tuple[str, Parser] | None:
    """Return format and parser of a file that is known only by how it is built."""
    shapes = _SHAPES[:_NO_PROTOBUF] if head[0] == 0x80 else _SHAPES  # noqa: PLR2004  # how pickles begin, and no message
    return next(((name, parse) for name, test, parse in shapes if test(data, head)), None)


def by_xml(head: bytes) -> tuple[str, Parser] | None:
    """Return the kind of an XML file and its parser."""
    return (xml_models.kind_of_xml(head), xml_models.scan_xml) if xml_models.is_xml(head) else None


def unread(data: memoryview, head: bytes) -> str | None:
    """Return the name of a format that is known and not read."""
    for name, offset, magic in _UNREAD:
        if head[offset : offset + len(magic)] == magic:
            return name
    return "bson" if _is_bson(data, head) else None


def _is_julia(head: bytes) -> bool:
    return head.startswith(b"HDF5-based Julia Data Format")


def _is_bson(data: memoryview, head: bytes) -> bool:
    """Whether the bytes are one BSON document, in which Julia keeps models."""
    if len(head) < 8 or int.from_bytes(head[:4], "little") != len(data) or data[-1] != 0:  # noqa: PLR2004  # the shortest
        return False
    return head[4] in _BSON_TYPES and re.match(rb"[ -~]{1,128}\0", head[5:]) is not None
