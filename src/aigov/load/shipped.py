"""Policies that come with an installed package, found by entry point."""

from __future__ import annotations

import difflib
from importlib.util import find_spec
from pathlib import Path

from aigov.errors import PluginError, UsageError
from aigov.i18n import msg
from aigov.points import POLICIES, points_of

_SUFFIXES = (".yaml", ".yml")


def shipped_policies() -> tuple[Path, ...]:
    """Return the policy files of all installed packages, in the order of their ids (the file names).

    Raises:
        PluginError: a package cannot be imported, or two packages ship one id.
    """
    found: dict[str, Path] = {}
    for point in points_of(POLICIES):
        for path in _policies_of(point.value, f"{point.name} = {point.value}"):
            known = found.setdefault(path.stem, path)
            if known != path:
                raise PluginError(msg("policy.duplicate", id=path.stem, one=known.parent.name, two=path.parent.name))
    return tuple(found[id_] for id_ in sorted(found))


def find_policy(name: str, folder: Path | None = None) -> Path:
    """Return the file of a policy: a path (relative to `folder`) where it looks like one, else a shipped id.

    A shipped id comes before a file of that very name, so that no file can take its place unnoticed.

    Raises:
        UsageError: there is no such policy; the hint names near ones, or all.
    """
    path = (folder or Path()) / name
    if path.suffix in _SUFFIXES or "/" in name or "\\" in name:
        return path
    shipped = {file.stem: file for file in shipped_policies()}
    if name in shipped:
        return shipped[name]
    if path.is_file():
        return path
    close = difflib.get_close_matches(name.lower(), shipped, n=1)
    hint = msg("schema.did-you-mean", word=close[0]) if close else msg("policy.shipped", ids=tuple(shipped))
    raise UsageError(msg("policy.unknown", name=name), hint=hint)


def name_of(path: str | Path) -> str:
    """Return how reports call a policy file: `package/file` for a shipped one, else the path as given."""
    shipped = any(file == Path(path) for file in shipped_policies())
    return f"{Path(path).parent.name}/{Path(path).name}" if shipped else str(path)


def _policies_of(package: str, entry: str) -> list[Path]:
    """Return the policy files in a package, without running any of its code."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PluginError(msg("plugin.broken", entry=entry, problem=f"no package named {package}"))
    folders = [Path(location) for location in spec.submodule_search_locations]
    return sorted(path for folder in folders for path in folder.iterdir() if path.suffix in _SUFFIXES)
