"""Which kind, type and row each placeholder has, read from `types.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from . import contacts, credentials, identities, lookalikes, neutral, papers, positions, tokens, traps
from .labels import Kind, Meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .draw import Draw

HOME = Path(__file__).parents[1]
TRUE = {
    **identities.MAKERS,
    **papers.MAKERS,
    **contacts.MAKERS,
    **positions.MAKERS,
    **credentials.MAKERS,
    **tokens.MAKERS,
}
MAKERS: Mapping[str, Mapping[str, Callable[[Draw], str]]] = {
    "": TRUE,
    "!": {**lookalikes.MAKERS, **traps.MAKERS},
    "?": neutral.MAKERS,
}
"""Makers by the sign in front of a placeholder's name."""

KINDS = {"!": Kind.NEGATIVE, "?": Kind.NEUTRAL}


def read() -> dict[str, Meaning]:
    """Return the meaning of every placeholder, its sign included."""
    special = yaml.safe_load((HOME / "types.yaml").read_text())
    return {sign + name: _meaning(sign, name, special) for sign, makers in MAKERS.items() for name in makers}


def _meaning(sign: str, name: str, special: Mapping[str, Any]) -> Meaning:  # what YAML holds
    entry = special["rows"].get(sign + name, {})
    if sign:
        return Meaning(KINDS[sign], name, str(entry.get("row", name)))
    kind = Kind.APART if entry.get("apart") else Kind.TRUE
    typed = str(entry.get("type", name))
    return Meaning(kind, typed, str(entry.get("row", typed)), typed in special["check_digit"])


def accepted() -> dict[str, tuple[str, ...]]:
    """Return for each type the names under which a tool may report it as exactly that."""
    special = yaml.safe_load((HOME / "types.yaml").read_text())
    names = {meaning.type for meaning in read().values() if meaning.kind in (Kind.TRUE, Kind.APART)}
    return {name: (name, *special["also"].get(name, ())) for name in sorted(names)}
