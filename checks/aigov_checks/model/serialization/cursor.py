"""A cursor over the bytes of a binary model file that never reads past their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aigov_checks.model.serialization.limits import MAX_NAME
from aigov_checks.model.serialization.notes import Context, Note, Parser, suspicious

if TYPE_CHECKING:
    from collections.abc import Iterator


class BrokenFileError(ValueError):
    """A file that ends too early or says something about itself that cannot be."""

    def __init__(self, offset: int) -> None:
        super().__init__("broken")
        self.offset = offset


@dataclass(slots=True)
class Cursor:
    """Where a reader stands; every read moves it on.

    Raises:
        BrokenFileError: from every read beyond the end.
    """

    data: memoryview
    at: int = 0
    order: Literal["little", "big"] = "little"

    def take(self, size: int) -> memoryview:
        """Return the next `size` bytes without copying them."""
        if size < 0 or self.at < 0 or self.at + size > len(self.data):
            raise BrokenFileError(max(0, min(self.at, len(self.data))))
        piece = self.data[self.at : self.at + size]
        self.at += size
        return piece

    def skip(self, size: int) -> None:
        """Step over `size` bytes."""
        self.take(size)

    def unsigned(self, size: int) -> int:
        """Return an unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), self.order)

    def signed(self, size: int) -> int:
        """Return a signed number of `size` bytes."""
        return int.from_bytes(self.take(size), self.order, signed=True)

    def text(self, size: int) -> str:
        """Return the next `size` bytes as text; the first ones where they are many."""
        return bytes(self.take(size)[:MAX_NAME]).decode("utf-8", "replace")


def bounded(name: str, parse: Parser) -> Parser:
    """Return a parser that says of a file that breaks off that it does, after everything that was found before."""

    def scan(data: memoryview, context: Context) -> Iterator[Note]:
        try:
            yield from parse(data, context)
        except BrokenFileError as error:
            yield suspicious("model.unparsable", error.offset, format=name)
        except IndexError:  # a place of the file that is not there
            yield suspicious("model.unparsable", 0, format=name)

    return scan
