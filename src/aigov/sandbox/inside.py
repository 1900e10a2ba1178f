"""What the entry of a job has: its two folders, and a clock for calls that might never return."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.sandbox.job import Json

_TICK = 0.2


@dataclass(slots=True, eq=False)
class Channel:
    """The pipe to the parent: one line of JSON a message."""

    descriptor: int

    def send(self, message: dict[str, Json]) -> None:
        """Write a message whole."""
        data = memoryview(json.dumps(message, allow_nan=False).encode("ascii") + b"\n")
        while data:
            data = data[os.write(self.descriptor, data) :]


@dataclass(slots=True, eq=False)
class Inside:
    """The place in which an entry runs."""

    given: Path
    """Folder with the files of the job, to read."""
    written: Path
    """The one folder that it may write: regular files, without folders."""
    channel: Channel
    deadlines: list[tuple[float, float]] = field(default_factory=list)
    """End, on the monotonic clock, and length of every call that is under way."""
    watching: bool = False

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the process, with a word to the parent, where the body takes longer."""
        if not self.watching:
            self.watching = True
            threading.Thread(target=self._watch, daemon=True).start()
        self.deadlines.append((time.monotonic() + seconds, seconds))
        try:
            yield
        finally:
            self.deadlines.pop()

    def _watch(self) -> None:
        """Look now and then; a call that holds the interpreter's lock is left to the parent's clock."""
        while True:
            time.sleep(_TICK)
            now = time.monotonic()
            for end, length in tuple(self.deadlines):
                if now > end:
                    self.channel.send({"overdue": length})
                    os._exit(0)
