"""Which hostile files each scanner finds and which honest ones it accuses, as the table in docs/serialization.md.

Run: `python bench/museum.py [--picklescan COMMAND] [--modelscan COMMAND] [--fickling COMMAND] [--modelaudit COMMAND]
[--corpus NAME=FOLDER]`. Each command is the tool in an environment of its own. The museum is ours, so the scanners saw
it for the first time. A corpus is a folder of other people's files, labelled by their names as below; what has no label
and source code are left out. A file is found where the tool reports an issue in it, whatever its severity; an error is
no find.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from aigov import Status
from aigov_checks.model.serialization import scan_file

TESTS = Path(__file__).parents[1] / "tests" / "checks" / "serialization"
HONEST = re.compile(r"^(benign|safe_)|_benign|^(int|object)_array|^not_a_pickle|^bad_pytorch|^(new_)?pytorch_model")
HOSTILE = re.compile(
    r"malicious|evil|exploit|attack|nested|decode_exec|dill_func|traversal|shell_commands|multiple_patterns|"
    r"script_injection|suspicious|obfuscated|GHSA|confusion|injection|exfil|urllib|FileIO|CodeType|FileHandler|"
    r"bypass|sploit|broken",
)
HOSTILE_FOLDER = re.compile(r"malicious(_pyfunc)?|obfuscated|exploits")
_PICKLESCAN = re.compile(r": (?:dangerous|suspicious) import .* FOUND")
Scanner = Callable[[Path], set[str]]


def aigov(folder: Path) -> set[str]:
    """Return files that are suspicious or unsafe."""
    return {p.name for p in files(folder) if scan_file(p).status in {Status.SUSPICIOUS, Status.UNSAFE}}


def picklescan(command: str) -> Scanner:
    """Return the scanner picklescan, one command a file: a file on which it breaks off must not hide the others."""

    def scan(folder: Path) -> set[str]:
        outputs = ((path.name, output([command, "-p", str(path)])) for path in files(folder))
        return {name for name, text in outputs if _PICKLESCAN.search(text)}

    return scan


def modelscan(command: str) -> Scanner:
    """Return the scanner modelscan."""

    def scan(folder: Path) -> set[str]:
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            output([command, "-p", str(folder), "-r", "json", "-o", report.name])
            text = Path(report.name).read_text(encoding="utf-8")
        issues = json.loads(text).get("issues", []) if text else []
        return {Path(str(issue["source"]).split(":")[0]).name for issue in issues}

    return scan


def fickling(command: str) -> Scanner:
    """Return the scanner fickling, one command a file."""

    def scan(folder: Path) -> set[str]:
        found = set()
        for path in files(folder):
            done = subprocess.run(
                [command, "--check-safety", str(path)], capture_output=True, check=False, cwd=folder.parent
            )
            if done.returncode == 1 and b"Traceback" not in done.stderr:
                found.add(path.name)
        return found

    return scan


def modelaudit(command: str) -> Scanner:
    """Return the scanner modelaudit."""

    def scan(folder: Path) -> set[str]:
        text = output([command, "scan", str(folder), "--format", "json", "--quiet"])
        start = text.find("{")
        issues = json.loads(text[start:]).get("issues", []) if start >= 0 else []
        grave = [i for i in issues if str(i.get("severity")).lower() in {"warning", "critical"}]
        names = {path.name for path in files(folder)}
        parts = (part for issue in grave for part in re.split(r"[:\s]|\.\w+/", str(issue.get("location"))))
        return {Path(part).name for part in parts} & names

    return scan


def output(command: list[str]) -> str:
    """Return what a command prints; telemetry of peers is off."""
    environment = {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_COLOR": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=3600)
    return done.stdout.decode("utf-8", "replace")


def files(folder: Path) -> list[Path]:
    """Return the files of a flat folder."""
    return sorted(path for path in folder.iterdir() if path.is_file())


def museum(folder: Path) -> None:
    """Write the museum into a folder."""
    sys.path.insert(0, str(TESTS))
    warnings.simplefilter("ignore")
    import museum as hostile

    for name, data in hostile.museum():
        (folder / name.replace("/", "_")).write_bytes(data)


def flat(source: Path, hostile: Path, honest: Path) -> None:
    """Copy a corpus into two flat folders by what the names say; source code and plain pages are no models."""
    for path in sorted(source.rglob("*")):
        if not path.is_file() or path.suffix in {".py", ".md", ".csv"} or path.name == "LICENSE":
            continue
        name = "-".join(path.relative_to(source).parts)
        if HONEST.search(path.name) or HONEST.search(path.parent.name) or hostile == honest:
            honest.joinpath(name).write_bytes(path.read_bytes())
        elif HOSTILE.search(path.name) or HOSTILE_FOLDER.fullmatch(path.parent.name):
            hostile.joinpath(name).write_bytes(path.read_bytes())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    makers = {"picklescan": picklescan, "modelscan": modelscan, "fickling": fickling, "modelaudit": modelaudit}
    for name in makers:
        parser.add_argument(f"--{name}")
    parser.add_argument("--corpus", action="append", default=[], help="NAME=FOLDER")
    chosen = vars(parser.parse_args())
    scanners: dict[str, Scanner] = {"aigov": aigov}
    scanners |= {name: make(chosen[name]) for name, make in makers.items() if chosen[name]}
    print("| files | " + " | ".join(scanners) + " |\n|---|" + "---|" * len(scanners), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = [("museum", "hostile", Path(folder, "museum")), ("real libraries", "honest", Path(folder, "benign"))]
        for _, _, place in rows:
            place.mkdir()
        museum(rows[0][2])
        flat(TESTS / "benign", rows[1][2], rows[1][2])
        for text in chosen["corpus"]:
            name, _, source = text.partition("=")
            pair = [Path(folder, f"{name}-{kind}") for kind in ("hostile", "honest")]
            for place in pair:
                place.mkdir()
            flat(Path(source), *pair)
            rows += [(name, kind, place) for kind, place in zip(("hostile", "honest"), pair, strict=True)]
        for name, kind, place in rows:
            cells = [f"{len(scan(place))} of {len(files(place))}" for scan in scanners.values()]
            print(f"| {name}, {kind} | " + " | ".join(cells) + " |", flush=True)
            if name != "museum":
                missed = {p.name for p in files(place)} - aigov(place) if kind == "hostile" else aigov(place)
                print(f"aigov, {name}, {kind}: {sorted(missed)}", file=sys.stderr)


if __name__ == "__main__":
    main()
