"""A short look at bytes that are not said to be a pickle: could they run as one?"""

from __future__ import annotations

from dataclasses import dataclass

from aigov import Status
from aigov_checks.model.serialization.limits import MAX_PROBE
from aigov_checks.model.serialization.notes import Budget, Context, Note
from aigov_checks.model.serialization.pickle_machine import PickleMachine
from aigov_checks.model.serialization.pickle_reader import Malformed, PickleReader


@dataclass(frozen=True, slots=True)
class Probe:
    """How far a machine got from the first byte."""

    complete: bool
    """It reached STOP."""
    end: int
    """Offset after STOP, or of the error."""
    opcodes: int
    calls: int
    error: str
    """Kind of the error, empty where complete."""
    notes: tuple[Note, ...]

    @property
    def runs(self) -> bool:
        """Whether it would call something, do harm, or go on for so long that it cannot be chance."""
        return self.dangerous or self.calls > 0 or self.error == "limit"

    @property
    def dangerous(self) -> bool:
        """Whether something unsafe would happen on the way."""
        return any(note.status is Status.UNSAFE for note in self.notes)


def probe(data: memoryview, context: Context) -> Probe:
    """Run a machine over at most `MAX_PROBE` opcodes; the budget of the file pays for them."""
    allowed = min(MAX_PROBE, context.budget.opcodes)
    small = Budget()
    small.opcodes = allowed
    machine = PickleMachine(PickleReader(data), Context(context.allow, small, context.look, min(context.depth, 1)))
    notes: list[Note] = []
    error, end = "", 0
    try:
        for note in machine.run():
            notes.append(note)  # noqa: PERF402  # what came before an error must stay
        end = machine.reader.position
    except Malformed as broken:
        error, end = broken.kind, broken.offset
    context.budget.opcodes -= min(machine.opcodes, allowed)
    return Probe(not error, end, machine.opcodes, machine.calls, error, tuple(notes))
