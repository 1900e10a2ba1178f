"""What every adapter does: read values from stdin, one JSON text a line, and write what a tool finds in them.

The first line out is the version; each further one is `[number of the value, start, end, type]`.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def read() -> list[str]:
    """Return the values."""
    return [json.loads(line) for line in sys.stdin]


def write(package: str, found: Iterable[tuple[int, int, int, str]]) -> None:
    """Write the version of the package and what was found."""
    print(json.dumps(version(package)))
    for finding in found:
        print(json.dumps(finding))


def scan(package: str, find: Callable[[str], Iterable[tuple[int, int, str]]]) -> None:
    """Write what `find` yields for each value: start, end (excluded) and type."""
    write(package, ((number, *found) for number, text in enumerate(read()) for found in find(text)))
