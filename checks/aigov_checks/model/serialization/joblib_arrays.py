"""Arrays that joblib writes into the middle of a pickle, raw, after the object that describes them.

joblib.load steps over them; pickle.load would run them. So they are stepped over here, and looked at as opcodes too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import dtypes
from aigov_checks.model.serialization.names import Trust
from aigov_checks.model.serialization.notes import Note, suspicious, unsafe
from aigov_checks.model.serialization.pickle_probe import probe
from aigov_checks.model.serialization.pickle_values import Global, Keyed, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aigov_checks.model.serialization.pickle_machine import PickleMachine

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_FIELDS = ("subclass", "shape", "order", "dtype")
_ALIGNMENT = "numpy_array_alignment_bytes"
_SWEEP = 1 << 16
"""Bytes of an array that are looked at as opcodes."""


@dataclass(frozen=True, slots=True)
class _Array:
    elements: int
    element: dtypes.Element
    aligned: bool


def read_array(machine: PickleMachine, made: Made, inner: Callable[[], PickleMachine]) -> Iterator[Note]:
    """Step over the array that follows the state of a `NumpyArrayWrapper`; other objects have none.

    `inner` makes a machine on the same reader, for arrays of objects, which are pickles themselves.
    """
    if made.name != WRAPPER:
        return
    array = _described(made)
    if array is None:
        yield unsafe("joblib.array", machine.at)
        return
    machine.stack[-1] = Made(Global("numpy.ndarray", Trust.CALLABLE), ())
    if array.element.objects:
        yield from inner().run()
        return
    reader = machine.reader
    start = reader.position
    yield from _as_opcodes(machine, start)
    if array.aligned:
        reader.take(reader.unsigned(1))
    reader.take(array.elements * array.element.size)


def _described(made: Made) -> _Array | None:
    state = made.state
    if not isinstance(state, Keyed) or any(field not in state.values for field in _FIELDS):
        return None
    element = dtypes.of_pickled(state.values["dtype"])
    elements = dtypes.count(state.values["shape"])
    if element is None or elements is None:
        return None
    return _Array(elements, element, state.values.get(_ALIGNMENT) is not None)


def _as_opcodes(machine: PickleMachine, start: int) -> Iterator[Note]:
    """Yield a note if pickle.load, which knows of no arrays, would call something here."""
    seen = probe(machine.reader.data[start : start + _SWEEP], machine.context)
    if seen.runs:
        yield suspicious("joblib.array-runs", start)
