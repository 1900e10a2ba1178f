"""Scanning a folder of small files beside public scanners, and a large file beside SHA-256 alone; all in one run.

Run: `python bench/serialization.py [--peers VENV/bin] [--gigabytes 4]`. Peers are other people's tools in an
environment of their own (pip install modelscan picklescan); without them only the ratio to SHA-256 is printed. Times
are CPU seconds, of a command with all its processes; medians of alternating runs, after one of each that does not
count, so that modules are compiled as pip compiles the peers'.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import pickle  # noqa: TID251  # writes what is scanned; nothing is loaded
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is loaded, as in a worker

import numpy as np

from aigov_checks.model.serialization import scan_file
from aigov_checks.model.weights.check import WeightsParams, manifest

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = 1_000
ROUNDS = 5
LIMIT_HASH = 1.15
LIMIT_PEER = 1.0
PIECE = 1 << 20


def main() -> int:
    """Print the ratios and return 1 where one is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder of the commands modelscan and picklescan")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="where to write the files; by default a temporary folder")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        worst = small_files(Path(folder, "small"), chosen.peers)
        return worst | large_file(Path(folder, "large.safetensors"), int(chosen.gigabytes * (1 << 30)))


def small_files(folder: Path, peers: Path | None) -> int:
    """Scan many small files with our command and with the peers'."""
    folder.mkdir()
    written = write_small(folder)
    commands = {"aigov": [sys.executable, "-m", "aigov", "check", "model.serialization", str(folder), "--quiet"]}
    if peers is not None:
        commands["modelscan"] = [str(peers / "modelscan"), "-p", str(folder)]
        commands["picklescan"] = [str(peers / "picklescan"), "-p", str(folder)]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for command in commands.values():
        cost(command)
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(cost(command))
    print(f"{FILES} files, {written / 1e6:.1f} MB, whole command, median of {ROUNDS}")
    middle = {
        name: [statistics.median(column) for column in zip(*values, strict=True)] for name, values in times.items()
    }
    for name, (cpu, wall) in middle.items():
        ratio = (
            f"   aigov / {name}: {middle['aigov'][0] / cpu:5.2f} CPU, {middle['aigov'][1] / wall:5.2f} wall"
            if name != "aigov"
            else ""
        )
        print(f"  {name:<11} {cpu:6.2f} s CPU  {wall:6.2f} s wall{ratio}")
    if "modelscan" not in middle:
        return 0
    ratio = middle["aigov"][0] / middle["modelscan"][0]
    print(f"  limit: {LIMIT_PEER} x modelscan's CPU time: {'met' if ratio <= LIMIT_PEER else 'NOT met'}")
    return int(ratio > LIMIT_PEER)


def cost(command: list[str]) -> tuple[float, float]:
    """Return CPU and wall-clock seconds of a command with its child processes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=own)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


def write_small(folder: Path) -> int:
    """Write the small files, each with other content, and return their bytes."""
    total = 0
    for index in range(FILES):
        name, data = small(index)
        (folder / name).write_bytes(data)
        total += len(data)
    return total


def small(index: int) -> tuple[str, bytes]:
    """Return one small file: eight formats in turn."""
    rng = np.random.default_rng(index)
    array = rng.normal(size=(8 + index % 24, 16)).astype("<f4")
    state = {"weight": array, "bias": array[0], "name": f"layer-{index}", "classes": ["healthy", "fault"], "rate": 0.01}
    makers: tuple[tuple[str, Callable[[], bytes]], ...] = (
        ("pkl", lambda: pickle.dumps(state, index % 6)),
        ("joblib", lambda: zlib.compress(pickle.dumps(state, 4))),
        ("npy", lambda: _saved(array)),
        ("npz", lambda: _zipped({"w.npy": _saved(array), "b.npy": _saved(array[0])})),
        (
            "pt",
            lambda: _zipped({"m/data.pkl": pickle.dumps(state, 2), "m/version": b"3\n", "m/data/0": array.tobytes()}),
        ),
        ("safetensors", lambda: _safetensors(array)),
        ("json", lambda: json.dumps({**state, "weight": array.tolist(), "bias": array[0].tolist()}).encode()),
        ("txt", f"# Model {index}\nTrained on line 3.\n".encode),
    )
    ending, make = makers[index % len(makers)]
    return f"{index:04}.{ending}", make()


def _saved(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _safetensors(array: np.ndarray) -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": list(array.shape), "data_offsets": [0, array.nbytes]}}).encode()
    return len(header).to_bytes(8, "little") + header + array.tobytes()


def large_file(path: Path, size: int) -> int:
    """Digest, format checks and finite check of a large file against SHA-256 of its bytes alone."""
    write_large(path, size)
    works: dict[str, Callable[[], object]] = {
        "SHA-256 alone": lambda: sha256(path),
        "digest, format, finite": lambda: (scan_file(path), manifest(path, WeightsParams("finite", "off"))),
        "  + low bits, one block in 8": lambda: (scan_file(path), manifest(path, WeightsParams("finite", "sampled"))),
        "  + all statistics, all blocks": lambda: (scan_file(path), manifest(path, WeightsParams("full", "all"))),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(3):
        for name, work in works.items():
            began = time.process_time()
            work()
            times[name].append(time.process_time() - began)
    alone = statistics.median(times["SHA-256 alone"])
    print(f"one safetensors of {size / (1 << 30):.2f} GiB of random weights, one thread, median of 3")
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"  {name:<32} {middle:6.2f} s CPU  {middle / alone:5.2f} x SHA-256")
    ratio = statistics.median(times["digest, format, finite"]) / alone
    verdict = "met" if ratio <= LIMIT_HASH else "NOT met"
    print(f"  limit: {LIMIT_HASH} x SHA-256 for digest, format and finite check: {verdict}")
    return int(ratio > LIMIT_HASH)


def sha256(path: Path) -> str:
    """Return the digest of a file through one reused buffer."""
    digest, buffer = hashlib.sha256(), bytearray(PIECE)
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()


def write_large(path: Path, size: int) -> None:
    """Write tensors of 64 MiB of normal random weights."""
    rng = np.random.default_rng(0)
    block = 1 << 26
    count = max(1, size // block)
    entries = {
        f"layer.{i}.weight": {"dtype": "F32", "shape": [4096, 4096], "data_offsets": [i * block, (i + 1) * block]}
        for i in range(count)
    }
    header = json.dumps(entries).encode()
    with path.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        for _ in range(count):
            stream.write(rng.standard_normal((4096, 4096), dtype="f4").tobytes())
    os.sync()


if __name__ == "__main__":
    sys.exit(main())
