"""TensorFlow Lite: a FlatBuffer of operators; custom ones need code from outside, flex ones are TensorFlow's own.

Source: tensorflow/lite/schema/schema.fbs, version 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import bounded
from aigov_checks.model.serialization.flatbuffers import Table, root
from aigov_checks.model.serialization.notes import Context, Note, suspicious
from aigov_checks.model.serialization.tensorflow import operator_notes
from aigov_checks.model.serialization.text_rules import code_in_strings
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_CUSTOM, _LAST_BUILTIN = 32, 255
_RUNTIME = words(
    """TFLite_Detection_PostProcess MaxPoolingWithArgmax2D MaxUnpooling2D Convolution2DTransposeBias AudioSpectrogram
    Mfcc""",
)
"""Custom operators that the runtime itself brings."""


def is_tflite(data: memoryview) -> bool:
    """Whether the file identifier of TensorFlow Lite stands where it must."""
    return bytes(data[4:8]) == b"TFL3"


def _scan(data: memoryview, _context: Context) -> Iterator[Note]:
    model = root(data)
    codes = model.tables(1)
    buffers = model.tables(4)
    for code in codes:
        yield from _operator(code)
    for buffer in buffers:
        yield from _buffer(buffer, data)
    for graph in model.tables(2):
        for tensor in graph.tables(0):
            if not 0 <= tensor.number(2, 4) < max(1, len(buffers)):
                yield suspicious("model.tensor", tensor.at, format="tflite", name=tensor.text(3))
        for operator in graph.tables(3):
            if not 0 <= operator.number(0, 4) < len(codes):
                yield suspicious("model.tensor", operator.at, format="tflite", name="operator")
    yield from code_in_strings((model.text(3),), 0)


def _operator(code: Table) -> Iterator[Note]:
    custom = code.text(1)
    builtin = max(code.number(0, 1), code.number(3, 4))
    if custom.startswith("Flex"):
        yield from operator_notes("tflite", custom[4:], code.at)
    elif builtin == _CUSTOM and custom not in _RUNTIME:
        yield suspicious("model.custom", code.at, format="tflite", name=custom)
    elif not 0 <= builtin <= _LAST_BUILTIN:
        yield suspicious("model.operator", code.at, format="tflite", name=str(builtin))


def _buffer(buffer: Table, data: memoryview) -> Iterator[Note]:
    """Check a buffer inside, or one that stands after the FlatBuffer by offset and size."""
    buffer.bytes_at(0)
    offset, size = buffer.number(1, 8), buffer.number(2, 8)
    if offset > 1 and not (offset >= 0 and size >= 0 and offset + size <= len(data)):
        yield suspicious("model.tensor", buffer.at, format="tflite", name="buffer")


scan_tflite = bounded("tflite", _scan)
