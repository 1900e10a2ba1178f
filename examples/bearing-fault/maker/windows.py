"""The two data sets of windows: a Parquet table to train on and an NPZ archive to test with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from maker.bearing import CLASSES
from maker.vibration import Condition, window

if TYPE_CHECKING:
    from pathlib import Path

TRAIN_SEED, EVAL_SEED = 20250101, 20250102
TRAIN_SIZE, EVAL_SIZE = 3000, 300
_INCIPIENT = 0.08
"""Share of windows whose fault has only begun and drowns in noise: no model can get all of these right."""
_FIRST = datetime(2025, 1, 6, 0, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows x (n, 1, 1024) float32 in g, labels y (n,) int64, and the load of each window (n,) as a share."""

    x: np.ndarray
    y: np.ndarray
    load: np.ndarray


def record_windows(size: int, seed: int) -> Windows:
    """Return `size` windows, the classes in equal shares and random order, under random load and severity (g)."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(size) % len(CLASSES))
    load = rng.uniform(0.2, 1.0, size)
    severity = np.where(rng.random(size) < _INCIPIENT, rng.uniform(0.05, 0.15, size), rng.uniform(0.5, 1.6, size))
    conditions = [Condition(CLASSES[k], a, s) for k, a, s in zip(y, load, severity, strict=True)]
    x = np.stack([window(condition, rng) for condition in conditions])[:, None, :]
    return Windows(x, y.astype(np.int64), load)


def write_parquet(windows: Windows, path: Path) -> None:
    """Write one row a window, with the columns that a plant's historian would add.

    Serial, batch and counter columns look like personal numbers to a careless detector and are none: check
    digits are wrong on purpose, and lengths and prefixes are those of no identity or telephone number.
    """
    number = len(windows.y)
    at = [_FIRST + timedelta(minutes=17 * row) for row in range(number)]
    columns = {
        "vibration": pa.array(list(windows.x[:, 0]), pa.list_(pa.float32())),
        "fault": pa.array([CLASSES[k] for k in windows.y]),
        "recorded_at": pa.array(at, pa.timestamp("ms", tz="UTC")),
        "load": pa.array(windows.load.astype(np.float32)),
        "asset": pa.array([f"L3-SP-{1 + row % 12:02d}" for row in range(number)]),
        "bearing_serial": pa.array([serial_number(row % 240) for row in range(number)]),
        "batch": pa.array([f"{moment:%Y%m%d}-{row % 97:04d}" for row, moment in enumerate(at)]),
        "sample_counter": pa.array([10_020_000_000 + 7 * row for row in range(number)], pa.int64()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=500)


def write_npz(windows: Windows, path: Path) -> None:
    """Write the arrays `x` and `y`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=windows.x, y=windows.y)


def serial_number(index: int) -> str:
    """Return 18 digits: a maker's code, a date, a counter, and a last digit that is never a valid check digit."""
    body = f"90{1000 + index % 8999:04d}{20240000 + 100 * (1 + index % 12) + 1 + index % 28}{index % 1000:03d}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    valid = (12 - sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))) % 11
    return body + str((valid + 1) % 10)
