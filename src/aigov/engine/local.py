"""Engines on this machine: in this process, or a pool of processes that survives a worker's death."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov.engine.port import Died, Engine, Task
from aigov.errors import UsageError
from aigov.i18n import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

_DEATHS_BEFORE_ALONE = 2
_MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class Serial:
    """Runs everything in this process, in order; what live objects need."""

    name: str = "serial"

    def run(self, work: Callable[[Task], Any], tasks: Sequence[Task]) -> Iterator[tuple[str, Any]]:
        """Yield each result as it comes."""
        for task in tasks:
            yield task.key, work(task)


@dataclass(frozen=True, slots=True)
class Pool:
    """Runs tasks in spawned processes, one thread each.

    Tasks without a result when two pools broke run alone, one after the other; the one whose worker
    dies then as well has the result `Died`, and every other task still has its own.
    """

    workers: int
    name: str = "local"

    def run(self, work: Callable[[Task], Any], tasks: Sequence[Task]) -> Iterator[tuple[str, Any]]:
        """Yield each result as it comes."""
        pending = {task.key: task for task in tasks}
        deaths: Counter[str] = Counter()
        while pending:
            suspects = [task for task in pending.values() if deaths[task.key] >= _DEATHS_BEFORE_ALONE]
            batch = suspects[:1] or list(pending.values())
            for key, result in self._round(work, batch, deaths):
                del pending[key]
                yield key, result
            for task in suspects[:1]:
                if task.key in pending:
                    del pending[task.key]
                    yield task.key, Died(deaths[task.key])
                deaths.clear()

    def _round(self, work: Callable[[Task], Any], batch: list[Task], deaths: Counter[str]) -> Iterator[tuple[str, Any]]:
        import multiprocessing  # start-up time, as what follows: a small audit has no workers
        from concurrent.futures import ProcessPoolExecutor, as_completed
        from concurrent.futures.process import BrokenProcessPool

        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, len(batch))
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker) as pool:
            futures: dict[Future[Any], Task] = {}
            try:
                for task in batch:
                    futures[pool.submit(work, task)] = task
                for future in as_completed(futures):
                    yield futures[future].key, future.result()
            except BrokenProcessPool:
                deaths.update(task.key for future, task in futures.items() if _lost(future))
            except (KeyboardInterrupt, GeneratorExit):  # here, or where the results go: nobody waits for the rest
                _stop_workers()
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def make_engine(name: str | None) -> Engine:
    """Return the engine called `serial`, `local` (a worker a core) or `local:N`.

    Raises:
        UsageError: there is no such engine.
    """
    kind, _, size = (name or "local").partition(":")
    if kind == "serial" and not size:
        return Serial()
    if kind == "local" and (not size or (size.isdecimal() and 0 < int(size) <= _MOST_WORKERS)):
        return Pool(int(size) if size else os.cpu_count() or 1)
    raise UsageError(
        msg("usage.unknown-engine", name=str(name)), hint=msg("usage.known", known=("serial", "local", "local:N"))
    )


def _lost(future: Future[Any]) -> bool:
    from concurrent.futures.process import BrokenProcessPool

    return not future.done() or isinstance(future.exception(), BrokenProcessPool)


def _start_worker() -> None:
    """End at once on Ctrl-C: the driver reports it. One thread a worker, set before numpy or torch are loaded."""
    import signal

    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


def _stop_workers() -> None:
    import multiprocessing

    for process in multiprocessing.active_children():
        process.terminate()
