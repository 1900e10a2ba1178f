"""The counts of `model.weights`; where tensors were not read, the true ones may be larger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aigov import Interval, Json, Measurement, msg

if TYPE_CHECKING:
    from collections.abc import Sequence


def measurements(results: Sequence[Json]) -> dict[str, Measurement]:
    """Return every measurement of the check over the manifests of its files."""
    tensors = [tensor for result in results for tensor in result["tensors"]]
    unread = sum(len(result["unread"]) for result in results)
    sampled = any(result["low_bits"]["sampled"] for result in results)
    rows = [row for result in results for row in result["rows"].values()]
    flagged = sum(len(result["low_bits"]["flagged"]) for result in results)
    return {
        "tensors": _count(len(tensors), unread),
        "parameters": _count(sum(_size(tensor["shape"]) for tensor in tensors), unread),
        "nonfinite_weights": _count(sum(tensor["nan"] + tensor["inf"] for tensor in tensors), unread),
        "low_bit_blocks": _count(flagged, unread, sampled=sampled),
        "low_bit_blocks_tested": _count(sum(result["low_bits"]["tested"] for result in results), 0),
        "dead_rows": _count(sum(row[0] for row in rows), unread),
        "duplicate_rows": _count(sum(row[1] for row in rows), unread),
        "class_outliers": _count(sum(len(row[2]) for row in rows), unread),
    }


def _size(shape: Sequence[int]) -> int:
    total = 1
    for length in shape:
        total *= length
    return total


def _count(known: int, unread: int, *, sampled: bool = False) -> Measurement:
    value = float(known)
    if not unread and not sampled:
        return Measurement(value, "count")
    limits = msg("weights.unread", count=unread) if unread else msg("weights.sampled")
    return Measurement(value, "count", Interval(value, math.inf), limits=limits)
