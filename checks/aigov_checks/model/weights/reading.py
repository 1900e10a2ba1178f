"""Which reader takes a file, by its format, and the readers of the formats that are plain."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from aigov import MissingInputError, msg
from aigov_checks.model.serialization.cursor import BrokenFileError
from aigov_checks.model.serialization.formats import format_of
from aigov_checks.model.serialization.protobuf import BrokenWireError
from aigov_checks.model.serialization.ubjson import is_ubjson
from aigov_checks.model.weights.arrays import gguf_tensors, npy_tensors, npz_tensors, safetensors_tensors
from aigov_checks.model.weights.catboost_tensors import catboost_tensors
from aigov_checks.model.weights.onnx_tensors import onnx_tensors
from aigov_checks.model.weights.tensors import Tensor, Unread
from aigov_checks.model.weights.torch_tensors import torch_tensors
from aigov_checks.model.weights.tree_tensors import lightgbm_tensors, xgboost_json_tensors, xgboost_ubj_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NO_WEIGHTS = frozenset(("text", "json", "empty", "xml", "pdf", "png", "jpeg", "tensorflow-fingerprint"))
"""Formats of files beside models that have no weights to read."""
_READERS: dict[str, Callable[[memoryview, Path], Iterator[Tensor | Unread]]] = {
    "safetensors": safetensors_tensors,
    "npy": npy_tensors,
    "npz": npz_tensors,
    "gguf": gguf_tensors,
    "torch": torch_tensors,
    "torchscript": torch_tensors,
    "onnx": onnx_tensors,
    "lightgbm": lightgbm_tensors,
    "catboost": catboost_tensors,
    "ubjson": xgboost_ubj_tensors,
    "json": xgboost_json_tensors,
}


def open_data(path: Path) -> memoryview:
    """Return a file's bytes, mapped and never read whole.

    Raises:
        MissingInputError: it cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            if path.stat().st_size == 0:
                return memoryview(b"")
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))  # closed with its last view
    except OSError as error:
        raise MissingInputError(msg("serialization.unreadable", name=path.name)) from error


def tensors_of(path: Path) -> tuple[str, Iterator[Tensor | Unread]]:
    """Return the format of a file and its tensors, in the order of the file."""
    data = open_data(path)
    format_ = "ubjson" if is_ubjson(bytes(data[:512])) else format_of(data)
    reader = _READERS.get(format_)
    if reader is not None:
        return format_, _safely(reader(data, path))
    return format_, iter(() if format_ in NO_WEIGHTS else (Unread("weights.format"),))


def _safely(found: Iterator[Tensor | Unread]) -> Iterator[Tensor | Unread]:
    """Yield what a reader finds before the file breaks off, and that it does."""
    try:
        yield from found
    except (BrokenFileError, BrokenWireError):
        yield Unread("weights.broken")
