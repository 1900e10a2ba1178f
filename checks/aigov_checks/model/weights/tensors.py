"""A tensor as every format has it: name, type, shape, and raw little-endian bytes, copied only where they must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

ITEM = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16, "float8_e4m3fn": 1,
    "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
}  # fmt: skip
"""Type to bytes an element; packed and quantised types have none."""
_VIEWS = {
    "bool": "u1", "int8": "i1", "uint8": "u1", "int16": "<i2", "uint16": "<u2", "int32": "<i4", "uint32": "<u4",
    "int64": "<i8", "uint64": "<u8", "float16": "<f2", "float32": "<f4", "float64": "<f8", "complex64": "<f4",
    "complex128": "<f8",
}  # fmt: skip
FLOATS = frozenset(("float16", "bfloat16", "float32", "float64", "complex64", "complex128"))


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a model."""

    name: str
    dtype: str
    """As numpy calls it; `ggml.8` and the like for quantised blocks."""
    shape: tuple[int, ...]
    raw: memoryview
    """Little-endian, in C order."""
    offset: int = -1
    """Where the bytes stand in the file; -1 where they were put together."""

    @property
    def parameters(self) -> int:
        """Number of elements."""
        total = 1
        for length in self.shape:
            total *= length
        return total


@dataclass(frozen=True, slots=True)
class Unread:
    """Why some tensors of a file could not be had, as the id of a message."""

    reason: str
    name: str = ""


def values(tensor: Tensor, raw: memoryview, numpy: ModuleType) -> Any:  # a numpy array, or None
    """Return the numbers in a piece of a tensor; None for types whose numbers are packed or quantised."""
    if tensor.dtype == "bfloat16":
        return (numpy.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    view = _VIEWS.get(tensor.dtype)
    return None if view is None else numpy.frombuffer(raw, view)
