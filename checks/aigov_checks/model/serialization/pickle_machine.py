"""A symbolic pickle machine: a real stack and memo, every opcode of protocols 0 to 5, and nothing ever called.

It follows `Unpickler.load` of CPython (Lib/pickle.py, Modules/_pickle.c). What a pickle would name, call or change
is yielded as notes in the order in which it would happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_checks.model.serialization.pickle_operations import OPERATIONS, STOP
from aigov_checks.model.serialization.pickle_reader import (
    Malformed,
    PickleReader,
)
from aigov_checks.model.serialization.pickle_values import MARK, Made, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aigov_checks.model.serialization.notes import Context, Note


class PickleMachine:
    """Reads one pickle after the other from a reader; each has a stack and memo of its own."""

    def __init__(self, reader: PickleReader, context: Context) -> None:
        self.reader = reader
        self.context = context
        self.stack: list[Value] = []
        self.memo: dict[int, Value] = {}
        self.protocol = 0
        self.opcodes = 0
        self.calls = 0
        self.at = reader.position
        self.result: Value = None
        self.persistent: list[Value] = []
        self.arrays: Callable[[Made], Iterator[Note]] | None = None
        """Called when the state of an object is set; joblib reads arrays from the file at that moment."""

    def run(self) -> Iterator[Note]:
        """Run to STOP, and yield what would happen; `result` is what the pickle stands for.

        Raises:
            Malformed: no unpickler would get further.
        """
        budget, reader, data = self.context.budget, self.reader, self.reader.data
        end, operations, given = len(data), OPERATIONS, budget.opcodes
        left = given
        try:
            while True:
                self.at = at = reader.position
                if at >= end:
                    raise Malformed("truncated", at)
                code = data[at]
                operation = operations.get(code)
                if operation is None and code != STOP:
                    raise Malformed("opcode", at)
                if left <= 0:
                    raise Malformed("limit", at)
                left -= 1
                reader.position = at + 1
                if operation is None:
                    self.result = self.pop()
                    return
                found = operation(self)
                if found is not None:
                    self._spend(given - left)
                    given = left
                    yield from found
                    given = left = budget.opcodes
        finally:
            self._spend(given - left)

    def _spend(self, opcodes: int) -> None:
        """Take opcodes from the allowance of the file; pickles inside this one take of the same."""
        self.opcodes += opcodes
        self.context.budget.opcodes -= opcodes

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Value:
        """Take the top value; a mark is no value."""
        stack = self.stack
        if not stack or stack[-1] is MARK:
            raise Malformed("stack", self.at)
        return stack.pop()

    def top(self) -> Value:
        """Return the top value, which must not be a mark."""
        stack = self.stack
        if not stack or stack[-1] is MARK:
            raise Malformed("stack", self.at)
        return stack[-1]

    def marked(self) -> list[Value]:
        """Take everything above the last mark, and the mark."""
        index = len(self.stack) - 1
        while index >= 0 and self.stack[index] is not MARK:
            index -= 1
        if index < 0:
            raise Malformed("stack", self.at)
        values = self.stack[index + 1 :]
        del self.stack[index:]
        return values

    def recall(self, key: int) -> None:
        """Push what the memo holds."""
        if key not in self.memo:
            raise Malformed("memo", self.at)
        self.push(self.memo[key])

    def keep(self, key: int) -> None:
        """Write the top of the stack into the memo."""
        stack = self.stack
        if key < 0:
            raise Malformed("memo", self.at)
        if not stack or stack[-1] is MARK:
            raise Malformed("stack", self.at)
        self.memo[key] = stack[-1]
