"""Records in which several identifiers stand together, by rules that are data (`combinations.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from aigov import UnsupportedInputError, msg

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True)
class Combination:
    """A rule: so many of these groups of types, and one of each that must be there."""

    id: str
    groups: tuple[frozenset[str], ...]
    at_least: int
    required: tuple[frozenset[str], ...]
    raises: str
    """Category to which a record rises that holds them."""

    def holds(self, types: AbstractSet[str]) -> bool:
        """Say whether a record with values of these types combines identifiers."""
        if not all(group & types for group in self.required):
            return False
        return sum(bool(group & types) for group in self.groups) >= self.at_least


def combination(id_: str) -> Combination | None:
    """Return the rule of that id, or None for the empty id.

    Raises:
        UnsupportedInputError: there is no such rule.
    """
    if not id_:
        return None
    rules = _rules()
    if id_ not in rules:
        raise UnsupportedInputError(msg("corpus.unknown-combination", id=id_, known=tuple(rules)))
    return rules[id_]


@cache
def _rules() -> dict[str, Combination]:
    document = yaml.safe_load(files("aigov_checks.data").joinpath("combinations.yaml").read_text(encoding="utf-8"))
    groups = {name: frozenset(types) for name, types in document["groups"].items()}
    return {
        rule["id"]: Combination(
            rule["id"],
            tuple(groups[name] for name in rule["groups"]),
            rule["at_least"],
            tuple(groups[name] for name in rule.get("with", ())),
            rule["raises"],
        )
        for rule in document["combinations"]
    }
