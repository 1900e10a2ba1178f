"""Signing and verifying 2 GB: whole commands of aigov and of model-signing 1.1.1, side by side in one run.

Run: `python bench/signing.py [--reference VENV] [--gigabytes 2] [--rounds 5]`. Without `--reference` an environment
with model-signing 1.1.1 and pyOpenSSL is made for the run. Every command runs once before it counts, so that the files
are in memory and modules are compiled, as pip compiles the reference's. Then rounds alternate, and of each command the
wall clock and the processor seconds are printed, start-up included, median and best, with its largest resident memory.
Limits are for the best wall clock. Where the cores were busy with something else, which shows in a bare loop whose wall
clock is far from its processor seconds, the wall clock says nothing and threads gain nothing: then processor seconds
are judged, and SHA-256, which only shards on free cores bring below its limit, is not.

SHA-256 of one whole file is the same work for everybody and runs on one core: the row `hashlib alone` is a bare loop
that reads and hashes. No signer that hashes whole files with it can be faster than that, so its ratio is the bound. So
the model is also signed in shards, which the reference's command cannot, and the limit is for the better of the two.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("model-signing==1.1.1", "pyOpenSSL")  # 1.1.1 imports pyOpenSSL without declaring it
LIMITS = {"sha256": 0.70, "blake3": 0.45}
"""Of the time of the reference with SHA-256, which is all that its command offers."""
SHARD = 64_000_000
"""Bytes of a shard, so that two cores have something to share."""
MEMORY = 200
"""MB that a command of ours may hold."""
BUSY = 1.2
"""Wall clock over processor seconds of one thread above which the cores are busy with something else."""
BLOCK = os.urandom(1 << 20)
BARE = """
import hashlib, pathlib, sys
buffer = memoryview(bytearray(1 << 18))
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    digest, stream = hashlib.sha256(), path.open("rb", buffering=0)
    while size := stream.readinto(buffer):
        digest.update(buffer[:size])
"""
"""One thread that reads and hashes, and nothing else."""
BLAKE3 = """
import pathlib, sys
from model_signing import hashing, signing, verifying
task, model, signature, key = sys.argv[1], *map(pathlib.Path, sys.argv[2:])
how = hashing.Config().use_file_serialization(hashing_algorithm="blake3")
how = how.set_ignored_paths(paths=[signature], ignore_git_paths=True)
if task == "sign":
    signing.Config().set_hashing_config(how).use_elliptic_key_signer(private_key=key).sign(model, signature)
else:
    verifying.Config().use_elliptic_key_verifier(public_key=key).verify(model, signature)
"""


@dataclass(frozen=True)
class Run:
    """What one command cost."""

    wall: float
    cpu: float
    memory: float
    """Largest resident set in MB."""


@dataclass(frozen=True)
class Cost:
    """What signing and verifying cost together, over all rounds: seconds, and MB."""

    wall: float
    best: float
    cpu: float
    best_cpu: float
    memory: float

    @classmethod
    def of(cls, pair: list[list[Run]]) -> Cost:
        """Return the sums of the medians and of the best of both commands."""
        walls, cpus = ([[getattr(run, name) for run in runs] for runs in pair] for name in ("wall", "cpu"))
        middle, least = (lambda rows: sum(map(statistics.median, rows))), (lambda rows: sum(map(min, rows)))
        memory = max(run.memory for runs in pair for run in runs)
        return cls(middle(walls), least(walls), middle(cpus), least(cpus), memory)

    def over(self, other: Cost) -> str:
        """Return the ratios to another's cost."""
        return (
            f"wall {self.wall / other.wall:.2f} (best {self.best / other.best:.2f}), "
            f"CPU {self.cpu / other.cpu:.2f} (best {self.best_cpu / other.best_cpu:.2f})"
        )


