"""Opcodes of pickles that name something of a program, call it, or ask for what is outside of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization.notes import Note, unsafe
from aigov_checks.model.serialization.pickle_calls import built, called, named, persistent
from aigov_checks.model.serialization.pickle_reader import Malformed, name_of
from aigov_checks.model.serialization.pickle_values import OTHER, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aigov_checks.model.serialization.pickle_machine import PickleMachine


def by_line(machine: PickleMachine) -> Iterator[Note]:
    """Push what a module and a name mean, each on a line of its own."""
    module = name_of(machine.reader.line(), machine.at)
    yield from named(machine, module, name_of(machine.reader.line(), machine.at))


def by_stack(machine: PickleMachine) -> Iterator[Note]:
    """Push what the module and the name on the stack mean."""
    name, module = machine.pop(), machine.pop()
    yield from named(machine, module, name)


def instance(machine: PickleMachine) -> Iterator[Note]:
    """Call what a module and a name mean with what was marked."""
    module = name_of(machine.reader.line(), machine.at)
    yield from named(machine, module, name_of(machine.reader.line(), machine.at))
    target = machine.pop()
    yield from called(machine, target, tuple(machine.marked()))


def marked_call(machine: PickleMachine) -> Iterator[Note]:
    """Call what was marked first with the rest."""
    values = machine.marked()
    if not values:
        raise Malformed("stack", machine.at)
    yield from called(machine, values[0], tuple(values[1:]))


def call(machine: PickleMachine) -> Iterator[Note]:
    """Call what is below the top with the top."""
    args, target = machine.pop(), machine.pop()
    yield from called(machine, target, args)


def new_object(machine: PickleMachine) -> Iterator[Note]:
    """Make an object of a class with arguments."""
    args, target = machine.pop(), machine.pop()
    yield from called(machine, target, args, "new")


def new_object_with_keywords(machine: PickleMachine) -> Iterator[Note]:
    """Make an object of a class with arguments and keywords."""
    keywords, args, target = machine.pop(), machine.pop(), machine.pop()
    yield from called(machine, target, (args, keywords), "new")


def build(machine: PickleMachine) -> Iterator[Note]:
    """Give an object its state."""
    state = machine.pop()
    yield from built(machine, machine.top(), state)


def extension(size: int) -> Callable[[PickleMachine], Iterator[Note]]:
    """Return the operation that pushes what a number of `size` bytes stands for in a table of the process."""

    def operation(machine: PickleMachine) -> Iterator[Note]:
        code = machine.reader.unsigned(size)
        machine.push(Made(None, ()))
        yield unsafe("pickle.extension", machine.at, code=code)

    return operation


def persistent_line(machine: PickleMachine) -> Iterator[Note]:
    """Ask the loader for what a line names."""
    yield from persistent(machine, name_of(machine.reader.line(), machine.at))


def persistent_value(machine: PickleMachine) -> Iterator[Note]:
    """Ask the loader for what the top names."""
    yield from persistent(machine, machine.pop())


def next_buffer(machine: PickleMachine) -> Iterator[Note]:
    """Push a buffer from outside of the file."""
    machine.push(OTHER)
    yield unsafe("pickle.buffer", machine.at)


def readonly_buffer(machine: PickleMachine) -> None:
    """Let the top be a buffer."""
    machine.top()
