"""The port that runs work: unordered, at least once; the caller merges by key.

Adapters run `work(task)` for every task and hand back what it returns. They know nothing of checks.
"""

from aigov.engine.local import Pool, Serial, make_engine
from aigov.engine.port import Died, Engine, Task

__all__ = ["Died", "Engine", "Pool", "Serial", "Task", "make_engine"]
