"""How many bytes an element of a numpy array takes, and whether its elements are pickled objects.

Only descriptions that numpy itself writes are understood; any other is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aigov_checks.model.serialization.pickle_values import Keyed, Made, Value


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an array."""

    size: int
    """Bytes in the file; meaningless for objects, which are pickled."""
    objects: bool


_PLAIN = re.compile(r"[<>|=]?(?:([biufcSUVmM])(\d{1,9})|([?]))(\[[0-9A-Za-z/]{1,20}\])?")
_OBJECT = frozenset(("O", "|O", "O8", "|O8", "O4", "|O4"))
_ITEM_REFCOUNT = 0x01
"""Flag of a dtype whose elements are Python objects (numpy/core/include/numpy/ndarraytypes.h)."""
_UNICODE = 4
_NESTING = 8
_STATE = 8


def of_code(code: str) -> Element | None:
    """Return the element of a type code such as `<f8` or `|V24`; None for what numpy would not write."""
    if code in _OBJECT:
        return Element(8, objects=True)
    found = _PLAIN.fullmatch(code)
    if found is None:
        return None
    if found[3]:
        return Element(1, objects=False)
    return Element(int(found[2]) * (_UNICODE if found[1] == "U" else 1), objects=False)


def of_header(descr: object, nesting: int = _NESTING) -> Element | None:
    """Return the element of an npy header: a code, or a list of (name, type[, shape])."""
    if isinstance(descr, str):
        return of_code(descr)
    if not isinstance(descr, list) or not descr or nesting == 0:
        return None
    size, objects = 0, False
    for field in descr:
        if not isinstance(field, tuple) or len(field) not in {2, 3}:
            return None
        element = of_header(field[1], nesting - 1)
        times = count(field[2]) if len(field) == 3 else 1  # noqa: PLR2004  # with a shape
        if element is None or times is None:
            return None
        size += element.size * times
        objects |= element.objects
    return Element(size, objects)


def of_pickled(value: Value, nesting: int = _NESTING) -> Element | None:
    """Return the element of a pickled `numpy.dtype`, or None where its state says more than is understood."""
    if not isinstance(value, Made) or value.name != "numpy.dtype" or nesting == 0:
        return None
    code = value.args[0] if isinstance(value.args, tuple) and value.args else None
    element = of_code(code) if isinstance(code, str) else None
    if element is None or value.state is None:
        return element
    return _with_state(element, value.state, nesting)


def _with_state(element: Element, state: Value, nesting: int) -> Element | None:
    """Check the state of a dtype: (version, order, subarray, names, fields, size, alignment, flags[, metadata])."""
    if not isinstance(state, tuple) or len(state) < _STATE or state[2] is not None:
        return None
    names, fields, size, flags = state[3], state[4], state[5], state[7]
    if not isinstance(flags, int) or not isinstance(size, int) or size not in {-1, element.size}:
        return None
    if names is None and fields is None:
        return Element(element.size, element.objects or bool(flags & _ITEM_REFCOUNT))
    if not isinstance(names, tuple) or not isinstance(fields, Keyed):
        return None
    objects = bool(flags & _ITEM_REFCOUNT)
    for name in names:
        entry = fields.values.get(name) if isinstance(name, str) else None
        inner = of_pickled(entry[0], nesting - 1) if isinstance(entry, tuple) and entry else None
        if inner is None:
            return None
        objects |= inner.objects
    return Element(element.size, objects)


def count(shape: object) -> int | None:
    """Return the number of elements of a shape, or None where it is none."""
    if not isinstance(shape, Sequence) or isinstance(shape, str) or len(shape) > 64:  # noqa: PLR2004  # numpy's limit is 64 dimensions
        return None
    total = 1
    for length in shape:
        if type(length) is not int or not 0 <= length < 1 << 62:
            return None
        total *= length
    return total
