"""What a pickle says: its strings, long numbers and arrays, heard while the symbolic machine reads the opcodes."""

from __future__ import annotations

import struct
from array import array
from collections import deque
from typing import TYPE_CHECKING

from aigov_checks.data.scan_columns import LARGEST_CODE
from aigov_checks.model.memorised.arrays import Array, code_of_pickled, has_text, pieces_of, shape_of
from aigov_checks.model.memorised.limits import MAX_VALUES
from aigov_checks.model.memorised.pieces import Blob, Ears, Gap, Text
from aigov_checks.model.serialization import dtypes
from aigov_checks.model.serialization.arrow_streams import MAGIC
from aigov_checks.model.serialization.formats import format_of
from aigov_checks.model.serialization.joblib_arrays import WRAPPER, read_array
from aigov_checks.model.serialization.pickle_data import TORCH_MAGIC
from aigov_checks.model.serialization.pickle_machine import PickleMachine
from aigov_checks.model.serialization.pickle_reader import Malformed, PickleReader
from aigov_checks.model.serialization.pickle_values import Keyed, Made, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.serialization.notes import Note

_TORCH_PICKLES = 5
_FLOAT = ord("G")
_STATE = 5
"""Values of the state of an array: version, shape, type, whether by columns, elements."""
_FRAMES = ("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer")
_FORMATS = (
    b"\x80", b"PK\x03\x04", b"\x93NUMPY", b"GGUF", b"{L", b'{"', b"tree\n", b"\x1f\x8b", b"\x78", *MAGIC.values(),
)  # fmt: skip
"""How a file inside a pickle begins; XGBoost and LightGBM keep theirs so."""
_NO_FILES = frozenset(("unknown", "text", "empty"))
_TEXT = frozenset(b"XV\x8c\x8d")
"""Opcodes of text; what they hold can be bytes only by way of `_codecs.encode`."""
_ENCODE = "_codecs.encode"
_SHORTEST_FILE = 64


