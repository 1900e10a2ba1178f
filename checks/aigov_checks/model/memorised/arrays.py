"""Arrays of NumPy as text, where they hold any, and in the order of their rows, where they do not stand so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import MissingExtraError, need
from aigov_checks.data.scan_columns import LARGEST_CODE
from aigov_checks.model.memorised.pieces import Blob, Gap, Text
from aigov_checks.model.serialization import dtypes
from aigov_checks.model.serialization.pickle_values import Keyed, Made, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Piece

_CODE = re.compile(r"([<>|=]?)([biufcSUVmM?])(\d{0,9})(?:\[\w+\])?")
_WIDE = 4
_LARGEST = 10.0**18
"""Whole numbers from it on are no longer exact as floating-point numbers and are longer than any identifier."""


@dataclass(frozen=True, slots=True)
class Array:
    """One array: its bytes, numpy's code of an element (empty for records), and how it is laid out."""

    data: memoryview
    code: str
    shape: tuple[int, ...]
    name: str
    start: int | None = None
    """Byte offset in the file."""
    fortran: bool = False
    """Whether it stands column after column."""


def pieces_of(array: Array, blob: Blob) -> Iterator[Piece]:
    """Yield the strings of an array and the long whole numbers in it, and its rows where they do not stand in order."""
    found = _CODE.fullmatch(array.code)
    if found is None:
        return
    order, kind, size = found[1], found[2], int(found[3] or 1)
    width = size * (_WIDE if kind == "U" else 1)
    if width * (dtypes.count(array.shape) or 0) != len(array.data):
        yield Gap("array", array.name, array.start)
        return
    if not len(array.data):
        return
    if kind in "SU":
        yield from _texts(array, kind, order, width)
    elif kind in "iufb":
        try:
            yield from _numbers(array, blob)
        except MissingExtraError:
            yield Gap("numpy", array.name, array.start)


def _texts(array: Array, kind: str, order: str, width: int) -> Iterator[Text]:
    encoding = {"S": "utf-8", "U": "utf-32-be" if order == ">" else "utf-32-le"}[kind]
    for index in range(0, len(array.data), width):
        raw = bytes(array.data[index : index + width])
        value = raw.rstrip(b"\0") if kind == "S" else raw.decode(encoding, "replace").rstrip("\0").encode()
        if value:
            start = None if kind == "U" or array.start is None else array.start + index
            yield Text(value, f"{array.name}[{index // width}]", start)


def _numbers(array: Array, blob: Blob) -> Iterator[Piece]:
    np = need("numpy", "robustness")
    values = np.frombuffer(array.data, dtype=array.code)
    shaped = values.reshape(array.shape, order="F" if array.fortran else "C") if array.shape else values.reshape(1)
    if shaped.ndim == 2 and _out_of_order(shaped.shape, blob.widths, fortran=array.fortran):  # noqa: PLR2004  # a matrix
        rows = shaped if array.fortran and shaped.shape[1] in blob.widths else shaped.T
        ordered = np.ascontiguousarray(rows)
        yield Blob(memoryview(ordered).cast("B"), array.name, None, blob.context)
    if values.dtype.itemsize == 8:  # noqa: PLR2004  # 64 bits; fewer hold no code of eleven digits
        yield from _codes(array, shaped.reshape(len(shaped), -1))


def _out_of_order(shape: tuple[int, ...], widths: frozenset[int], *, fortran: bool) -> bool:
    """Whether the values of a row that is looked for do not stand side by side."""
    return shape[0] in widths or (fortran and shape[1] in widths)


def _codes(array: Array, columns: object) -> Iterator[Text]:
    """Yield the long whole numbers of the columns that hold nothing else; weights are no whole numbers."""
    np = need("numpy", "robustness")
    for index, column in enumerate(np.asarray(columns).T):
        exact = column.astype(np.float64)
        if not len(exact) or not (np.isfinite(exact).all() and (exact == np.floor(exact)).all()):
            continue
        long = np.flatnonzero((np.abs(exact) >= LARGEST_CODE) & (np.abs(exact) < _LARGEST))
        for row in long:
            yield Text(str(int(column[row])).encode(), f"{array.name}[{row},{index}]", None)


def code_of_pickled(value: Value) -> str:
    """Return numpy's code of a pickled dtype; empty for records and for what is not understood."""
    if (
        not isinstance(value, Made)
        or value.name != "numpy.dtype"
        or not isinstance(value.args, tuple)
        or not value.args
    ):
        return ""
    code = value.args[0]
    if not isinstance(code, str) or not _CODE.fullmatch(code) or code.lstrip("<>|=").startswith("V"):
        return ""
    state = value.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 and state[1] in {"<", ">", "|"} else ""
    return code if code[:1] in "<>|=" else order + code


def has_text(value: object) -> bool:
    """Whether a dtype (of a header, or pickled) is a record with text in it, which is not read."""
    if isinstance(value, list):
        return any(isinstance(field, tuple) and len(field) > 1 and _texty(field[1]) for field in value)
    if isinstance(value, Made) and isinstance(value.state, tuple) and len(value.state) > 4:  # noqa: PLR2004  # fields
        fields = value.state[4]
        entries = fields.values.values() if isinstance(fields, Keyed) else ()
        return any(isinstance(entry, tuple) and entry and _texty(entry[0]) for entry in entries)
    return False


def _texty(value: object) -> bool:
    code = value if isinstance(value, str) else code_of_pickled(value)
    return code.lstrip("<>|=")[:1] in {"S", "U"} or has_text(value)


def shape_of(value: object) -> tuple[int, ...] | None:
    """Return a shape, or None where it is none."""
    if dtypes.count(value) is None or not isinstance(value, tuple | list):
        return None
    return tuple(value)
