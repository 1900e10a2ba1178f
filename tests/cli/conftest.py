"""The command line as a user runs it, and the example project, built once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKER = '''
import os, socket, sys

def refuse(*_, **__):
    raise OSError("no network in tests")

socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse

class Blocker:
    """Makes modules look as if they were not installed, in this process and in its workers."""

    names = frozenset(os.environ.get("BLOCKED_MODULES", "").split(","))

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
'''


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def aigov(tmp_path, tmp_path_factory):
    """Run `aigov ARGUMENTS` in a folder, with sockets blocked and optionally with modules missing."""

    def run(*arguments, cwd=None, without=(), lang="en", **environment) -> Done:
        site = tmp_path_factory.getbasetemp() / "blocker"
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(BLOCKER, encoding="utf-8")
        variables = {**os.environ, "AIGOV_LANG": lang, "COLUMNS": "300", "NO_COLOR": "1", **environment}
        code = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
        variables |= {"PYTHONPATH": os.pathsep.join(code), "BLOCKED_MODULES": ",".join(without)}
        command = [sys.executable, "-m", "aigov", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, cwd=cwd or tmp_path, env=variables, check=False)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder that holds both example projects, built unless they are there."""
    subprocess.run([sys.executable, str(ROOT / "examples/bearing-fault/build.py")], check=True, capture_output=True)
    return ROOT / "examples"


@pytest.fixture
def example(built, tmp_path) -> Path:
    """A copy of the conformant project that a test may damage."""
    return Path(
        shutil.copytree(
            built / "bearing-fault", tmp_path / "bearing-fault", ignore=shutil.ignore_patterns("maker", "*.py")
        )
    )
