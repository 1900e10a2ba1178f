"""Tensors of the Open Inference Protocol to arrays and back: as JSON, or as bytes behind it.

Source: Open Inference Protocol, REST API and binary tensor data extension; FP16 travels as bytes only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, UnsupportedInputError, msg
from aigov_checks.model.served.words import shown

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

KINDS: Mapping[str, str] = {
    "FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8",
    "UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "BOOL": "|b1",
}  # fmt: skip
"""Data type of the protocol to numpy's, in the byte order of the wire."""
TEXT = "BYTES"
_MOST_EACH = 100_000
"""Numbers that a model may answer a sample."""
_HIGHEST_LABEL = 1_000_000
_MOST_AXES = 8
_WHOLE = re.compile(r"-?[0-9]{1,12}", re.ASCII)


class BadAnswerError(ValueError):
    """An answer that is not what was asked for."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem.id)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Described:
    """A tensor as the metadata of a model describe it; -1 for a free axis."""

    name: str
    datatype: str
    shape: tuple[int, ...]


def described(value: Any) -> Described:  # any JSON value
    """Return the description of a tensor.

    Raises:
        BadAnswerError: it is none.
    """
    if not isinstance(value, Mapping):
        raise BadAnswerError(msg("served.bad.tensor"))
    name, datatype, shape = value.get("name"), value.get("datatype"), value.get("shape")
    if not isinstance(name, str) or not isinstance(datatype, str) or not isinstance(shape, Sequence):
        raise BadAnswerError(msg("served.bad.tensor"))
    return Described(name, datatype.upper(), _axes(shape, -1))


def _axes(shape: Sequence[Any], least: int) -> tuple[int, ...]:  # any JSON values
    """Return whole numbers; gateways to gRPC write them as text."""
    shape = [int(axis) if isinstance(axis, str) and _WHOLE.fullmatch(axis) else axis for axis in shape]
    whole = [int(axis) for axis in shape if isinstance(axis, int | float) and math.isfinite(axis) and axis == int(axis)]
    if len(whole) != len(shape) or len(whole) > _MOST_AXES or any(not least <= axis <= 1 << 40 for axis in whole):
        raise BadAnswerError(msg("served.bad.tensor"))
    return tuple(whole)


def as_json(x: Array) -> list[Any]:
    """Return numbers for a JSON document, flat; float32 values are exact in it.

    Raises:
        UnsupportedInputError: NaN and infinity have no place in JSON.
    """
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise UnsupportedInputError(msg("served.not-finite"))
    flat: list[Any] = x.reshape(-1).tolist()  # numbers
    return flat


def array_of(value: Any, raw: memoryview | None, rows: int) -> Array:  # any JSON value
    """Return an output, of shape (rows, ...): numbers, or texts as numpy text.

    `raw` are the bytes of the tensor, None where they are in the JSON.

    Raises:
        BadAnswerError: another number of rows, numbers that do not fill the shape, an unknown type.
    """
    found = described(value)
    if found.datatype != TEXT and found.datatype not in KINDS:
        raise BadAnswerError(msg("served.bad.datatype", datatype=shown(found.datatype)))
    shape = _axes(found.shape, 0)
    size = math.prod(shape)
    if not shape or shape[0] != rows:
        raise BadAnswerError(msg("served.bad.rows", rows=shape[0] if shape else 0, samples=rows))
    if size > rows * _MOST_EACH:
        raise BadAnswerError(msg("served.bad.size", values=size))
    flat = _of_json(value.get("data"), found.datatype) if raw is None else _of_bytes(raw, found.datatype)
    if flat.size != size:
        raise BadAnswerError(msg("served.bad.values", values=flat.size, shape="x".join(map(str, shape))))
    if flat.dtype.kind in "iu" and flat.size and max(-int(flat.min()), int(flat.max())) > _HIGHEST_LABEL:
        raise BadAnswerError(msg("served.bad.label"))
    return flat.reshape(shape)


def _of_bytes(raw: memoryview, datatype: str) -> Array:
    if datatype == TEXT or len(raw) % np.dtype(KINDS[datatype]).itemsize:
        raise BadAnswerError(msg("served.bad.datatype", datatype=datatype))
    return np.frombuffer(raw, KINDS[datatype])


def _of_json(data: Any, datatype: str) -> Array:  # any JSON value
    """Return the numbers of a list, flat or nested; null is read as NaN."""
    if not isinstance(data, list):
        raise BadAnswerError(msg("served.bad.data"))
    try:
        found = np.asarray(data, dtype=object if datatype == TEXT else None)
        if datatype == TEXT:
            return _texts(found)
        if found.dtype.kind == "O":  # null for a number that is none, or an integer of any length
            found = np.asarray(data, dtype=np.float64)
        if found.dtype.kind not in "iufb" or (datatype == "BOOL") != (found.dtype.kind == "b"):
            raise BadAnswerError(msg("served.bad.data"))
        flat = found.reshape(-1)
        if KINDS[datatype][1] in "iu" and (found.dtype.kind == "f" or not _fits(flat, datatype)):
            raise BadAnswerError(msg("served.bad.data"))
        with np.errstate(over="ignore"):
            return flat.astype(KINDS[datatype])
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, BadAnswerError):
            raise
        raise BadAnswerError(msg("served.bad.data")) from error


def _fits(flat: Array, datatype: str) -> bool:
    ends = np.iinfo(KINDS[datatype])
    return not flat.size or (int(flat.min()) >= ends.min and int(flat.max()) <= ends.max)


def _texts(found: Array) -> Array:
    texts = found.reshape(-1).tolist()
    if not all(isinstance(text, str) for text in texts):
        raise BadAnswerError(msg("served.bad.data"))
    return np.array([text[:200] for text in texts], dtype=np.str_)
