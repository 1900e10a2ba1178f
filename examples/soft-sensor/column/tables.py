"""The two data sets as Parquet tables, with the columns that a plant's historian would add."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from column.instruments import NAMES, Readings

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "butane_in_bottoms"
_FIRST = datetime(2025, 2, 3, 0, 0, tzinfo=UTC)


def write_table(readings: Readings, path: Path) -> None:
    """Write one row an hour: the readings, the laboratory's value, and when and where they were taken."""
    hours = range(len(readings.y))
    columns = {name: pa.array(readings.x[:, place]) for place, name in enumerate(NAMES)}
    columns[LABEL] = pa.array(readings.y)
    columns["taken_at"] = pa.array([_FIRST + timedelta(hours=hour) for hour in hours], pa.timestamp("ms", tz="UTC"))
    columns["sample_point"] = pa.array([f"C-201-BTM-{1 + hour % 2}" for hour in hours])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1000)
