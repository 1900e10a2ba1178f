"""What a pickle would do with a name: look it up, call it, set its state, change it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.names import Trust, effect_of, is_name, translated, trust_of
from aigov_checks.model.serialization.notes import Note, inside, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.pickle_values import Global, Keyed, Listed, Made, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.serialization.pickle_machine import PickleMachine

_TORCH_IN_BYTES = "torch.storage._load_from_bytes"
_CALLS_ITS_FIRST = frozenset(("torch._tensor._rebuild_from_type_v2",))
"""Allowed functions that call their first argument."""
_BARE = frozenset(("copyreg._reconstructor", "torch._utils._rebuild_wrapper_subclass", "numpy.ma.core._mareconstruct"))
"""Allowed functions that make a bare instance of the class in their first argument."""


def named(machine: PickleMachine, module: Value, name: Value) -> Iterator[Note]:
    """Push the global `module.name`, and yield what is wrong with it."""
    if not isinstance(module, str) or not isinstance(name, str):
        machine.push(Global("?", Trust.DANGEROUS))
        yield unsafe("pickle.computed-name", machine.at)
        return
    module, name = translated(module, name, machine.protocol)
    trust = trust_of(module, name, machine.context.allow)
    full = f"{module}.{name}"
    machine.push(Global(full, trust))
    if not is_name(module, name):
        yield suspicious("pickle.strange-name", machine.at, name=full)
    elif trust is Trust.DANGEROUS:
        yield replace(unsafe("pickle.global", machine.at, name=full), effect=effect_of(module, name))
    elif trust is Trust.UNKNOWN:
        yield suspicious("pickle.global", machine.at, name=full)


def called(machine: PickleMachine, target: Value, args: Value, how: str = "call") -> Iterator[Note]:
    """Push the result of `target(*args)` or, for `new`, of `target.__new__(target, *args)`."""
    machine.calls += 1
    machine.push(Made(target, args))
    if not isinstance(target, Global):
        yield unsafe("pickle.call", machine.at, how=how)
        return
    if target.name == _TORCH_IN_BYTES:
        yield from _torch_in_bytes(machine, args)
    elif target.trust is Trust.CONSTRUCTIBLE and (how == "call" or _arguments(args)):
        yield suspicious("pickle.constructor", machine.at, name=target.name)
    elif target.trust is Trust.CALLABLE and isinstance(args, tuple) and args:
        yield from _handed_on(machine, target, args[0])


def built(machine: PickleMachine, target: Value, state: Value) -> Iterator[Note]:
    """Give an object its state, as `__setstate__` or into `__dict__`."""
    special = _special(state)
    if isinstance(target, Global):
        yield unsafe("pickle.build-class", machine.at, name=target.name)
    elif special:
        yield unsafe("pickle.build-special", machine.at, name=special)
    elif isinstance(target, Made):
        target.state = state
        if machine.arrays is not None:
            yield from machine.arrays(target)
    else:
        yield suspicious("pickle.build-value", machine.at)


def changed(machine: PickleMachine, target: Value, values: list[Value], how: str) -> Iterator[Note] | None:
    """Append to a list or set, or set keys (`values` alternates keys and values)."""
    if isinstance(target, Keyed) and how == "setitem":
        for index in range(0, len(values), 2):
            target.put(values[index], values[index + 1])
        return None
    if isinstance(target, Listed) and how != "setitem":
        target.add(values)
        return None
    if isinstance(target, Made):
        target.put(values if how == "setitem" else [])
        return None
    if isinstance(target, Global):
        return iter((unsafe("pickle.build-class", machine.at, name=target.name),))
    return iter((suspicious("pickle.build-value", machine.at),))


def persistent(machine: PickleMachine, value: Value) -> Iterator[Note]:
    """Push what `persistent_load` returns; only torch's storages are known."""
    machine.push(Made(None, value if isinstance(value, tuple) else ()))
    if isinstance(value, tuple) and value and value[0] == "storage":
        machine.persistent.append(value)
        return
    yield suspicious("pickle.persistent-id", machine.at)


def _handed_on(machine: PickleMachine, target: Global, first: Value) -> Iterator[Note]:
    """Yield a note where an allowed function would call a name that may only be constructed or be data."""
    stranger = not (isinstance(first, Global) and first.name.startswith("torch._"))
    if (target.name in _CALLS_ITS_FIRST and stranger) or (target.name in _BARE and not isinstance(first, Global)):
        yield unsafe("pickle.call", machine.at, how="indirect")


def _torch_in_bytes(machine: PickleMachine, args: Value) -> Iterator[Note]:
    data = args[0] if isinstance(args, tuple) and len(args) == 1 else None
    if not isinstance(data, memoryview):
        yield unsafe("pickle.call", machine.at, how="bytes")
    elif machine.context.depth <= 0:
        yield uncovered("limit.depth", machine.at)
    else:
        for found in machine.context.look(data, machine.context.deeper()).notes:
            yield inside("torch.storage", found, machine.at)


def _arguments(args: Value) -> bool:
    return args not in ((), None)


def _special(state: Value) -> str:
    parts = state if isinstance(state, tuple) else (state,)
    return next((part.special for part in parts if isinstance(part, Keyed) and part.special), "")
