"""Where the interpreter, its libraries and the code that a job calls are: all that the process inside may import."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aigov.sandbox.job import Job

_SYSTEM = (
    *("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib", "/usr/local/lib64"),
    *("/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"),
    *("/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies"),
)
"""Shared libraries, and the settings that they read when they start; open to every user."""


def import_path() -> list[str]:
    """Return the entries of `sys.path` that are places; the current folder is none."""
    return [entry for entry in sys.path if entry and os.path.isabs(entry)]  # noqa: PTH117  # entries are text


def libraries(job: Job) -> tuple[Path, ...]:
    """Return files and folders that hold nothing but code: installed packages, and the packages that the job names.

    The other places that Python imports from, such as the folder of a script, may hold anything: only the packages
    that are needed are taken from there.
    """
    installed = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    installed += [Path(found) for found in (*site.getsitepackages(), site.getusersitepackages())]
    installed += [Path(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix)]
    roots = [Path(sys.prefix), Path(sys.base_prefix)]
    installed += [entry for entry in map(Path, import_path()) if _is_installed(entry, roots)]
    modules = ("aigov", job.entry.partition(":")[0], *job.imports)
    named = [place for name in {name.partition(".")[0] for name in modules} for place in _places(name)]
    return tuple(dict.fromkeys(_safe([*map(Path, _SYSTEM), *installed, *named])))


def _is_installed(entry: Path, roots: list[Path]) -> bool:
    """Whether a place holds installed packages, by where it is or by their metadata."""
    return any(map(entry.is_relative_to, roots)) or next(entry.glob("*.dist-info"), None) is not None


def listed() -> tuple[Path, ...]:
    """Return the folders that an import looks through by name."""
    return tuple(dict.fromkeys(_safe(map(Path, import_path()))))


def absent(job: Job) -> tuple[str, ...]:
    """Return the modules of a job that are not installed here; they are none inside either, whatever is found there."""
    return tuple(name for name in dict.fromkeys(name.partition(".")[0] for name in job.imports) if not _places(name))


def _places(name: str) -> list[Path]:
    """Return the folders of a package, or the file of a module."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [Path(place) for place in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.has_location and spec.origin else []


def _safe(paths: Iterable[Path]) -> list[Path]:
    """Leave out whatever contains the user's home: a right to a folder is one to everything in it."""
    homes = [Path("/home"), *(Path(os.path.expanduser(name)) for name in ("~", f"~{_user()}"))]  # noqa: PTH111  # total
    return [path for path in paths if path.is_absolute() and not any(home.is_relative_to(path) for home in homes)]


def _user() -> str:
    """Return the name of the user whose rights count, whatever the environment says."""
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""
