"""Tensors of a torch file: the pickle says which they are, on the symbolic machine; its storages are raw numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import need
from aigov_checks.model.serialization.archives import content_of
from aigov_checks.model.serialization.formats import look
from aigov_checks.model.serialization.limits import MAX_MEMBERS
from aigov_checks.model.serialization.notes import Budget, Context
from aigov_checks.model.serialization.pickle_machine import PickleMachine
from aigov_checks.model.serialization.pickle_reader import Malformed, PickleReader
from aigov_checks.model.serialization.pickle_values import Global, Keyed, Listed, Made, Value
from aigov_checks.model.serialization.zip_reader import Member, read_directory
from aigov_checks.model.weights.tensors import ITEM, Tensor, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}  # fmt: skip
_REBUILD = "torch._utils._rebuild_"
_HIDDEN = frozenset(("_parameters", "_buffers", "_modules"))
"""Attributes of a module that are no part of a tensor's name."""


def torch_tensors(data: memoryview, _path: Path) -> Iterator[Tensor | Unread]:
    """Yield the tensors of a file that `torch.save` or `torch.jit.save` wrote; nothing is unpickled."""
    members = {member.name: member for member in read_directory(data).members if member.start >= 0}
    main = next((name for name in members if name.rpartition("/")[2] == "data.pkl"), "")
    prefix = main.removesuffix("data.pkl")
    root = _unpickled(data, members.get(main))
    if root is None:
        yield Unread("weights.broken")
        return
    order = members.get(f"{prefix}byteorder")
    big = order is not None and bytes(data[order.start : order.end]) == b"big"
    for name, made in _named(root):
        yield _tensor(data, members, prefix, (name, made), big=big)


def _unpickled(data: memoryview, member: Member | None) -> Value:
    content = None if member is None else content_of(data, member)
    if content is None:
        return None
    machine = PickleMachine(PickleReader(content), Context(frozenset(), Budget(), look, 0))
    try:
        for _ in machine.run():
            pass
    except Malformed:
        return None
    return machine.result


def _named(root: Value) -> Iterator[tuple[str, Made]]:
    """Yield every tensor that can be reached from the object, by the path of keys to it; each once."""
    pending: list[tuple[str, Value]] = [("", root)]
    seen: set[int] = set()
    while pending and len(seen) < MAX_MEMBERS * 10:
        name, value = pending.pop()
        if id(value) in seen and not isinstance(value, str | int | bool | None):
            continue
        seen.add(id(value))
        if isinstance(value, Made) and value.name.startswith(_REBUILD) and isinstance(value.args, tuple):
            if value.name.endswith(("_tensor_v2", "_tensor", "_tensor_v3")):
                yield name or "tensor", value
            else:
                pending.extend((name, part) for part in value.args if isinstance(part, Made))
        else:
            pending.extend(reversed([(_join(name, key), part) for key, part in _parts(value)]))


def _parts(value: Value) -> list[tuple[str, Value]]:
    match value:
        case Keyed():
            return list(value.values.items())
        case Listed():
            return [(str(index), part) for index, part in enumerate(value.values)]
        case tuple():
            return [(str(index), part) for index, part in enumerate(value)]
        case Made():
            held = [value.items, value.state, *(value.args if isinstance(value.args, tuple) else ())]
            return [("", part) for part in held if isinstance(part, Keyed | Listed | Made | tuple)]
        case _:
            return []


def _join(name: str, key: str) -> str:
    return ".".join(part for part in (name, "" if key in _HIDDEN else key) if part)


def _tensor(
    data: memoryview, members: dict[str, Member], prefix: str, found: tuple[str, Made], *, big: bool
) -> Tensor | Unread:
    name, made = found
    described = _described(made)
    if described is None:
        return Unread("weights.tensor", name)
    key, dtype, offset, shape, stride = described
    member = members.get(f"{prefix}data/{key}") or members.get(f"{prefix}tensors/{key}")
    storage = None if member is None else content_of(data, member)
    size = ITEM.get(dtype, 0)
    reach = offset + 1 + sum((length - 1) * step for length, step in zip(shape, stride, strict=True))
    total = 1
    for length in shape:
        total *= length
    if storage is None or member is None or not size or total > 1 << 40 or (total and reach * size > len(storage)):
        return Unread("weights.tensor", name)
    if total == 0:
        return Tensor(name, dtype, shape, memoryview(b""))
    if stride == _contiguous(shape) and not big:
        raw = storage[offset * size : (offset + total) * size]
        return Tensor(name, dtype, shape, raw, member.start + offset * size if member.method == 0 else -1)
    return Tensor(name, dtype, shape, _gathered(storage, size, offset, shape, stride, big=big))


def _described(made: Made) -> tuple[str, str, int, tuple[int, ...], tuple[int, ...]] | None:
    """Return storage key, type, offset, shape and stride of a rebuilt tensor."""
    args = made.args
    if len(args) < 4 or not isinstance(args[0], Made) or not isinstance(args[0].args, tuple):  # noqa: PLR2004  # storage to stride
        return None
    storage, offset, shape, stride = args[0].args, args[1], args[2], args[3]
    numbers = (offset, *shape, *stride) if isinstance(shape, tuple) and isinstance(stride, tuple) else (-1,)
    if len(storage) < 5 or not isinstance(storage[1], Global) or len(shape) != len(stride):  # noqa: PLR2004  # ("storage", ...)
        return None
    if any(type(number) is not int or not 0 <= number < 1 << 48 for number in numbers):
        return None
    dtype = _STORAGES.get(storage[1].name.rpartition(".")[2], "")
    typed = args[6] if made.name.endswith("_v3") and len(args) > 6 else None  # noqa: PLR2004  # its type comes seventh
    if isinstance(typed, Global):
        dtype = typed.name.rpartition(".")[2]
    return (str(storage[2]), dtype, offset, shape, stride) if dtype in ITEM else None


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    steps, step = [], 1
    for length in reversed(shape):
        steps.append(step)
        step *= max(1, length)
    return tuple(reversed(steps))


def _gathered(  # noqa: PLR0913  # what describes a strided view
    storage: memoryview, size: int, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *, big: bool
) -> memoryview:
    """Return the elements of a strided view in C order, little-endian."""
    numpy = need("numpy", "robustness")
    elements = numpy.frombuffer(storage[: len(storage) // size * size], f"V{size}")[offset:]
    view = numpy.lib.stride_tricks.as_strided(elements, shape, [step * size for step in stride], writeable=False)
    raw = numpy.ascontiguousarray(view).tobytes()
    if big and size > 1:
        raw = numpy.frombuffer(raw, "u1").reshape(-1, size)[:, ::-1].tobytes()
    return memoryview(raw)
