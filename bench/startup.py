"""Start-up of the command line as a ratio to a bare interpreter, side by side in one run; medians of many."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
LIMITS = {"--help": 6.0, "verify": 10.0}


def seconds(command: list[str]) -> float:
    """Return the wall-clock seconds of one run of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    """Print the ratios and return 1 where one is beyond its limit."""
    aigov = str(Path(sys.executable).parent / "aigov")
    with tempfile.TemporaryDirectory() as folder:
        model, key = Path(folder, "model.onnx"), Path(folder, "key.pem")
        model.write_bytes(b"\x08\x07" * 1000)
        for step in (["key", "new", str(key)], ["sign", str(model), "--key", str(key)]):
            subprocess.run([aigov, *step], check=True, capture_output=True)
        public = next(Path(folder).glob("*.pub*"))
        commands = {
            "bare": [sys.executable, "-c", "pass"],
            "--help": [aigov, "--help"],
            "verify": [aigov, "verify", str(model), "--public-key", str(public)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(seconds(command))
    bare = statistics.median(times["bare"])
    print(f"bare interpreter   {bare * 1000:6.1f} ms")
    worst = 0
    for name, limit in LIMITS.items():
        ratio = statistics.median(times[name]) / bare
        median = statistics.median(times[name]) * 1000
        print(f"aigov {name:<12} {median:6.1f} ms   {ratio:4.1f} x   (at most {limit:.0f} x)")
        worst |= ratio > limit
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
