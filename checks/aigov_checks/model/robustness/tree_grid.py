"""Features of trees that take whole numbers or a few values only: every cut moved to the last value below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.trees import LEAF, Ensemble

if TYPE_CHECKING:
    from aigov_checks.model.robustness.kinds import Kinds


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Which values the features can take."""

    whole: Array
    """Which features take whole numbers, shape (features,)."""
    values: Mapping[int, Array]
    """Feature to the values that it can take, ascending."""

    def below(self, feature: Array, cut: Array) -> Array:
        """Return the largest value not above each cut, minus infinity where there is none; the cut itself if free."""
        found = np.where(self.whole[feature], np.floor(cut), cut)
        for place, values in self.values.items():
            at = np.flatnonzero(feature == place)
            found[at] = np.concatenate([[-np.inf], values])[np.searchsorted(values, cut[at], side="right")]
        return found

    def above(self, feature: Array, cut: Array) -> Array:
        """Return the smallest value above each cut, infinity where there is none."""
        found = np.where(self.whole[feature], np.floor(cut) + 1, np.nextafter(cut, np.inf))
        for place, values in self.values.items():
            at = np.flatnonzero(feature == place)
            found[at] = np.concatenate([values, [np.inf]])[np.searchsorted(values, cut[at], side="right")]
        return found

    def snapped(self, ensemble: Ensemble) -> Ensemble:
        """Return trees that answer every point of the grid as before, with cuts on the grid."""
        inner = ensemble.left != LEAF
        cut = ensemble.cut.astype(np.float64).copy()
        cut[inner] = self.below(ensemble.feature[inner], cut[inner])
        return replace(ensemble, cut=cut)


def grid_of(kinds: Kinds) -> Grid:
    """Return the values of whole numbers and of categories that are one column; a one-hot group is none of a grid."""
    single = (category for category in kinds.categories if len(category.places) == 1)
    return Grid(kinds.whole, {int(category.places[0]): np.sort(category.values[:, 0]) for category in single})
