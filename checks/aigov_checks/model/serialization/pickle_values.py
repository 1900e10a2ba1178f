"""What the symbolic machine keeps on its stack instead of objects: enough to know what would be called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aigov_checks.model.serialization.limits import MAX_ITEMS
from aigov_checks.model.serialization.names import Trust
from aigov_checks.model.serialization.words import words

Value = Any  # one of: None, bool, int, str, memoryview, tuple of values, or a class below


@dataclass(frozen=True, slots=True)
class Other:
    """A value that can be neither called nor used as a name: a float, a long number."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The object that MARK puts on the stack."""


@dataclass(frozen=True, slots=True)
class Global:
    """A class or function by its name."""

    name: str
    """`module.name`, after the renaming of Python 2."""
    trust: Trust


@dataclass(slots=True, eq=False)
class Made:
    """What a call returned, with the state that BUILD gave it."""

    maker: Value
    args: Value
    state: Value = None
    items: Keyed | None = None
    """Keys that were set on it, where it is a dictionary of a kind."""

    def put(self, values: list[Value]) -> None:
        """Set keys; `values` alternates keys and values."""
        if values and self.items is None:
            self.items = Keyed()
        for index in range(0, len(values) - 1, 2):
            if self.items is not None:
                self.items.put(values[index], values[index + 1])

    @property
    def name(self) -> str:
        """Name of the class or function that made it; empty where that is no global."""
        return self.maker.name if isinstance(self.maker, Global) else ""


@dataclass(slots=True, eq=False)
class Listed:
    """A list or set; the first values only."""

    values: list[Value] = field(default_factory=list)

    def add(self, values: list[Value]) -> None:
        """Append as many as fit."""
        self.values.extend(values[: MAX_ITEMS - len(self.values)])


@dataclass(slots=True, eq=False)
class Keyed:
    """A dictionary; the first text keys only, and every key that Python itself gives a meaning."""

    values: dict[str, Value] = field(default_factory=dict)
    special: str = ""
    """A key such as `__setstate__`, where there is one."""

    def put(self, key: Value, value: Value) -> None:
        """Set one key."""
        if not isinstance(key, str):
            return
        if key in SPECIAL:
            self.special = key
        if len(self.values) < MAX_ITEMS:
            self.values[key] = value


OTHER = Other()
MARK = Mark()

SPECIAL = words(
    """__setstate__ __getstate__ __reduce__ __reduce_ex__ __class__ __getattr__ __getattribute__ __setattr__ __del__
    __call__ __init__ __new__ __globals__ __builtins__ __code__ __import__ __getitem__ __setitem__ __hash__ __eq__
    __enter__ __exit__ __iter__ __next__ __len__ __bool__ __str__ __repr__ __bases__ __mro__ append extend add
    __get__ __set__ __array__ __array_finalize__ __subclasshook__ __init_subclass__ __setstate_cython__""",
)
"""Attributes by which an object changes what Python does with it; no honest state has them."""
