"""Digests of files and of parts of files: one read through one buffer, several files at a time."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import FileIO
    from threading import Event

BLAKE3_EXTRA = "blake3"
SIZES = {"sha256": 64, "blake2b": 128, "blake3": 64, "sm3": 64}
"""Hex digits of each digest."""
_BUFFER = 1 << 19
"""Small enough to stay in the cache of a core between reading and hashing."""
_AHEAD = 64
"""Files that are waited for per thread; bounds what is held at once."""
T = TypeVar("T")
R = TypeVar("R")


class Hash(Protocol):
    """What hashlib, `blake3` and our SM3 have in common."""

    def update(self, data: memoryview, /) -> object:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far."""


class _Sm3:
    """SM3 of `cryptography`, for a Python whose OpenSSL was built without it."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import hashes

        self._context = hashes.Hash(hashes.SM3())

    def update(self, data: memoryview, /) -> None:
        self._context.update(data)

    def hexdigest(self) -> str:
        return self._context.copy().finalize().hex()


def new_hash(algorithm: str) -> Hash:
    """Return an empty digest.

    Raises:
        MissingExtraError: BLAKE3 is asked for and not installed.
    """
    if algorithm == "blake3":
        from aigov.check import need  # start-up time

        made: Hash = need("blake3", BLAKE3_EXTRA).blake3()
        return made
    if algorithm == "sm3" and algorithm not in hashlib.algorithms_available:
        return _Sm3()
    return hashlib.new(algorithm, usedforsecurity=True)


def digests(
    stream: FileIO, algorithms: tuple[str, ...], length: int | None = None, stop: Event | None = None
) -> tuple[str, ...]:
    """Return the digests of the next `length` bytes of a stream, of all that is left without it, in one read.

    Raises:
        InterruptedError: `stop` was set; nobody waits for the answer.
    """
    hashes = [new_hash(algorithm) for algorithm in algorithms]
    room = os.fstat(stream.fileno()).st_size + 1 if length is None else length
    buffer = bytearray(max(1, min(_BUFFER, room)))
    view = memoryview(buffer)
    left = length
    while left is None or left > 0:
        size = stream.readinto(view if left is None else view[: min(left, len(buffer))])
        if not size:
            break
        if stop is not None and stop.is_set():
            raise InterruptedError
        for one in hashes:
            one.update(view[:size])
        left = None if left is None else left - size
    return tuple(one.hexdigest() for one in hashes)


def in_threads(work: Callable[[T, Event], R], items: Iterable[T]) -> Iterator[R]:
    """Yield `work` of every item in order; digests let the interpreter go, so that every core hashes.

    `work` gets an event that is set when its answer is no longer waited for.
    """
    from threading import Event  # start-up time

    stop = Event()
    waiting = iter(items)
    first = list(islice(waiting, 2))
    if len(first) < 2:  # noqa: PLR2004  # a single file needs no thread
        yield from (work(item, stop) for item in first)
        return
    from concurrent.futures import ThreadPoolExecutor  # start-up time

    workers = min(os.cpu_count() or 1, 8)
    pool = ThreadPoolExecutor(workers)
    try:
        running = deque(pool.submit(work, item, stop) for item in [*first, *islice(waiting, workers * _AHEAD)])
        while running:
            yield running.popleft().result()
            running.extend(pool.submit(work, item, stop) for item in islice(waiting, 1))
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
