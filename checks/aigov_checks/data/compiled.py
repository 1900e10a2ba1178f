"""Compiled automata, kept in the user's own cache folder so that scans start at once; what is doubtful is compiled."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Pattern = tuple[bytes, bool]
"""A pattern, and whether it ignores case."""
_MAGIC = b"aigov automaton 1\n"
_LARGEST = 64 << 20
_KEPT = 16
"""Files in the folder; the oldest ones make way."""
_PRIVATE = 0o077
"""Rights that nobody else may have."""


def database(patterns: Sequence[Pattern]) -> Any:  # hyperscan has no types
    """Return the automaton of these patterns, whose ids are their places."""
    import hyperscan  # heavy, and optional

    folder = cache_folder()
    name = _name(patterns)
    kept = _read(folder / name) if folder is not None else None
    if kept is not None:
        with contextlib.suppress(hyperscan.HyperscanError):  # of another version or processor
            loaded = hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK)
            loaded.scratch = hyperscan.Scratch(loaded)
            return loaded
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    compiled.compile(
        expressions=[pattern for pattern, _ in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_CASELESS * caseless for _, caseless in patterns],
    )
    if folder is not None:
        _write(folder, name, hyperscan.dumpb(compiled))
    return compiled


def cache_folder() -> Path | None:
    """Return the folder, made if it is missing; None where it cannot be kept from others (XDG base directories)."""
    if not hasattr(os, "getuid"):
        return None
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        folder = (given if given.is_absolute() else Path.home() / ".cache") / "aigov" / "automata"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.lstat()
    except (OSError, RuntimeError):  # no home
        return None
    private = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & _PRIVATE
    return folder if private else None


def _name(patterns: Sequence[Pattern]) -> str:
    """Return the digest of everything that the compiled bytes depend on."""
    digest = hashlib.sha256(repr((version("hyperscan"), platform.machine(), _processor(), tuple(patterns))).encode())
    return digest.hexdigest()


def _processor() -> str:
    """Return the features of the processor, for which the code of an automaton is chosen."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _read(path: Path) -> bytes | None:
    """Return what was kept, if nobody else can have written it and it is whole."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        state = os.fstat(descriptor)
        own = stat.S_ISREG(state.st_mode) and state.st_uid == os.getuid() and state.st_nlink == 1
        if not own or state.st_mode & _PRIVATE or state.st_size > _LARGEST:
            return None
        content = stream.read(_LARGEST)
    head = len(_MAGIC) + hashlib.sha256().digest_size
    whole = content.startswith(_MAGIC) and hashlib.sha256(content[head:]).digest() == content[len(_MAGIC) : head]
    return content[head:] if whole else None


def _write(folder: Path, name: str, content: bytes) -> None:
    """Keep an automaton; a scan goes on where that fails."""
    with contextlib.suppress(OSError):
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as stream:  # readable by its owner alone
            stream.write(_MAGIC + hashlib.sha256(content).digest() + content)
        Path(stream.name).replace(folder / name)
        known = sorted(folder.iterdir(), key=lambda path: path.lstat().st_mtime, reverse=True)
        for path in known[_KEPT:]:
            path.unlink(missing_ok=True)
