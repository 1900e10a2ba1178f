"""The tools that are scored: aigov through its command line, peers through their adapters, others through a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .labels import Corpus, Place, Span
from .matching import Finding
from .meanings import HOME

EVERY_OCCURRENCE = 10_000_000
CLEAN, FOUND, PARTLY = 0, 1, 3
"""Exit codes of `aigov check` with a result on stdout."""


@dataclass(frozen=True, slots=True)
class ToolError(Exception):
    """A tool did not run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool: its adapter, and which rows of labels it claims under which of its types."""

    title: str
    command: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]]
    ignored: frozenset[str]
    """Its types that this benchmark has no labels for; they count neither for nor against it."""


def aigov(folder: Path, check: str) -> Iterator[Finding]:
    """Yield what `aigov check CHECK` reports for the files of the folder."""
    command = [_program(), "check", check, ".", "--format", "jsonl", "--lang", "en"]
    command += ["-p", f"max_listed={EVERY_OCCURRENCE}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (CLEAN, FOUND, PARTLY):
        raise ToolError(f"{check}: exit code {done.returncode}: {done.stderr[-1000:]}")
    if done.returncode == PARTLY:
        print(f"{check} did not cover everything: {done.stderr[-1000:]}", file=sys.stderr)
    if done.returncode == PARTLY and not done.stdout:
        raise ToolError(f"{check} was not performed; run it with --format table to see why")
    for line in done.stdout.splitlines():
        found = json.loads(line)
        place = Place(found["path"], found["record"], found["pointer"])
        yield Finding(place, Span(found["start"], found["end"]), found["type"], found["tier"])


def aigov_version() -> str:
    """Return the version of aigov."""
    return subprocess.run([_program(), "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def _program() -> str:
    beside = str(Path(sys.executable).parent)
    program = shutil.which("aigov", path=os.pathsep.join((os.environ.get("PATH", ""), beside)))
    if program is None:
        raise ToolError("aigov is neither on PATH nor beside the interpreter")
    return program


def from_file(path: Path) -> Iterator[Finding]:
    """Yield the findings of a JSON lines file: file, record, pointer, start, end, type, and tier if there is one."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            place = Place(found["file"], found["record"], found.get("pointer"))
            yield Finding(place, Span(found["start"], found["end"]), found["type"], found.get("tier"))
        except (ValueError, TypeError, KeyError) as error:
            raise ToolError(f"{path}:{number}: no finding: {error!r}; see README.md, another tool") from error


def peers(folder: Path = HOME / "peers") -> Mapping[str, Peer]:
    """Return the peers that have an adapter."""
    entries = yaml.safe_load((folder / "peers.yaml").read_text(encoding="utf-8"))
    return {name: _peer(folder, entry) for name, entry in entries.items()}


def _peer(folder: Path, entry: Mapping[str, Any]) -> Peer:  # what YAML holds
    claims = {name: tuple(rows) for name, rows in entry["claims"].items()}
    command = (str(folder / entry["adapter"]), *entry.get("arguments", ()))
    return Peer(str(entry["title"]), command, claims, frozenset(entry.get("ignored", ())))


def run(peer: Peer, corpus: Corpus, python: str) -> tuple[str, list[Finding]]:
    """Return the version of a peer and what it finds in each value, its column or key in front as `name: `."""
    places = tuple(corpus.values)
    heads = ["" if place.pointer is None else f"{place.pointer.rsplit('/', 1)[-1]}: " for place in places]
    texts = (head + corpus.values[place] for head, place in zip(heads, places, strict=True))
    lines = "".join(f"{json.dumps(text)}\n" for text in texts)
    try:
        done = subprocess.run([python, *peer.command], input=lines, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ToolError(f"{python} does not run: {error}") from error
    if done.returncode:
        raise ToolError(f"{peer.title}: exit code {done.returncode}: {done.stderr[-600:]}")
    version, *found = (json.loads(line) for line in done.stdout.splitlines())
    findings = []
    for number, start, end, name in found:
        shift = len(heads[number])
        if name not in peer.ignored and end > shift:
            findings.append(Finding(places[number], Span(max(0, start - shift), end - shift), name))
    return str(version), findings
