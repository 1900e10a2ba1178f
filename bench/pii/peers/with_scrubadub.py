"""scrubadub: the detectors that it starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrubadub import Scrubber
from values import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRUBBER = Scrubber()


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what the detectors find; filth that they merged counts once for each of its parts."""
    for filth in SCRUBBER.iter_filth(text):
        for part in getattr(filth, "filths", None) or [filth]:
            yield part.beg, part.end, part.type


if __name__ == "__main__":
    scan("scrubadub", find)
