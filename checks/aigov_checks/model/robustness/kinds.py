"""Values that are no real numbers: whole ones and categories, and how many features may change at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    import numpy.typing as npt

NOT_COUNTED = -1
"""Feature of a value that may change without being counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Category:
    """One categorical feature that an attacker can touch: a column of codes, or the columns of a one-hot group."""

    name: str
    places: Array
    """Its values in a flattened sample, shape (m,)."""
    values: Array
    """What they may be together, shape (categories, m), float64, each row once."""

    def nearest(self, values: Array) -> Array:
        """Return the nearest category to each of (n, m) values; of equally near ones the first."""
        distance = np.stack([((values - row) ** 2).sum(axis=1) for row in self.values], axis=1)
        found: Array = self.values[distance.argmin(axis=1)]
        return found

    def holds(self, values: Array) -> Array:
        """Return which of (n, m) values are one of the categories."""
        found = np.zeros(len(values), dtype=bool)
        for row in self.values:
            found |= (values == row).all(axis=1)
        return found


@dataclass(frozen=True, eq=False)
class Kinds:
    """What the values of a flattened sample may be; samples are given as (n, size)."""

    whole: Array
    """Which values are whole numbers, shape (size,)."""
    categories: tuple[Category, ...]
    """Those that may change, no two of them with a value in common."""
    feature: Array
    """Number of the counted feature to which a value belongs, from 0, or `NOT_COUNTED`; shape (size,)."""
    most: float
    """Counted features that may change within the budget; a part of a feature is none."""

    @cached_property
    def categorical(self) -> Array:
        """Which values belong to a category that may change, shape (size,)."""
        found = np.zeros(len(self.whole), dtype=bool)
        for category in self.categories:
            found[category.places] = True
        return found

    @cached_property
    def features(self) -> int:
        """Number of counted features."""
        return int(self.feature.max(initial=NOT_COUNTED)) + 1

    @cached_property
    def _ordered(self) -> tuple[Array, Array]:
        """Counted values by feature, and where each feature begins among them."""
        order = np.argsort(self.feature, kind="stable")
        order = order[self.feature[order] != NOT_COUNTED]
        return order, np.searchsorted(self.feature[order], np.arange(self.features))

    def of(self, dtype: npt.DTypeLike) -> Kinds:
        """Return the same with the categories as a model of that precision sees them."""
        seen = tuple(replace(item, values=item.values.astype(dtype).astype(np.float64)) for item in self.categories)
        return replace(self, categories=seen)

    def settled(self) -> Kinds:
        """Return the same without any category that may change, for searches from chosen categories on."""
        return replace(self, categories=(), feature=np.full(len(self.whole), NOT_COUNTED), most=0.0)

    def summed(self, values: Array) -> Array:
        """Return the sum of (n, size) values over each counted feature, shape (n, features)."""
        order, starts = self._ordered
        if not len(starts):
            return np.zeros((len(values), 0))
        return np.add.reduceat(values[:, order], starts, axis=1)

    def spread(self, marks: Array, *, uncounted: bool) -> Array:
        """Return for each value what is said of its feature in (n, features), and `uncounted` of all others."""
        if not self.features:
            return np.full((len(marks), len(self.whole)), uncounted)
        return np.where(self.feature != NOT_COUNTED, marks[:, np.maximum(self.feature, 0)], uncounted)

    def permitted(self, values: Array, low: Array, high: Array) -> Array:
        """Return the nearest whole numbers and categories within the bounds, however many features change."""
        found = np.where(self.whole, np.clip(np.rint(values), low, high), values)
        for category in self.categories:
            found[:, category.places] = category.nearest(values[:, category.places])
        return found

    def limited(self, values: Array, x: Array, most: int, sizes: Array) -> Array:
        """Return the values, but as in `x` outside the `most` changed features of the largest `sizes` (n, features)."""
        if not self.features or (self.changed(values, x) <= most).all():
            return values
        order = np.argsort(-np.where(self.summed((values != x).astype(float)) > 0, sizes, -1.0), axis=1, kind="stable")
        kept = np.zeros(sizes.shape, dtype=bool)
        np.put_along_axis(kept, order[:, :most], True, axis=1)  # noqa: FBT003  # a value, no option
        return np.where(self.spread(kept, uncounted=True), values, x)

    def changed(self, values: Array, x: Array) -> Array:
        """Return how many counted features differ, shape (n,)."""
        found: Array = (self.summed((values != x).astype(float)) > 0).sum(axis=1)
        return found

    def contain(self, values: Array, x: Array, most: int) -> Array:
        """Return which samples have whole numbers and categories where they must, and few enough changes."""
        whole = values[:, self.whole]
        inside: Array = np.asarray((whole == np.rint(whole)).all(axis=1)) & (self.changed(values, x) <= most)
        for category in self.categories:
            inside &= category.holds(values[:, category.places])
        return inside
