"""Resource limits: address space, processor time, file size, open files, processes, no core file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aigov.sandbox.job import Limits

_PROCESSES = 512
"""Threads are processes to the kernel."""
_PROCESSOR_SHARE, _PROCESSOR_GRACE = 4, 60


def limit_resources(limits: Limits, *, own_user: bool) -> bool:
    """Set every limit but that of memory; return whether it worked. `own_user`: this process is its user's first."""
    if sys.platform == "win32":
        return False
    import resource

    processor = int(limits.seconds) * _PROCESSOR_SHARE + _PROCESSOR_GRACE
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: processor,
        resource.RLIMIT_FSIZE: limits.written,
        resource.RLIMIT_NOFILE: limits.files,
    }
    if own_user:
        wanted[resource.RLIMIT_NPROC] = _PROCESSES
    lowered = [_lower(kind, value) for kind, value in wanted.items()]
    return all(lowered)


def limit_memory(limits: Limits) -> bool:
    """Bind the address space to what is taken now and `limits.memory` more; return whether it worked."""
    if not sys.platform.startswith("linux"):
        return False
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + limits.memory)


def _lower(kind: int, value: int) -> bool:
    import resource

    hard = resource.getrlimit(kind)[1]
    least = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (least, least))
    except (OSError, ValueError):
        return False
    return True
