"""Tables of FlatBuffers, read field by field with every offset checked.

Source: the internals page of the FlatBuffers documentation.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from aigov_checks.model.serialization.cursor import BrokenFileError, Cursor
from aigov_checks.model.serialization.limits import MAX_MEMBERS


@dataclass(frozen=True, slots=True)
class Table:
    """One table at an offset of the file."""

    data: memoryview
    at: int

    def place(self, index: int) -> int | None:
        """Return where a field stands, or None where the table has none."""
        back = Cursor(self.data, self.at).signed(4)
        vtable = self.at - back
        size = Cursor(self.data, vtable).unsigned(2)
        if 4 + 2 * index + 2 > size:
            return None
        offset = Cursor(self.data, vtable + 4 + 2 * index).unsigned(2)
        return self.at + offset if offset else None

    def number(self, index: int, size: int, default: int = 0) -> int:
        """Return a signed number, or its default."""
        place = self.place(index)
        return default if place is None else Cursor(self.data, place).signed(size)

    def real(self, index: int, default: float = 0.0) -> float:
        """Return a number in double precision, or its default."""
        place = self.place(index)
        return default if place is None else float(struct.unpack("<d", Cursor(self.data, place).take(8))[0])

    def block(self, index: int, width: int) -> memoryview:
        """Return the bytes of a vector whose elements have `width` bytes; none where there is no vector."""
        found = self._follow(index)
        if found is None:
            return memoryview(b"")
        return Cursor(self.data, found + 4).take(Cursor(self.data, found).unsigned(4) * width)

    def bytes_at(self, index: int) -> tuple[int, int] | None:
        """Return start and length of a vector of bytes or of a text."""
        found = self._follow(index)
        if found is None:
            return None
        length = Cursor(self.data, found).unsigned(4)
        Cursor(self.data, found + 4).take(length)
        return found + 4, length

    def text(self, index: int) -> str:
        """Return a text; empty where there is none."""
        found = self.bytes_at(index)
        return "" if found is None else Cursor(self.data, found[0]).text(found[1])

    def table(self, index: int) -> Table | None:
        """Return a table, or None."""
        found = self._follow(index)
        return None if found is None else Table(self.data, found)

    def tables(self, index: int) -> tuple[Table, ...]:
        """Return a vector of tables."""
        found = self._follow(index)
        if found is None:
            return ()
        return tuple(Table(self.data, place + Cursor(self.data, place).unsigned(4)) for place in self._items(found))

    def numbers(self, index: int) -> tuple[int, ...]:
        """Return a vector of 32-bit numbers."""
        found = self._follow(index)
        return () if found is None else tuple(Cursor(self.data, place).signed(4) for place in self._items(found))

    def texts(self, index: int) -> tuple[str, ...]:
        """Return a vector of texts."""
        found = self._follow(index)
        if found is None:
            return ()
        starts = [place + Cursor(self.data, place).unsigned(4) for place in self._items(found)]
        return tuple(Cursor(self.data, s + 4).text(Cursor(self.data, s).unsigned(4)) for s in starts)

    def _follow(self, index: int) -> int | None:
        place = self.place(index)
        return None if place is None else place + Cursor(self.data, place).unsigned(4)

    def _items(self, at: int) -> range:
        count = Cursor(self.data, at).unsigned(4)
        if count > MAX_MEMBERS or at + 4 + 4 * count > len(self.data):
            raise BrokenFileError(min(at, len(self.data)))
        return range(at + 4, at + 4 + 4 * count, 4)


def root(data: memoryview, at: int = 0) -> Table:
    """Return the outermost table of a buffer that starts at `at`."""
    return Table(data, at + Cursor(data, at).unsigned(4))
