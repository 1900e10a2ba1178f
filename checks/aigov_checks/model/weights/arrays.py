"""Tensors of the formats that are headers and raw arrays: safetensors, npy, npz, GGUF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import dtypes
from aigov_checks.model.serialization.archives import content_of
from aigov_checks.model.serialization.cursor import BrokenFileError
from aigov_checks.model.serialization.gguf import read_gguf
from aigov_checks.model.serialization.limits import MAX_SAFETENSORS_HEADER
from aigov_checks.model.serialization.npy import read_header
from aigov_checks.model.serialization.safetensors import range_of
from aigov_checks.model.serialization.zip_reader import read_directory
from aigov_checks.model.weights.tensors import Tensor, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SAFETENSORS = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
    "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
}  # fmt: skip
_GGML = {0: "float32", 1: "float16", 24: "int8", 25: "int16", 26: "int32", 27: "int64", 28: "float64", 30: "bfloat16"}
_NUMPY = {"b1": "bool", "?": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}


def safetensors_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the tensors of a safetensors file."""
    length = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(bytes(data[8 : 8 + length])) if length <= MAX_SAFETENSORS_HEADER else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise BrokenFileError(8)
    header.pop("__metadata__", None)
    for name, entry in header.items():
        found = range_of(entry)
        if found is None or 8 + length + found[1] > len(data):
            yield Unread("weights.tensor", name)
            continue
        start, end = (8 + length + place for place in found)
        dtype = _SAFETENSORS.get(entry["dtype"], str(entry["dtype"]).lower())
        yield Tensor(name, dtype, tuple(entry["shape"]), data[start:end], start)


def gguf_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the tensors of a GGUF file; quantised ones keep their blocks."""
    for tensor in read_gguf(data).tensors:
        if tensor.size < 0 or tensor.start + tensor.size > len(data):
            yield Unread("weights.tensor", tensor.name)
            continue
        raw = data[tensor.start : tensor.start + tensor.size]
        yield Tensor(tensor.name, _GGML.get(tensor.kind, f"ggml.{tensor.kind}"), tensor.shape, raw, tensor.start)


def npy_tensors(data: memoryview, path: Path) -> Iterator[Tensor | Unread]:
    """Yield the one array of an npy file."""
    yield _array(path.stem, data, 0)


def npz_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the arrays of an npz file."""
    for member in read_directory(data).members:
        name = member.name.removesuffix(".npy")
        content = content_of(data, member) if member.start >= 0 else None
        yield Unread("weights.tensor", name) if content is None else _array(name, content, -1)


def _array(name: str, data: memoryview, base: int) -> Tensor | Unread:
    header, start = read_header(data)
    descr, shape = header.get("descr"), header.get("shape")
    element = dtypes.of_header(descr)
    elements = dtypes.count(shape) if isinstance(shape, tuple) else None
    if element is None or elements is None or not isinstance(shape, tuple) or not isinstance(descr, str):
        return Unread("weights.tensor", name)
    raw = data[start : start + elements * element.size]
    dtype = _numpy_name(descr, element.size)
    if element.objects or dtype is None or len(raw) != elements * element.size:
        return Unread("weights.tensor", name)
    if header.get("fortran_order") or descr.startswith(">"):
        raw = _in_order(raw, descr, shape, fortran=header.get("fortran_order") is True)
        base = -1
    return Tensor(name, dtype, shape, raw, base + start if base >= 0 else -1)


def _numpy_name(descr: str, size: int) -> str | None:
    kind = descr.lstrip("<>|=")
    if kind in {"b1", "?"}:
        return "bool"
    word = _NUMPY.get(kind[:1])
    return None if word is None else f"{word}{8 * size}"


def _in_order(raw: memoryview, descr: str, shape: tuple[int, ...], *, fortran: bool) -> memoryview:
    from aigov import need

    numpy = need("numpy", "robustness")
    array = numpy.frombuffer(raw, descr).reshape(shape, order="F" if fortran else "C")
    return memoryview(numpy.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).reshape(-1).view("u1").data)
