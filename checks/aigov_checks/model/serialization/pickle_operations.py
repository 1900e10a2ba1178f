"""What each opcode of protocols 0 to 5 does to the symbolic machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.notes import Note
from aigov_checks.model.serialization.pickle_calls import changed
from aigov_checks.model.serialization.pickle_data import data_inside
from aigov_checks.model.serialization.pickle_imports import (
    build,
    by_line,
    by_stack,
    call,
    extension,
    instance,
    marked_call,
    new_object,
    new_object_with_keywords,
    next_buffer,
    persistent_line,
    persistent_value,
    readonly_buffer,
)
from aigov_checks.model.serialization.pickle_operands import (
    binary_float,
    counted,
    counted_signed,
    latin,
    line_float,
    line_number,
    long,
    quoted_line,
    text,
)
from aigov_checks.model.serialization.pickle_reader import Malformed, PickleReader, number, raw_unicode
from aigov_checks.model.serialization.pickle_values import MARK, Keyed, Listed, Value

if TYPE_CHECKING:
    from aigov_checks.model.serialization.pickle_machine import PickleMachine

Found = Iterator[Note] | None
Operation = Callable[["PickleMachine"], Found]
MAX_PROTOCOL = 5
STOP = ord(".")
_DIGITS = 19
"""Length below which digits are a number at once."""


def _protocol(machine: PickleMachine) -> Found:
    machine.protocol = machine.reader.byte()
    if machine.protocol > MAX_PROTOCOL:
        raise Malformed("operand", machine.at)
    return None


def _frame(machine: PickleMachine) -> Found:
    """C reads a frame as a promise of bytes only; what it holds is opcodes like any other."""
    if machine.reader.unsigned(8) > len(machine.reader.data) - machine.reader.position:
        raise Malformed("truncated", machine.at)
    return None


def _value(make: Callable[[PickleReader], Value]) -> Operation:
    def operation(machine: PickleMachine) -> Found:
        machine.push(make(machine.reader))
        return None

    return operation


def _data(make: Callable[[PickleReader], Value]) -> Operation:
    """Push text or bytes; a pickle kept in them is said."""

    def operation(machine: PickleMachine) -> Found:
        value = make(machine.reader)
        machine.push(value)
        return data_inside(value, machine.at, machine.context)

    return operation


def _tuple(size: int) -> Operation:
    def operation(machine: PickleMachine) -> Found:
        values = [machine.pop() for _ in range(size)]
        machine.push(tuple(values[::-1]))
        return None

    return operation


def _marked_tuple(machine: PickleMachine) -> Found:
    machine.push(tuple(machine.marked()))
    return None


def _marked_list(machine: PickleMachine) -> Found:
    values = Listed()
    values.add(machine.marked())
    machine.push(values)
    return None


def _marked_dict(machine: PickleMachine) -> Found:
    values = machine.marked()
    if len(values) % 2:
        raise Malformed("stack", machine.at)
    keyed = Keyed()
    for key, value in zip(values[::2], values[1::2], strict=True):
        keyed.put(key, value)
    machine.push(keyed)
    return None


def _append(machine: PickleMachine) -> Found:
    value = machine.pop()
    return changed(machine, machine.top(), [value], "append")


def _appends(machine: PickleMachine) -> Found:
    values = machine.marked()
    return changed(machine, machine.top(), values, "extend")


def _setitem(machine: PickleMachine) -> Found:
    value, key = machine.pop(), machine.pop()
    return changed(machine, machine.top(), [key, value], "setitem")


def _setitems(machine: PickleMachine) -> Found:
    values = machine.marked()
    if len(values) % 2:
        raise Malformed("stack", machine.at)
    return changed(machine, machine.top(), values, "setitem")


def _pop(machine: PickleMachine) -> Found:
    if not machine.stack:
        raise Malformed("stack", machine.at)
    machine.stack.pop()
    return None


def _pop_mark(machine: PickleMachine) -> Found:
    machine.marked()
    return None


def _mark(machine: PickleMachine) -> Found:
    machine.stack.append(MARK)
    return None


def _duplicate(machine: PickleMachine) -> Found:
    machine.push(machine.top())
    return None


def _memo_line(reader: PickleReader) -> int:
    at, line = reader.position - 1, reader.line()
    return int(line) if len(line) < _DIGITS and line.isdigit() else number(line[:32], at)


def _long_key(reader: PickleReader) -> int:
    return reader.unsigned(4)


def _get(key: Callable[[PickleReader], int]) -> Operation:
    def operation(machine: PickleMachine) -> Found:
        machine.recall(key(machine.reader))
        return None

    return operation


def _put(key: Callable[[PickleReader], int]) -> Operation:
    def operation(machine: PickleMachine) -> Found:
        machine.keep(key(machine.reader))
        return None

    return operation


def _memoize(machine: PickleMachine) -> Found:
    machine.keep(len(machine.memo))
    return None


OPERATIONS: dict[int, Operation] = {
    0x80: _protocol, 0x95: _frame,
    ord("I"): _value(line_number), ord("L"): _value(line_number), ord("F"): _value(line_float),
    ord("J"): _value(PickleReader.signed4), ord("K"): _value(PickleReader.byte),
    ord("M"): _value(lambda r: r.unsigned(2)), 0x8A: _value(long(1)), 0x8B: _value(long(4)),
    ord("G"): _value(binary_float),
    ord("N"): _value(lambda _: None), 0x88: _value(lambda _: True), 0x89: _value(lambda _: False),
    ord("S"): _data(quoted_line), ord("V"): _data(lambda r: raw_unicode(r.line())),
    ord("T"): _data(latin(counted_signed)), ord("U"): _data(latin(counted(1))),
    ord("X"): _data(text(4)), 0x8C: _data(text(1)), 0x8D: _data(text(8)),
    ord("B"): _data(counted(4)), ord("C"): _data(counted(1)), 0x8E: _data(counted(8)), 0x96: _data(counted(8)),
    0x97: next_buffer, 0x98: readonly_buffer,
    ord("]"): _value(lambda _: Listed()), ord("}"): _value(lambda _: Keyed()), 0x8F: _value(lambda _: Listed()),
    ord(")"): _value(lambda _: ()), ord("t"): _marked_tuple, ord("l"): _marked_list, ord("d"): _marked_dict,
    0x91: _marked_list, 0x85: _tuple(1), 0x86: _tuple(2), 0x87: _tuple(3),
    ord("a"): _append, ord("e"): _appends, 0x90: _appends, ord("s"): _setitem, ord("u"): _setitems,
    ord("0"): _pop, ord("1"): _pop_mark, ord("("): _mark, ord("2"): _duplicate,
    ord("g"): _get(_memo_line), ord("h"): _get(PickleReader.byte), ord("j"): _get(_long_key),
    ord("p"): _put(_memo_line), ord("q"): _put(PickleReader.byte), ord("r"): _put(_long_key), 0x94: _memoize,
    ord("c"): by_line, 0x93: by_stack, ord("i"): instance, ord("o"): marked_call, ord("R"): call,
    0x81: new_object, 0x92: new_object_with_keywords, ord("b"): build,
    0x82: extension(1), 0x83: extension(2), 0x84: extension(4),
    ord("P"): persistent_line, ord("Q"): persistent_value,
}  # fmt: skip
