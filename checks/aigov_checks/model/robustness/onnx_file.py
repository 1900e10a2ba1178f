"""What an ONNX file says about itself, read without running it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from aigov import UnsupportedInputError, msg, need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.model import File

MAX_BYTES = 2 * 1024**3
"""A protobuf message cannot be larger."""
SHAPE_ONLY = ("Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten")
"""Operators after which the values are the same, in the same order."""
_LABEL_ATTRIBUTES = ("classlabels_int64s", "classlabels_ints", "classlabels_strings")


def checked_model(file: File) -> Any:  # onnx is untyped
    """Return the parsed model, its external weights not loaded.

    Raises:
        UnsupportedInputError: larger than 2 GiB, broken, or with weights outside the folder of the model.
        MissingExtraError: onnx is not installed.
    """
    onnx = need("onnx", "robustness")
    protobuf = need("google.protobuf.message", "robustness")
    if file.path.stat().st_size > MAX_BYTES:
        raise UnsupportedInputError(msg("robustness.model-too-large", file=file.name))
    try:
        model = onnx.load_model(str(file.path), load_external_data=False)
    except (protobuf.DecodeError, OSError) as error:
        word = type(error).__name__
        raise UnsupportedInputError(msg("robustness.onnx-broken", file=file.name, error=word)) from error
    if not model.graph.node or not model.graph.input:
        raise UnsupportedInputError(msg("robustness.onnx-broken", file=file.name, error="no graph"))
    for part in _parts(model):
        _refuse_outside(onnx, part, file)
    return model


def _parts(message: Any) -> Iterator[Any]:  # protobuf is untyped
    """Yield a message and all messages in it: subgraphs, functions, attributes, tensors wherever they stand."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        for field, value in part.ListFields():
            if field.message_type is not None:
                waiting.extend(value if isinstance(value, Iterable) else (value,))


def _refuse_outside(onnx: Any, part: Any, file: File) -> None:  # onnx is untyped
    """Refuse weights outside the model's folder, at any depth of the model.

    Raises:
        UnsupportedInputError: there is such a part.
    """
    if isinstance(part, onnx.TensorProto):
        for entry in part.external_data:
            if entry.key == "location" and not _beside(file.path, entry.value):
                raise UnsupportedInputError(msg("robustness.external-weights", file=file.name))


def class_labels(model: Any) -> tuple[object, ...]:  # onnx is untyped
    """Return the labels that a classifier or ZipMap node declares, in the order of the scores."""
    for node in reversed(model.graph.node):
        for attribute in node.attribute:
            if attribute.name in _LABEL_ATTRIBUTES:
                texts = tuple(text.decode("utf-8", "replace") for text in attribute.strings)
                found = tuple(attribute.ints) or texts
                if found:
                    return found
    return ()


def ends_with(model: Any, output: str, type_: str) -> bool:  # onnx is untyped
    """Return whether the node that makes `output` is of a type, changes of shape apart."""
    for node in reversed(model.graph.node):
        if output in node.output:
            if node.op_type not in SHAPE_ONLY:
                return bool(node.op_type == type_)
            output = node.input[0]
    return False


def _beside(path: Path, location: str) -> bool:
    parts = PurePosixPath(location.replace("\\", "/"))
    target = (path.parent / parts).resolve()
    return not parts.is_absolute() and ".." not in parts.parts and target.is_relative_to(path.parent.resolve())
