"""From declarations in aigov.yaml, and the data, to which inputs are whole numbers, categories, or one of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, UnsupportedInputError, msg
from aigov_checks.model.robustness.kinds import NOT_COUNTED, Category, Kinds

if TYPE_CHECKING:
    from aigov import Model
    from aigov_checks.model.robustness.predictor import Array

Declared = tuple[Any, str, Mapping[str, Any]]
"""Index into a sample, name and facts of an input, as parsed from YAML."""
_MOST_CATEGORIES = 1000


class Type(StrEnum):
    """What the values of an input are."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORICAL = "categorical"


@dataclass(frozen=True, slots=True)
class Allowed:
    """How many features may change."""

    sparse: int | None
    """Features at most, for l0; None for other norms."""
    categories: int
    """Categorical inputs at most, for other norms."""


def type_of(facts: Mapping[str, Any], name: str) -> Type:
    """Return the declared type; a number unless said otherwise, a category where `categories` or `one_hot` say so.

    Raises:
        UnsupportedInputError: another word, or one that contradicts the rest.
    """
    implied = "categories" in facts or "one_hot" in facts
    given = str(facts.get("type", Type.CATEGORICAL if implied else Type.NUMBER))
    wrong = (implied and given != Type.CATEGORICAL) or ("categories" in facts and "one_hot" in facts)
    if wrong or given not in set(Type):
        raise UnsupportedInputError(msg("robustness.bad-type", input=name, value=given[:40]))
    return Type(given)


def is_attackable(facts: Mapping[str, Any], name: str) -> bool:
    """Return whether an attacker can touch an input: a number unless it is declared not to be, a category only if so.

    Raises:
        UnsupportedInputError: the type of the input cannot be read.
    """
    if type_of(facts, name) is Type.CATEGORICAL:
        return facts.get("attackable") is True
    return facts.get("attackable", True) is not False


def kinds_of(
    declared: Sequence[Declared], x: Array, model: Model, allowed: Allowed
) -> tuple[Kinds | None, tuple[Message, ...]]:
    """Return what the values of samples `x` (n, ...) may be, and what the reader must know; None where all is free.

    Raises:
        UnsupportedInputError: a declaration that cannot be read, or data that contradict it.
    """
    size = x[0].size
    whole, groups = _sorted(declared, x)
    found = [_category(members, x, key[1:] if key[0] == "=" else "") for key, members in groups.items()]
    notes = [note for _, _, note in found if note is not None]
    touched = tuple(category for category, attackable, _ in found if attackable)
    if allowed.sparse is not None:
        feature = _pixels(model, x.shape[1:])
        for category, _, _ in found:
            feature[category.places] = feature[category.places[0]]
        feature = np.unique(feature, return_inverse=True)[1].reshape(-1)
        return Kinds(whole, touched, feature, allowed.sparse), tuple(notes)
    if not (touched or whole.any()):
        return None, tuple(notes)
    feature = np.full(size, NOT_COUNTED)
    for number, category in enumerate(touched):
        feature[category.places] = number
    return Kinds(whole, touched, feature, allowed.categories), tuple(notes)


_Member = tuple["Array", str, Mapping[str, Any]]
"""Place in a flattened sample, name and facts of a categorical input."""


def _sorted(declared: Sequence[Declared], x: Array) -> tuple[Array, dict[str, list[_Member]]]:
    """Return which values are whole numbers, and categorical inputs by group (`=line`), or alone (`.material`)."""
    whole = np.zeros(x[0].size, dtype=bool)
    groups: dict[str, list[_Member]] = {}
    for place, name, facts in declared:
        places = np.arange(x[0].size).reshape(x.shape[1:])[place].reshape(-1)
        kind = type_of(facts, name)
        if kind is Type.INTEGER:
            _all_whole(x, places, name)
            whole[places] = True
        elif kind is Type.CATEGORICAL:
            if len(places) != 1:
                raise UnsupportedInputError(msg("robustness.categorical-shape", input=name))
            groups.setdefault(f"={facts['one_hot']}" if "one_hot" in facts else f".{name}", []).append(
                (places, name, facts)
            )
    return whole, groups


def _category(members: list[_Member], x: Array, group: str) -> tuple[Category, bool, Message | None]:
    """Return a categorical feature, whether it may change, and a note where its categories are those of the data."""
    places = np.concatenate([place for place, _, _ in members])
    seen = x.reshape(len(x), -1)[:, places]
    attackable = {is_attackable(facts, name) for _, name, facts in members}
    if group:
        if len(attackable) > 1:
            raise UnsupportedInputError(msg("robustness.one-hot-touched", group=group[:80]))
        wrong = np.flatnonzero(~(((seen == 0) | (seen == 1)).all(axis=1) & (seen.sum(axis=1) == 1)))
        if len(wrong):
            raise UnsupportedInputError(msg("robustness.not-one-hot", group=group[:80], row=int(wrong[0])))
        return Category(group, places, np.eye(len(places))), attackable.pop(), None
    _, name, facts = members[0]
    values, note = _categories(facts, name, seen[:, 0], attackable={True} == attackable)
    return Category(name, places, values[:, None]), attackable.pop(), note


def _categories(facts: Mapping[str, Any], name: str, seen: Array, *, attackable: bool) -> tuple[Array, Message | None]:
    """Return the declared categories, or those of the data, in ascending order."""
    given = facts.get("categories")
    if given is None:
        found = np.unique(seen[np.isfinite(seen)]).astype(np.float64)
        if len(found) > _MOST_CATEGORIES:
            raise UnsupportedInputError(msg("robustness.too-many-categories", input=name, count=len(found)))
        return found, msg("robustness.note.categories-from-data", input=name) if attackable else None
    listed = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    values = np.unique(np.array([value for value in listed if isinstance(value, int | float)], dtype=np.float64))
    if len(values) < max(1, len(listed)) or not np.isfinite(values).all():
        raise UnsupportedInputError(msg("robustness.bad-categories", input=name, value=str(given)[:40]))
    if len(values) > _MOST_CATEGORIES:
        raise UnsupportedInputError(msg("robustness.too-many-categories", input=name, count=len(values)))
    strange = seen[~np.isin(seen, values.astype(seen.dtype)) & ~np.isnan(seen)]
    if len(strange):
        value = f"{float(strange[0]):g}"
        raise UnsupportedInputError(msg("robustness.unknown-category", input=name, value=value, count=len(strange)))
    return values, None


def _all_whole(x: Array, places: Array, name: str) -> None:
    values = x.reshape(len(x), -1)[:, places]
    broken = values[~np.isnan(values) & (values != np.rint(values))]
    if len(broken):
        value = f"{float(broken[0]):g}"
        raise UnsupportedInputError(msg("robustness.not-whole", input=name, value=value, count=len(broken)))


def _pixels(model: Model, shape: tuple[int, ...]) -> Array:
    """Return the number of the feature to which each value belongs, (size,): a pixel with all of its channels.

    A row of a table has one feature a value, a signal one a channel and point of time.
    """
    from aigov_checks.model.faults.channels import layout_of  # reads budgets itself
    from aigov_checks.model.faults.kinds import Kind

    places = np.arange(int(np.prod(shape))).reshape(shape)
    try:
        layout = layout_of(model, shape, "auto")
    except UnsupportedInputError:  # more axes than a picture has
        return places.reshape(-1)
    if layout.kind is not Kind.IMAGE:
        return places.reshape(-1)
    channels = layout.spread(places[None])[0]
    feature = np.empty(places.size, dtype=np.int64)
    feature[channels.reshape(len(channels), -1)] = np.arange(channels[0].size)
    return feature
