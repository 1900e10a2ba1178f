"""Entry points of installed packs, read once in a process: every distribution has to be opened for them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

CHECKS = "aigov.checks"
REPORTERS = "aigov.reporters"
POLICIES = "aigov.policies"


def points_of(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of a group, in an order that does not depend on the file system."""
    return tuple(sorted(_every().select(group=group), key=lambda point: (point.value, point.name)))


@cache
def _every() -> Any:  # Any: `EntryPoints`, and before Python 3.12 something that can be asked alike
    return entry_points()
