"""What a run costs: processor time of this process and its children, and wall clock."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORT = 5.0
"""Runs shorter than so many seconds are made three times; the first of them also imports what it needs."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What a run returned, and the median of its seconds."""

    value: float
    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no value."""

    reason: str


def timed(run: Callable[[], float]) -> Timed:
    """Return the value of a run and its cost; a short run is made three times."""
    first = _once(run)
    if first.cpu > _SHORT:
        return first
    runs = [first, _once(run), _once(run)]
    return Timed(first.value, *(statistics.median(getattr(each, part) for each in runs) for part in ("cpu", "wall")))


def _once(run: Callable[[], float]) -> Timed:
    cpu, wall = _cpu(), time.perf_counter()
    value = run()
    return Timed(value, _cpu() - cpu, time.perf_counter() - wall)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
