"""Protobuf models of other makers: Core ML, PaddlePaddle and MindSpore, and the raw tensors that go with them.

Source: Model.proto, NeuralNetwork.proto and MIL.proto of coremltools; framework.proto of Paddle; checkpoint.proto and
mind_ir.proto of MindSpore.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor, bounded
from aigov_checks.model.serialization.known import known
from aigov_checks.model.serialization.messages import NUMBER, TEXT, Schema, top_fields, walk
from aigov_checks.model.serialization.notes import Context, Note, Parser, suspicious, unsafe
from aigov_checks.model.serialization.protobuf import BYTES, VARINT
from aigov_checks.model.serialization.text_rules import code_in_strings, leaves
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_COREML: Schema = {
    "Model": {1: NUMBER, 2: "Description", 200: "Pipeline", 201: "Pipeline", 202: "Pipeline", 300: "Network",
              303: "Network", 403: "Network", 500: "Network", 502: "Program", 555: "CustomModel", 556: "Linked"},
    "Description": {100: "Metadata"},
    "Metadata": {1: TEXT, 3: TEXT, 4: TEXT, 100: "Pair"},
    "Pair": {1: TEXT, 2: TEXT},
    "Pipeline": {1: "Model"},
    "Network": {1: "Layer"},
    "Layer": {1: TEXT, 500: "Custom"},
    "Custom": {10: TEXT},
    "CustomModel": {10: TEXT},
    "Linked": {1: "LinkedFile"},
    "LinkedFile": {1: "Default", 2: "Default"},
    "Default": {1: TEXT, 2: TEXT},
    "Program": {2: "FunctionEntry"},
    "FunctionEntry": {2: "Function"},
    "Function": {2: TEXT, 3: "BlockEntry"},
    "BlockEntry": {2: "Block"},
    "Block": {3: "Operation"},
    "Operation": {1: TEXT, 4: "Block", 5: "AttributeEntry"},
    "AttributeEntry": {1: TEXT, 2: "Value"},
    "Value": {5: "Blob"},
    "Blob": {1: TEXT},
}  # fmt: skip
_PADDLE: Schema = {
    "Program": {1: "Block"},
    "Block": {1: NUMBER, 2: NUMBER, 4: "Op"},
    "Op": {3: TEXT, 4: "Attribute"},
    "Attribute": {1: TEXT, 5: TEXT, 8: TEXT},
}
_PADDLE_RUNS = words("py_func py_layer pylayer run_program")
_PADDLE_FILES = words("load load_combine save save_combine read_file")
_MINDSPORE: Schema = {
    "Model": {1: TEXT, 2: TEXT, 7: "Graph", 8: "Graph"},
    "Graph": {1: "Node", 2: TEXT, 3: "Tensor"},
    "Node": {4: TEXT, 5: "Attribute"},
    "Attribute": {1: TEXT, 4: TEXT, 6: "Tensor", 7: "Graph", 14: "Tensor"},
    "Tensor": {7: TEXT, 12: "External"},
    "External": {1: TEXT},
    "Checkpoint": {1: "Value"},
    "Value": {1: TEXT, 2: "Stored"},
    "Stored": {1: NUMBER, 2: TEXT},
}
_MINDSPORE_RUNS = words("PyFunc PyExecute PyInterpret Custom CustomPy PythonOp")
_KINDS = (200, 3100)
"""First and last field of a Core ML model that says its kind."""
_PADDLE_TENSOR = re.compile(rb"\0{16}[\x04-\x7f]\0{3}\x08", re.DOTALL)
_BLOB = bytes.fromhex("efbeadde")


def is_coreml(data: memoryview) -> bool:
    """Whether the fields are a small version, a description and one kind of model."""
    found = top_fields(data)
    numbers = {entry[0] for entry in found}
    kinds = numbers - {1, 2, 10}
    return found[:1] != [] and found[0][:2] == (1, VARINT) and {1, 2} <= numbers and _are_kinds(kinds)


def _are_kinds(numbers: set[int]) -> bool:
    return bool(numbers) and min(numbers) >= _KINDS[0] and max(numbers) <= _KINDS[1]


def is_weight_blob(data: memoryview) -> bool:
    """Whether the file is the weights of an ML program: a count, version 2, and the mark of the first entry."""
    return bytes(data[4:8]) == b"\2\0\0\0" and bytes(data[64:68]) == _BLOB


def is_paddle(data: memoryview) -> bool:
    """Whether the first field is a block with its number and its parent's, and variables or operators."""
    found = top_fields(data, 1)
    if not found or found[0][:2] != (1, BYTES):
        return False
    inner = top_fields(data[found[0][2] : found[0][3]], 3)
    return [entry[:2] for entry in inner] in ([(1, VARINT), (2, VARINT), (n, BYTES)] for n in (3, 4))


def is_paddle_weights(data: memoryview) -> bool:
    """Whether the file begins like a tensor of Paddle: version 0, no levels, version 0, a short description."""
    return _PADDLE_TENSOR.match(bytes(data[:21])) is not None


