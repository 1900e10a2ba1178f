"""A mapping that never changes, can be hashed and can travel to another process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)


class FrozenMap(Mapping[K, V_co]):
    """Read-only mapping with value semantics, in the order in which it was made.

    `types.MappingProxyType` can neither be hashed nor pickled, and values of this package must
    do both: they are compared, and they are sent to worker processes.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V_co] | None = None) -> None:
        """Copy `items`; later changes to it do not show here."""
        self._items: dict[K, V_co] = dict(items or {})

    def __getitem__(self, key: K) -> V_co:
        """Return the value of `key`, or raise KeyError."""
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        """Iterate over the keys in their order."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._items)

    def __hash__(self) -> int:
        """Hash by content, whatever the order."""
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        """Return the form that builds this mapping again."""
        return f"FrozenMap({self._items!r})"

    def __reduce__(self) -> tuple[type[FrozenMap[K, V_co]], tuple[dict[K, V_co]]]:
        """Pickle as a plain dictionary."""
        return (FrozenMap, (dict(self._items),))


def freeze(value: object) -> object:
    """Return `value` with every dictionary a FrozenMap and every list a tuple, at any depth."""
    if isinstance(value, Mapping):
        return FrozenMap({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value
