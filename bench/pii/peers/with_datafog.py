"""DataFog: its regex engine, every entity that it supports by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import datafog
from values import scan

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what the regex engine finds."""
    for entity in datafog.scan(text, engine="regex").entities:
        yield entity.start, entity.end, entity.type


if __name__ == "__main__":
    scan("datafog", find)
