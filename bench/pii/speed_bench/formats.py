"""The same records in every format."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMATS = {"text": "text", "JSONL": "jsonl", "JSONL, \\uXXXX": "jsonl", "CSV": "csv", "Parquet": "parquet"}
"""Name in the table, and format of the file."""


def write(name: str, lines: Sequence[str], path: Path) -> None:
    """Write the lines as records with a number and a note."""
    match FORMATS[name]:
        case "text":
            path.write_text("\n".join(lines), encoding="utf-8")
        case "jsonl":
            escape = name != "JSONL"
            rows = (json.dumps({"id": i, "note": line}, ensure_ascii=escape) for i, line in enumerate(lines))
            path.write_text("\n".join(rows), encoding="utf-8")
        case "csv":
            with path.open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows([("id", "note"), *enumerate(lines)])
        case _:
            import pyarrow as pa
            from pyarrow import parquet

            parquet.write_table(pa.table({"id": list(range(len(lines))), "note": lines}), path)
