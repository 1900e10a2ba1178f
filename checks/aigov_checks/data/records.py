"""Where the records of a block begin, and how many records and lines come before a place in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov_checks.data.csv_cells import has_empty_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILLED_LINE = re.compile(rb"(?m)^[^\r\n]")


@dataclass(slots=True)
class Records:
    """Counts the records and lines of a block as far as asked, going forward."""

    data: bytes
    starts: Sequence[int]
    skip_blank: bool
    _seen: int = 0
    _records: int = 0
    _lines: int = 0
    _blank: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find out whether empty lines must be told apart from records."""
        self._blank = self.skip_blank and has_empty_lines(self.data)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the record that the line with this range belongs to."""
        if not self.starts:
            return start, end
        index = max(0, bisect_right(self.starts, start) - 1)
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.data)
        return self.starts[index], end

    def every(self) -> Iterator[tuple[int, int]]:
        """Yield the range of every record."""
        if self.starts:
            yield from zip(self.starts, [*self.starts[1:], len(self.data)], strict=True)
            return
        start = 0
        while start < len(self.data):
            end = self.data.find(b"\n", start)
            end = len(self.data) if end < 0 else end
            if self.data[start:end].strip(b"\r"):
                yield start, end
            start = end + 1

    def position(self, start: int) -> tuple[int, int]:
        """Return how many records and lines end before `start`, the beginning of a record or the end of the block."""
        newlines = self.data.count(b"\n", self._seen, start)
        if self.starts:
            self._records = len(self.starts) if start == len(self.data) else bisect_right(self.starts, start) - 1
        elif self._blank:
            self._records += sum(1 for _ in _FILLED_LINE.finditer(self.data, self._seen, start))
        else:
            self._records += newlines + (start == len(self.data) and not self.data.endswith(b"\n"))
        self._lines += newlines
        self._seen = start
        return self._records, self._lines