def is_mindspore_checkpoint(data: memoryview) -> bool:
    """Whether the first field is a name with a tensor whose type is a word such as `Float32`."""
    found = top_fields(data, 1)
    if not found or found[0][:2] != (1, BYTES):
        return False
    value = data[found[0][2] : found[0][3]]
    inner = top_fields(value, 2)
    if [entry[:2] for entry in inner] != [(1, BYTES), (2, BYTES)]:
        return False
    types = [entry for entry in top_fields(value[inner[1][2] : inner[1][3]], 16) if entry[0] == 2]  # noqa: PLR2004  # tensor_type
    stored = value[inner[1][2] : inner[1][3]]
    return bool(types) and re.fullmatch(rb"[A-Z][A-Za-z]+\d*", bytes(stored[types[0][2] : types[0][3]])) is not None


def is_mindir(data: memoryview) -> bool:
    """Whether the file says that MindSpore made it."""
    found = top_fields(data, 2)
    return [entry[:2] for entry in found] == [(1, BYTES), (2, BYTES)] and (
        bytes(data[found[1][2] : found[1][3]]) == b"MindSpore"
    )


def _coreml(data: memoryview, _context: Context) -> Iterator[Note]:
    for message in walk(data, "Model", _COREML):
        match message.kind:
            case "Custom" | "CustomModel":
                yield suspicious("model.custom", message.start, format="coreml", name=message.text(10))
            case "Linked" | "Default":
                yield unsafe("model.outside", message.start, format="coreml", location=message.text(1))
            case "Operation" if message.text(1).startswith("custom"):
                yield suspicious("model.custom", message.start, format="coreml", name=message.text(1))
            case "Blob":
                name = message.text(1)
                if not name.startswith("@model_path/") or leaves(name.removeprefix("@model_path/")):
                    yield unsafe("model.outside", message.start, format="coreml", location=name)
            case "Metadata" | "Pair":
                yield from code_in_strings((t for texts in message.texts.values() for t in texts), message.start)
            case _:
                pass


def _blobs(data: memoryview, _context: Context) -> Iterator[Note]:
    cursor = Cursor(data)
    count = cursor.unsigned(4)
    at = 64
    for _ in range(min(count, 1 << 16)):
        entry = Cursor(data, at)
        if bytes(entry.take(4)) != _BLOB:
            raise BrokenFileError(at)
        entry.skip(4)
        size, start = entry.unsigned(8), entry.unsigned(8)
        Cursor(data, start).take(size)
        at = -(-(start + size) // 64) * 64
    if len(data) > at + 64:
        yield suspicious("model.trailing", at, format="coreml-weights", size=len(data) - at)


def _paddle(data: memoryview, _context: Context) -> Iterator[Note]:
    for message in walk(data, "Program", _PADDLE):
        name = message.text(3)
        if message.kind != "Op":
            continue
        if name in _PADDLE_RUNS:
            yield unsafe("model.code", message.start, format="paddle", name=name)
        elif name in _PADDLE_FILES:
            yield unsafe("model.reaches-out", message.start, format="paddle", name=name)
        elif name not in known("paddle") and name not in {"feed", "fetch"}:
            yield suspicious("model.custom", message.start, format="paddle", name=name)


def _paddle_weights(data: memoryview, _context: Context) -> Iterator[Note]:
    cursor = Cursor(data)
    sizes = {0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2, 23: 8, 24: 16}
    while cursor.at < len(data):
        start = cursor.at
        cursor.skip(4)
        for _ in range(min(cursor.unsigned(8), 16)):
            cursor.skip(cursor.unsigned(8))
        if cursor.unsigned(4) != 0:
            raise BrokenFileError(start)
        description = cursor.take(cursor.unsigned(4))
        numbers: dict[int, list[int]] = {1: [], 2: []}
        for message in walk(description, "Tensor", {"Tensor": {1: NUMBER, 2: NUMBER}}):
            numbers |= message.numbers
        elements = 1
        for length in numbers[2]:
            elements = min(elements * length, 1 << 62)
        if not numbers[1] or numbers[1][0] not in sizes:
            yield suspicious("model.tensor", start, format="paddle", name="tensor")
            return
        cursor.skip(elements * sizes[numbers[1][0]])


def _mindspore(root: str) -> Parser:
    def scan(data: memoryview, _context: Context) -> Iterator[Note]:
        if root == "Model" and all(entry[0] not in {7, 8} for entry in top_fields(data, 1 << 16)):
            yield suspicious("model.unparsable", len(data), format="mindspore")
        for message in walk(data, root, _MINDSPORE):
            if message.kind == "Node":
                name = message.text(4).rpartition("::")[2]
                if name in _MINDSPORE_RUNS:
                    yield unsafe("model.code", message.start, format="mindspore", name=name)
            elif message.kind == "External" and leaves(message.text(1)):
                yield unsafe("model.outside", message.start, format="mindspore", location=message.text(1))
            elif message.kind == "Attribute":
                yield from code_in_strings(message.texts.get(4, ()), message.start)

    return scan


scan_coreml = bounded("coreml", _coreml)
scan_weight_blob = bounded("coreml-weights", _blobs)
scan_paddle = bounded("paddle", _paddle)
scan_paddle_weights = bounded("paddle-weights", _paddle_weights)
scan_mindir = bounded("mindspore", _mindspore("Model"))
scan_mindspore_checkpoint = bounded("mindspore", _mindspore("Checkpoint"))
