"""CPU seconds, the best of three, in one process; a file is read from the page cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aigov import FrozenMap, Unit
from aigov_checks.data.pii import PiiParams
from aigov_checks.data.scan import scan_unit
from aigov_checks.data.secrets import SecretsParams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAMILIES = {"data.pii": ("pii", PiiParams()), "data.secrets": ("secrets", SecretsParams())}


def rate(work: Callable[[], object], size: int, times: int = 3) -> float:
    """Return bytes a CPU second."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return size / min(seconds)


def scan(check: str, path: Path, format_: str = "text", engine: str = "vectorscan") -> None:
    """Scan a file as the check does."""
    from pyarrow import parquet

    family, params = FAMILIES[check]
    end = parquet.ParquetFile(path).num_row_groups if format_ == "parquet" else path.stat().st_size
    content = {"sha256": "", "format": format_, "encoding": "utf-8", "start": 0, "end": end, "reason": ""}
    scan_unit(family, Unit(FrozenMap(content), FrozenMap({"path": str(path)})), params, engine)


def scan_rate(
    checks: tuple[str, ...], path: Path, size: int, format_: str = "text", engine: str = "vectorscan"
) -> float:
    """Return bytes of text a CPU second, after one scan that warms up."""

    def work() -> None:
        for check in checks:
            scan(check, path, format_, engine)

    work()
    return rate(work, size)