class Listener(PickleMachine):
    """A machine that keeps what was pushed for the first time; what the memo gives back was heard before."""

    def __init__(self, reader: PickleReader, blob: Blob, numbers: array[float], ears: Ears) -> None:
        super().__init__(reader, blob.context)
        self.blob = blob
        self.numbers = numbers
        self.ears = ears
        self.arrays = self._array

    def push(self, value: Value) -> None:
        """Put a value on the stack, and keep the text in it."""
        if isinstance(value, str):
            self._text(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, memoryview):
            self._bytes(value)
        elif type(value) is int:
            self._number(float(value) if abs(value) < 1 << 64 else 0.0)
            if abs(value) >= LARGEST_CODE:
                self._text(str(value).encode())
        elif self.reader.data[self.at] == _FLOAT:
            self._number(struct.unpack_from(">d", self.reader.data, self.at + 1)[0])
        elif isinstance(value, Made):
            self._made(value)
        self.stack.append(value)

    def recall(self, key: int) -> None:
        """Push what the memo holds, silently."""
        if key not in self.memo:
            raise Malformed("memo", self.at)
        self.stack.append(self.memo[key])

    def _made(self, value: Made) -> None:
        """Look into what a call returned: an array of protocol 5, or bytes that were kept as text."""
        if value.name in _FRAMES:
            self._frame(value)
        elif value.name == _ENCODE and self._is_file(raw := _latin(value)):
            inner = self.blob.unpacked(raw, f"bytes@{self.at}")
            self.ears.read(inner, self.ears)
            self.ears.hear(inner)

    def _text(self, value: bytes) -> None:
        self.ears.hear(Text(value, self.blob.inside(f"opcode@{self.at}"), self._place(value)))

    def _place(self, value: bytes) -> int | None:
        """Return where the operand stands, if it is the value byte for byte."""
        start = self.reader.position - len(value)
        same = start > self.at and self.reader.data[start : self.reader.position] == value
        return self.blob.at(start) if same else None

    def _bytes(self, value: memoryview) -> None:
        start = self.reader.position - len(value)
        if self.reader.data[self.at] not in _TEXT and self._is_file(value):
            self.ears.read(self.blob.part(start, self.reader.position, f"bytes@{start}"), self.ears)
        elif is_text(value):
            self._text(bytes(value))

    def _is_file(self, value: memoryview) -> bool:
        if len(value) < _SHORTEST_FILE or not bytes(value[:8]).startswith(_FORMATS):
            return False
        return format_of(value) not in _NO_FILES

    def _number(self, value: float) -> None:
        if len(self.numbers) < MAX_VALUES:
            self.numbers.append(value)

    def _name(self) -> str:
        """Return the key before the object that is being made: the attribute that an array is the value of."""
        key = self.stack[-2] if len(self.stack) > 1 else ""
        return key if isinstance(key, str) and key else f"opcode@{self.at}"

    def _array(self, made: Made) -> Iterator[Note]:
        """Step over an array of joblib, or take the elements out of the state of one of numpy's."""
        if made.name == WRAPPER:
            name = self._name()
            yield from read_array(self, made, self._inner)
            self._inline(made, name)
        elif isinstance(made.state, tuple) and len(made.state) == _STATE:
            _, shape, kind, fortran, data = made.state
            if isinstance(data, Made):
                data = _latin(data)
                self.ears.hear(Blob(data, self.blob.inside(self._name()), None, self.blob.context))
            if isinstance(data, memoryview):
                self._keep(data, kind, shape, self._name(), fortran=fortran is True)

    def _inner(self) -> PickleMachine:
        """Return a machine for an array of objects, which hears for this one."""
        return Listener(self.reader, self.blob, self.numbers, self.ears)

    def _inline(self, made: Made, name: str) -> None:
        state = made.state.values if isinstance(made.state, Keyed) else {}
        element, elements = dtypes.of_pickled(state.get("dtype")), dtypes.count(state.get("shape"))
        if element is None or elements is None or element.objects:
            return
        end = self.reader.position
        start = end - elements * element.size
        self.blob.name(start, end, name)
        self._keep(self.reader.data[start:end], state["dtype"], state["shape"], name, fortran=state["order"] == "F")

    def _frame(self, made: Made) -> None:
        """Take an array of protocol 5: `_frombuffer(bytes, dtype, shape, order)`."""
        if isinstance(made.args, tuple) and len(made.args) == 4 and isinstance(made.args[0], memoryview):  # noqa: PLR2004  # as above
            data, kind, shape, order = made.args
            self._keep(data, kind, shape, self._name_before_call(), fortran=order == "F")

    def _name_before_call(self) -> str:
        key = self.stack[-1] if self.stack else ""
        return key if isinstance(key, str) and key else f"opcode@{self.at}"

    def _keep(self, data: memoryview, kind: Value, shape: Value, name: str, *, fortran: bool) -> None:
        pointer = self.blob.inside(name)
        sizes = shape_of(shape)
        if has_text(kind) or sizes is None:
            self.ears.hear(Gap("array", pointer, self.blob.at(self.at)))
            return
        found = Array(data, code_of_pickled(kind), sizes, pointer, fortran=fortran)
        for piece in pieces_of(found, self.blob):
            self.ears.hear(piece)


def read_pickle(blob: Blob, ears: Ears) -> None:
    """Hand over what every pickle of a file holds."""
    reader = PickleReader(blob.data)
    legacy = bytes(blob.data[: len(TORCH_MAGIC)]) == TORCH_MAGIC
    numbers: array[float] = array("d")
    done = 0
    while reader.position < len(blob.data) and not (legacy and done == _TORCH_PICKLES):
        start = reader.position
        machine = Listener(reader, blob, numbers, ears)
        try:
            deque(machine.run(), maxlen=0)
        except Malformed as error:
            kind = "limit" if error.kind == "limit" else "trailing" if done and machine.opcodes <= 1 else "broken"
            ears.hear(Gap(kind, blob.pointer, blob.at(start if kind == "trailing" else error.offset)))
            break
        done += 1
    if numbers:
        ears.hear(Blob(memoryview(numbers).cast("B"), blob.inside("numbers"), None, blob.context))


def _latin(made: Made) -> memoryview:
    """Return the bytes that protocols before 3 keep as text: `_codecs.encode(text, "latin1")`; else none."""
    text = made.args[0] if made.name == _ENCODE and isinstance(made.args, tuple) and made.args else ""
    try:
        plain = bytes(text).decode("utf-8") if isinstance(text, memoryview) else text
        return memoryview(plain.encode("latin-1") if isinstance(plain, str) else b"")
    except UnicodeError:
        return memoryview(b"")


def is_text(value: memoryview) -> bool:
    """Whether bytes are text: UTF-8 without control characters."""
    head = bytes(value[:4096])
    if not head or any(byte < 32 and byte not in b"\t\n\r" for byte in head):  # noqa: PLR2004  # control characters
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(value) > len(head)
    return True
