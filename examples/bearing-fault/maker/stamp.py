"""Whether a build can be skipped: same sources, same libraries, and every output still as it was written."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LIBRARIES = ("numpy", "torch", "onnx", "pyarrow", "cryptography")
STAMP = ".stamp.json"


def sources_digest(*folders: Path, libraries: Sequence[str] = _LIBRARIES) -> str:
    """Return a SHA-256 over the hand-written files of the example and the versions of what they use."""
    digest = hashlib.sha256(platform.python_version().encode())
    for library in libraries:
        digest.update(f"{library} {version(library)}\n".encode())
    for folder in folders:
        for pattern in ("*.py", "*/*.py", "*/templates/*"):
            for file in sorted(folder.glob(pattern)):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def is_fresh(project: Path, sources: str) -> bool:
    """Return whether the project was built from these sources and nothing in it has changed since."""
    try:
        stamp = json.loads((project / STAMP).read_text("utf-8"))
        outputs = dict(stamp["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return stamp.get("sources") == sources and all(_digest(project / name) == known for name, known in outputs.items())


def write_stamp(project: Path, sources: str, outputs: list[Path]) -> None:
    """Remember what was built from what."""
    known = {path.relative_to(project).as_posix(): _digest(path) for path in outputs}
    (project / STAMP).write_text(json.dumps({"sources": sources, "outputs": known}, indent=1) + "\n", "utf-8")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"
