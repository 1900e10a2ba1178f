"""Proofs where categories may change: over the box that holds all of them, or else for each choice by itself."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.proofs import Proved, Prover

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.kinds import Category, Kinds
    from aigov_checks.model.robustness.predictor import Array

_MOST_CHOICES = 64
"""Choices of categories of one sample beyond which the box of all of them must do."""


@dataclass(frozen=True, slots=True, eq=False)
class OverChoices:
    """A prover that takes a set apart by its categories where their box is too wide for it."""

    inner: Prover

    def certified(self, balls: Balls, y: Array, work: int) -> Proved:
        """Return for which samples no point of the set has another class: the union of all choices."""
        found = self.inner.certified(balls, y, work)
        certified, done = found.certified.copy(), found.work
        ways = ways_of(balls)
        for row in np.flatnonzero(~certified) if ways else ():
            if done >= work:
                break
            points = chosen(balls, int(row), ways)
            apart = balls.take(np.full(len(points), row)).from_categories(points)
            each = self.inner.certified(apart, np.full(len(points), y[row]), work - done)
            certified[row], done = each.certified.all(), done + each.work
        return Proved(certified, done)


def ways_of(balls: Balls) -> list[tuple[tuple[Category, int], ...]]:
    """Return every way to choose categories, none where there are too many; a choice may be the sample's own."""
    kinds: Kinds | None = balls.kinds
    if kinds is None or not kinds.categories or not balls.most:
        return []
    picked = min(balls.most, len(kinds.categories))
    sizes = [len(category.values) for category in kinds.categories]
    if sum(math.prod(some) for some in itertools.combinations(sizes, picked)) > _MOST_CHOICES:
        return []
    named = [[(category, place) for place in range(len(category.values))] for category in kinds.categories]
    return [way for some in itertools.combinations(named, picked) for way in itertools.product(*some)]


def chosen(balls: Balls, row: int, ways: list[tuple[tuple[Category, int], ...]]) -> Array:
    """Return the sample with each choice of categories, shape (ways, ...)."""
    points = np.repeat(flat(balls.x[row : row + 1]), len(ways), axis=0)
    for number, way in enumerate(ways):
        for category, place in way:
            points[number, category.places] = category.values[place]
    found: Array = np.unique(points, axis=0).reshape(-1, *balls.x.shape[1:]).astype(balls.x.dtype)
    return found
