"""Names that the formats define, one a line in files of their own: operators and classes that need nothing else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def known(name: str) -> frozenset[str]:
    """Return the names of one list: `tensorflow`, `paddle`, `keras`."""
    return frozenset(files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").split())