def main() -> int:
    """Print times, ratios and memory; return 1 where a limit is not met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, help="environment with model-signing 1.1.1 and pyOpenSSL")
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        reference = asked.reference or installed(folder / "reference")
        if reference is None:
            print("no package index is reachable: the reference implementation could not be installed")
            return 0
        subprocess.run([*aigov(), "key", "new", folder / "key.pem"], check=True, capture_output=True)
        worst = 0
        for files in (1, 16):
            model = written(folder / f"model-{files}", files, int(asked.gigabytes * 1e9))
            load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
            print(f"\n{asked.gigabytes:g} GB in {files} file{'s' if files > 1 else ''}, {os.cpu_count()} cores{load}")
            worst |= compared(model, folder, reference / ("Scripts" if os.name == "nt" else "bin"), asked.rounds)
        return worst


def compared(model: Path, folder: Path, reference: Path, rounds: int) -> int:
    """Print one table and return 1 where a limit is not met."""
    commands = {
        **ours(model, folder, "sha256"),
        **ours(model, folder, "sha256 shards"),
        **ours(model, folder, "blake3"),
        **theirs(model, folder, reference),
        **{("hashlib", "alone", task): [sys.executable, "-I", "-c", BARE, model] for task in ("sign", "verify")},
    }
    for command in commands.values():
        measured(command)
    times: dict[tuple[str, str, str], list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(measured(command))
    print(f"{'seconds, sign + verify':<24}{'wall: median':>13}{'best':>7}{'CPU: median':>14}{'best':>7}{'memory':>11}")
    both = {}
    for who, algorithm in dict.fromkeys((who, algorithm) for who, algorithm, _ in commands):
        pair = [times[who, algorithm, task] for task in ("sign", "verify")]
        cost = Cost.of(pair)
        both[who, algorithm] = cost
        seconds = f"{cost.wall:>13.2f}{cost.best:>7.2f}{cost.cpu:>14.2f}{cost.best_cpu:>7.2f}"
        print(f"{f'{who} {algorithm}':<24}{seconds}{cost.memory:>8.0f} MB")
    return judged(both)


def judged(both: dict[tuple[str, str], Cost]) -> int:
    """Print the ratios and return 1 where the better of whole files and shards, or the memory, is beyond its limit."""
    there = both["model-signing", "sha256"]
    rows = [("aigov", name) for name in ("sha256", "sha256 shards", "blake3")] + [("hashlib", "alone")]
    for mine in rows:
        print(f"  {' '.join(mine):<20}/ its sha256   {both[mine].over(there)}")
    print(f"  {'aigov blake3':<20}/ its blake3   {both['aigov', 'blake3'].over(both['model-signing', 'blake3'])}")
    bare = both["hashlib", "alone"]
    busy = bare.wall > BUSY * bare.cpu
    unit = "best_cpu" if busy else "best"
    ratio = {mine: getattr(both["aigov", mine], unit) / getattr(there, unit) for who, mine in rows if who == "aigov"}
    best = {"sha256": min(ratio["sha256"], ratio["sha256 shards"]), "blake3": ratio["blake3"]}
    for algorithm, limit in LIMITS.items():
        met = "met" if best[algorithm] <= limit else "NOT met" + busy * " with busy cores"
        print(
            f"  {algorithm}: {best[algorithm]:.2f} of the {'CPU' if busy else 'wall clock'}, at most {limit:.2f}: {met}"
        )
    memory = max(cost.memory for (who, _), cost in both.items() if who == "aigov")
    failed = {algorithm for algorithm, limit in LIMITS.items() if best[algorithm] > limit}
    return int(memory > MEMORY or bool(failed - ({"sha256"} if busy else set())))


def ours(model: Path, folder: Path, algorithm: str) -> dict[tuple[str, str, str], list[object]]:
    """Return our two commands."""
    name, _, shards = algorithm.partition(" ")
    signature = folder / f"{model.name}.ours.{name}{shards}.sig"
    sign = [*aigov(), "sign", model, "--key", folder / "key.pem", "--output", signature, "--hash", name]
    sign += ["--shard-size", SHARD] if shards else []
    verify = [*aigov(), "verify", model, "--signature", signature, "--public-key", folder / "key.pub.pem"]
    return {("aigov", algorithm, "sign"): sign, ("aigov", algorithm, "verify"): verify}


def theirs(model: Path, folder: Path, reference: Path) -> dict[tuple[str, str, str], list[object]]:
    """Return the reference's commands: its own with SHA-256, its library with BLAKE3, which its command has not."""
    signature = folder / f"{model.name}.theirs.sig"
    command = reference / "model_signing"
    sign = [command, "sign", "key", model, "--private_key", folder / "key.pem", "--signature", signature]
    verify = [command, "verify", "key", model, "--public_key", folder / "key.pub.pem", "--signature", signature]
    other = folder / f"{model.name}.theirs.blake3.sig"
    library = [reference / "python", "-c", BLAKE3]
    return {
        ("model-signing", "sha256", "sign"): sign,
        ("model-signing", "sha256", "verify"): verify,
        ("model-signing", "blake3", "sign"): [*library, "sign", model, other, folder / "key.pem"],
        ("model-signing", "blake3", "verify"): [*library, "verify", model, other, folder / "key.pub.pem"],
    }


def aigov() -> list[object]:
    """Return how to call our command from this environment."""
    return [sys.executable, "-m", "aigov"]


def measured(command: list[object]) -> Run:
    """Run a command and return what it cost."""
    own = dict(os.environ)
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its modules compiled
    if command[0] != sys.executable:
        own.pop("PYTHONPATH", None)
    began = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=own)
    said = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said.decode())
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)


def written(folder: Path, files: int, size: int) -> Path:
    """Write a model of `size` bytes in so many files, all different, and return the folder."""
    folder.mkdir()
    for number in range(files):
        with (folder / f"part-{number:02}.safetensors").open("wb") as stream:
            stream.write(number.to_bytes(8, "big"))
            for _ in range(size // files // len(BLOCK)):
                stream.write(BLOCK)
    return folder


def installed(home: Path) -> Path | None:
    """Return a new environment with the reference implementation; None where no index is reachable."""
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=False, env=clean)
    return home if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
