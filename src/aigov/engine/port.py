"""What an engine is asked to do and what it promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work under a key that identifies its content."""

    key: str
    body: Any  # whatever the work function takes; picklable for engines of several processes


@dataclass(frozen=True, slots=True)
class Died:
    """The worker died while it did this task, repeatedly; there is no result."""

    attempts: int


class Engine(Protocol):
    """Runs tasks: unordered, at least once, and never drops one silently."""

    @property
    def name(self) -> str:
        """How reports call it."""

    def run(self, work: Callable[[Task], Any], tasks: Sequence[Task]) -> Iterator[tuple[str, Any]]:
        """Yield (key, result) or (key, Died) exactly once a task, in any order."""
