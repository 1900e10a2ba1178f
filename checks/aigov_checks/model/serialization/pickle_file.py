"""A file of pickles: one or several in a row, with the arrays of joblib in between or the storages of torch after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization import dtypes
from aigov_checks.model.serialization.joblib_arrays import read_array
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered
from aigov_checks.model.serialization.pickle_data import TORCH_MAGIC
from aigov_checks.model.serialization.pickle_machine import PickleMachine
from aigov_checks.model.serialization.pickle_reader import Malformed, PickleReader
from aigov_checks.model.serialization.pickle_values import Global, Listed, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_TORCH_PICKLES = 5
"""Magic number, protocol version, system, the object, the keys of its storages; the storages follow."""
_ITEM_BYTES = {
    "BFloat16": 2, "Bool": 1, "Byte": 1, "Char": 1, "ComplexDouble": 16, "ComplexFloat": 8, "Double": 8, "Float": 4,
    "Half": 2, "Int": 4, "Long": 8, "QInt32": 4, "QInt8": 1, "QUInt2x4": 1, "QUInt4x2": 1, "QUInt8": 1, "Short": 2,
}  # fmt: skip


def scan_pickle(data: memoryview, context: Context) -> Iterator[Note]:
    """Yield what every pickle of the file would do, and what is wrong with what lies between and after them."""
    reader = PickleReader(data)
    legacy = bytes(data[: len(TORCH_MAGIC)]) == TORCH_MAGIC
    finished: list[PickleMachine] = []
    while reader.position < len(data) and not (legacy and len(finished) == _TORCH_PICKLES):
        machine = _machine(reader, context)
        start, seen = reader.position, False
        try:
            for note in machine.run():
                seen = True
                yield note
        except Malformed as error:
            trailing = finished and not seen and machine.opcodes <= 1
            yield suspicious("pickle.trailing", start) if trailing else broken(error)
            return
        finished.append(machine)
    if legacy:
        yield from _storages(reader, finished)


def broken(error: Malformed) -> Note:
    """Return the note for a pickle that cannot be read to its end."""
    if error.kind == "limit":
        return uncovered("limit.opcodes", error.offset)
    return suspicious("pickle.unparsable", error.offset, kind=error.kind)


def _machine(reader: PickleReader, context: Context) -> PickleMachine:
    machine = PickleMachine(reader, context)
    machine.arrays = lambda made: read_array(machine, made, lambda: _machine(reader, context))
    return machine


def _storages(reader: PickleReader, finished: list[PickleMachine]) -> Iterator[Note]:
    """Check that exactly the storages that the object refers to follow; each is a count and its elements."""
    if len(finished) < _TORCH_PICKLES:
        yield suspicious("pickle.unparsable", reader.position, kind="truncated")
        return
    keys = finished[-1].result
    sizes = dict(filter(None, map(_storage, finished[3].persistent)))
    names = keys.values if isinstance(keys, Listed) else []
    total = sum(8 + sizes[key] for key in names if isinstance(key, str) and key in sizes)
    if len(reader.data) - reader.position != total:
        yield suspicious("torch.storage-size", reader.position, expected=total)


def _storage(value: Value) -> tuple[str, int] | None:
    """Return key and bytes of `("storage", type, key, location, elements, ...)`."""
    if len(value) < 5 or not isinstance(value[1], Global) or not isinstance(value[2], str):  # noqa: PLR2004  # the tuple above
        return None
    kind = value[1].name.rpartition(".")[2].removesuffix("Storage")
    elements = dtypes.count((value[4],))
    return None if elements is None or kind not in _ITEM_BYTES else (value[2], elements * _ITEM_BYTES[kind])
