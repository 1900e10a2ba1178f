"""The hostile lines of the tests' museum."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "tests" / "checks" / "data" / "museum"))
import hostile_lines


def entries() -> list[str]:
    """Return the names of the exhibits."""
    return list(hostile_lines.UNITS)


def line(entry: str, size: int) -> bytes:
    """Return an exhibit as one line of about `size` bytes."""
    return hostile_lines.line(entry, size).encode()
