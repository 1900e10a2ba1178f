"""Signing and verifying 2 GB: whole commands of aigov and of model-signing 1.1.1, side by side in one run.

Run: `python bench/signing.py [--reference VENV] [--gigabytes 2] [--rounds 3]`. Without `--reference` an environment
with model-signing 1.1.1 and pyOpenSSL is made for the run. Times are of the wall clock, start-up included, the best of
interleaved rounds, since whatever else runs on the machine only adds to them; beside them the processor seconds and
the largest resident memory of each command. On a machine whose cores are busy threads gain nothing, and the ratio of
the times becomes that of the processor seconds.

SHA-256 of one whole file is the same work for everybody and runs on one core; what is faster there is the start. So
the model is also signed in shards, which the reference's command cannot, and the limit is for the better of the two.
"""

import argparse
import os
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
BLOCK = os.urandom(1 << 20)
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


def main() -> int:
    """Print times, ratios and memory; return 1 where a limit is not met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, help="environment with model-signing 1.1.1 and pyOpenSSL")
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
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
            print(f"\n{asked.gigabytes:g} GB in {files} file{'s' if files > 1 else ''}, {os.cpu_count()} cores")
            worst |= compared(model, folder, reference / ("Scripts" if os.name == "nt" else "bin"), asked.rounds)
        return worst


def compared(model: Path, folder: Path, reference: Path, rounds: int) -> int:
    """Print one table and return 1 where a limit is not met."""
    commands = {
        **ours(model, folder, "sha256"),
        **ours(model, folder, "sha256 shards"),
        **ours(model, folder, "blake3"),
        **theirs(model, folder, reference),
    }
    times: dict[tuple[str, str, str], list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(measured(command))
    print(f"{'':<24}{'sign':>9}{'verify':>9}   {'both':>7}{'CPU':>8}{'memory':>10}")
    both = {}
    for who, algorithm in dict.fromkeys((who, algorithm) for who, algorithm, _ in commands):
        sign, verify = (times[who, algorithm, task] for task in ("sign", "verify"))
        wall = [min(run.wall for run in runs) for runs in (sign, verify)]
        cpu = sum(min(run.cpu for run in runs) for runs in (sign, verify))
        memory = max(run.memory for run in (*sign, *verify))
        both[who, algorithm] = (sum(wall), cpu, memory)
        label = f"{who} {algorithm}"
        print(f"{label:<24}{wall[0]:>7.2f} s{wall[1]:>7.2f} s   {sum(wall):>5.2f} s{cpu:>6.2f} s{memory:>7.0f} MB")
    return judged(both)


def judged(both: dict[tuple[str, str], tuple[float, float, float]]) -> int:
    """Print the ratios and return 1 where the better of whole files and shards, or the memory, is beyond its limit."""
    there = both["model-signing", "sha256"]
    ratios = {mine: both["aigov", mine][0] / there[0] for mine in ("sha256", "sha256 shards", "blake3")}
    for mine, ratio in ratios.items():
        print(f"  {mine:<14}/ its sha256  {ratio:5.2f} of the time, {both['aigov', mine][1] / there[1]:.2f} CPU")
    mine, there = both["aigov", "blake3"], both["model-signing", "blake3"]
    print(f"  {'blake3':<14}/ its blake3  {mine[0] / there[0]:5.2f} of the time, {mine[1] / there[1]:.2f} CPU")
    best = {"sha256": min(ratios["sha256"], ratios["sha256 shards"]), "blake3": ratios["blake3"]}
    for algorithm, limit in LIMITS.items():
        print(f"  {algorithm}: {best[algorithm]:.2f}, at most {limit:.2f}")
    memory = max(cost for (who, _), (_, _, cost) in both.items() if who == "aigov")
    return int(memory > MEMORY or any(best[algorithm] > limit for algorithm, limit in LIMITS.items()))


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
