"""What a reader hands over: text with its place, bytes in which rows may stand, and what was not read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from aigov_checks.model.serialization.notes import Context


@dataclass(frozen=True, slots=True)
class Text:
    """One string of a model."""

    value: bytes
    """UTF-8; bytes that are none stay as they are."""
    pointer: str
    """Where in the model: a member, a tensor, a key, an opcode."""
    start: int | None
    """Byte offset in the file; None where the bytes are not in the file as they are."""
    column: str = ""
    """Nearest name above the value, as a cue."""


def whole_words(piece: bytes) -> int:
    """Return where a piece of a longer text may end so that no word is cut, if it has more than one."""
    return max(piece.rfind(mark) for mark in (b"\n", b" ", b",", b"\t", b";")) + 1 or len(piece)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not read; the sentence is the message `memorised.gap.<kind>`."""

    kind: str
    pointer: str
    start: int | None


@dataclass(frozen=True, slots=True)
class Outside:
    """A file of raw numbers that belongs to this one."""

    location: str
    """Relative to the folder of this file."""


@dataclass(frozen=True, slots=True)
class Region:
    """A named range of bytes."""

    start: int
    end: int
    name: str


@dataclass(slots=True)
class Blob:
    """Bytes that are looked at for rows: a file, or what was unpacked or put in order from it."""

    data: memoryview
    pointer: str
    """Path of members, joined by `!`; empty for the file itself."""
    offset: int | None
    """Where the bytes begin in the file; None where they are not in it as they are."""
    context: Context
    """Budget and depth that are left."""
    widths: frozenset[int] = frozenset()
    """Values a row that is looked for has; arrays of columns of that number are put in order."""
    regions: list[Region] = field(default_factory=list)
    """Names of ranges of the whole that `data` belongs to."""
    shift: int = 0
    """Where `data` begins in that whole."""

    def at(self, position: int) -> int | None:
        """Return the offset in the file of a position in `data`."""
        return None if self.offset is None else self.offset + position

    def inside(self, name: str) -> str:
        """Return the pointer of something within."""
        return f"{self.pointer}!{name}" if self.pointer and name else self.pointer or name

    def name(self, start: int, end: int, name: str) -> None:
        """Remember what a range of `data` is called."""
        self.regions.append(Region(self.shift + start, self.shift + end, self.inside(name)))

    def part(self, start: int, end: int, name: str) -> Blob:
        """Return a file that stands in this one as it is; its bytes are looked at with these."""
        offset = self.at(start)
        self.name(start, end, name)
        pointer, context, shift = self.inside(name), self.context.deeper(), self.shift + start
        return Blob(self.data[start:end], pointer, offset, context, self.widths, self.regions, shift)

    def unpacked(self, data: memoryview, name: str) -> Blob:
        """Return bytes that came out of this blob and are to be looked at by themselves."""
        return Blob(data, self.inside(name), None, self.context.deeper(), self.widths)

    def names(self) -> Names:
        """Return the names of ranges, ready to be asked; of two at one place the inner one counts."""
        ordered = sorted(self.regions, key=lambda region: (region.start, -region.end))
        return Names(self.pointer, tuple(ordered), tuple(region.start for region in ordered))


@dataclass(frozen=True, slots=True)
class Names:
    """Names of ranges in order."""

    default: str
    regions: tuple[Region, ...]
    starts: tuple[int, ...]

    def of(self, position: int) -> str:
        """Return the name of the innermost range that holds a position."""
        index = bisect_right(self.starts, position) - 1
        while index >= 0:
            if position < self.regions[index].end:
                return self.regions[index].name
            index -= 1
        return self.default


Piece = Text | Gap | Outside | Blob


@dataclass(frozen=True, slots=True)
class Ears:
    """Where pieces go, and how a file inside a file is read; pieces are handed over at once, so nothing piles up."""

    hear: Callable[[Piece], None]
    read: Callable[[Blob, Ears], None]
