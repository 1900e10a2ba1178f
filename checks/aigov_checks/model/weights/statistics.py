"""Digest and statistics of a tensor in one pass over its bytes, block by block while they are in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import math
import mmap
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aigov_checks.model.weights.low_bits import BLOCK, Blocks
from aigov_checks.model.weights.tensors import FLOATS, Tensor, values

if TYPE_CHECKING:
    from types import ModuleType

PIECE = 1 << 18
"""Bytes that are hashed and looked at together: they stay in the cache, and are one block of the low-bit test."""
_AHEAD = 1 << 23
"""Bytes whose pages are asked for together (8 MiB); one by one they cost a tenth of the time."""
_POPULATE_READ = 22
"""MADV_POPULATE_READ of Linux 5.14 (include/uapi/asm-generic/mman-common.h), which Python does not name."""
_DIGITS = 9
"""Significant digits of a mean: what any order of summing gives alike."""


@dataclass(slots=True)
class Seen:
    """What a pass over a tensor gathers."""

    low: float = math.inf
    high: float = -math.inf
    sums: list[float] = field(default_factory=list)
    finite: int = 0
    nan: int = 0
    inf: int = 0


def measured(
    tensor: Tensor, numpy: ModuleType, blocks: Blocks | None, *, means: bool
) -> dict[str, Any]:  # any JSON values
    """Return what the manifest says of a tensor; `blocks` collects the low-bit test, None leaves it out."""
    digest, seen = hashlib.sha256(), Seen()
    tested = blocks is not None and tensor.dtype in BLOCK
    for start in range(0, len(tensor.raw), PIECE):
        if start % _AHEAD == 0:
            _read_ahead(tensor, start)
        raw = tensor.raw[start : start + PIECE]
        digest.update(raw)
        numbers = values(tensor, raw, numpy)
        if numbers is None:
            continue
        if means or not _all_finite(numbers, numpy, tensor.dtype):
            _look(numbers, seen, numpy, tensor.dtype)
        if blocks is not None and tested:
            blocks.add(tensor, start, numbers)
    known = seen.finite > 0 and means
    mean = _rounded(math.fsum(seen.sums) / seen.finite) if known else None
    return {
        "name": tensor.name,
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "bytes": len(tensor.raw),
        "offset": tensor.offset,
        "sha256": digest.hexdigest(),
        "min": _rounded(seen.low) if known else None,
        "max": _rounded(seen.high) if known else None,
        "mean": mean,
        "nan": seen.nan,
        "inf": seen.inf,
    }


def _read_ahead(tensor: Tensor, start: int) -> None:
    """Ask for the next pages of a mapped file; systems that cannot do it read them one by one."""
    mapped = tensor.raw.obj
    if isinstance(mapped, mmap.mmap) and tensor.offset >= 0 and sys.platform == "linux":
        first = (tensor.offset + start) // mmap.PAGESIZE * mmap.PAGESIZE
        with contextlib.suppress(OSError, ValueError):
            mapped.madvise(_POPULATE_READ, first, min(_AHEAD, len(mapped) - first))


def _all_finite(numbers: Any, numpy: ModuleType, dtype: str) -> bool:  # a numpy array
    """Whether every number is finite, by one product of the array with itself; an overflow is looked at again."""
    if dtype not in FLOATS:
        return True
    wide = numbers.astype("f4") if dtype == "float16" else numbers
    return math.isfinite(float(numpy.dot(wide, wide)))


def _look(numbers: Any, seen: Seen, numpy: ModuleType, dtype: str) -> None:  # a numpy array
    low, high = float(numbers.min()), float(numbers.max())
    if dtype in FLOATS and not (math.isfinite(low) and math.isfinite(high)):
        seen.nan += int(numpy.isnan(numbers).sum())
        seen.inf += int(numpy.isinf(numbers).sum())
        numbers = numbers[numpy.isfinite(numbers)]
        if len(numbers) == 0:
            return
        low, high = float(numbers.min()), float(numbers.max())
    seen.low, seen.high = min(seen.low, low), max(seen.high, high)
    seen.finite += len(numbers)
    seen.sums.append(float(numpy.add.reduce(numbers, dtype="f8")))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
