"""How much faster the scan is than Presidio's regex recognizers, in every format, and on hostile lines.

Run: `python bench/pii/speed.py [--megabytes N] [--skip-hostile] [--require]`. One process, files in the page cache, CPU
seconds; both read the same text, Presidio its beginning. With `--require` the exit code is 1 where a required ratio is
missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from speed_bench import hostile, presidio_rate, texts
from speed_bench.formats import FORMATS, write
from speed_bench.timing import FAMILIES, scan_rate

PRESIDIO_BYTES = 100_000
"""Of text that Presidio gets; it reads about 50,000 a second."""
HOSTILE_BYTES = 4 << 20
TEXTS = {"logs": texts.dense, "prose": texts.prose, "prose without a digit": texts.numberless}
REQUIRED = {"logs": 500, "prose": 1000}
"""Prose without a digit is shown for completeness: Presidio's slowest recognizer has nothing to do there."""
FALLBACK = 60
SLOWEST_FORMAT = 0.5
SLOWEST_LINE = 0.1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are measured, and what was missed."""

    missed: list[str]

    def row(self, name: str, speed: float, ratio: float, unit: str, least: float = 0.0) -> None:
        """Print one row; `least` is the ratio that is required."""
        verdict = "" if not least else f"  at least {least:g}: " + ("yes" if ratio >= least else "MISSED")
        print(f"  {name:<36}{speed / 1e6:9.2f} MB/s  {ratio:8.2f} {unit}{verdict}", flush=True)
        if ratio < least:
            self.missed.append(name)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--skip-hostile", action="store_true")
    parser.add_argument("--require", action="store_true")
    args = parser.parse_args()
    table = Table([])
    with tempfile.TemporaryDirectory() as folder:
        for name, records in TEXTS.items():
            _compare(name, _repeated(records(), int(args.megabytes * 1e6)), Path(folder), table)
        if not args.skip_hostile:
            _hostile(Path(folder), table)
    print(f"\nmissed: {', '.join(table.missed) or 'none'}")
    sys.exit(1 if table.missed and args.require else 0)


def _repeated(records: list[str], size: int) -> list[str]:
    return records * max(1, size // len("\n".join(records).encode()))


def _compare(name: str, lines: list[str], folder: Path, table: Table) -> None:
    size = len("\n".join(lines).encode())
    path = folder / "text"
    print(f"\n{name}: {size / len(lines):.0f} bytes a record")
    whole, bare = presidio_rate.rates(_beginning(lines))
    table.row("Presidio, AnalyzerEngine, no model", whole, 1, "x engine")
    table.row("Presidio, its recognizers directly", bare, bare / whole, "x engine")
    write("text", lines, path)
    plain = 0.0
    for checks in (("data.pii",), ("data.secrets",), tuple(FAMILIES)):
        speed = scan_rate(checks, path, size)
        plain = plain or speed
        least = REQUIRED.get(name, 0) if "data.pii" in checks else 0
        table.row(" + ".join(checks), speed, speed / whole, f"x engine {speed / bare:8.1f} x recognizers", least)
    speed = scan_rate(tuple(FAMILIES), path, size, engine="re")
    table.row(" + ".join(FAMILIES) + ", re", speed, speed / whole, "x engine", FALLBACK if name in REQUIRED else 0)
    for shape in FORMATS:
        write(shape, lines, path)
        speed = scan_rate(("data.pii",), path, size, FORMATS[shape])
        least = SLOWEST_FORMAT if shape != "text" and name in REQUIRED else 0
        table.row(f"data.pii, {shape}", speed, speed / plain, "x text", least)


def _beginning(lines: list[str]) -> list[str]:
    size = 0
    for index, line in enumerate(lines):
        size += len(line.encode())
        if size > PRESIDIO_BYTES:
            return lines[:index]
    return lines


def _hostile(folder: Path, table: Table) -> None:
    """Print the rate of each entry of the museum beside that of logs in the same format."""
    path = folder / "hostile"
    for format_ in ("text", "jsonl", "csv"):
        shape = next(shape for shape, known in FORMATS.items() if known == format_)
        write(shape, _repeated(texts.dense(), HOSTILE_BYTES), path)
        normal = scan_rate(("data.pii",), path, path.stat().st_size, format_)
        print(f"\nhostile lines of {HOSTILE_BYTES >> 20} MB as {format_}; logs {normal / 1e6:.1f} MB/s")
        for entry in hostile.entries():
            path.write_bytes(hostile.line(entry, HOSTILE_BYTES))
            speed = scan_rate(("data.pii",), path, path.stat().st_size, format_)
            table.row(entry, speed, speed / normal, "x logs", SLOWEST_LINE)


if __name__ == "__main__":
    main()
