"""Which categories an attacker would choose: one after the other, by the score of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls

Height = Callable[["Array"], "Array"]
"""From samples to what is to be made small, shape (n,): a margin, or a value."""
_MOST_TRIED = 256
"""Single changes that are tried at most; drawn by chance where there are more."""
_MOST_STARTS = 4
"""Choices of categories from which a search begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Choices of categories by sample, remembered: every stage of a cascade begins from the same ones."""

    known: dict[tuple[bytes, int], Array] = field(default_factory=dict)

    def of(self, height: Callable[[Array], Height], balls: Balls, y: Array, seed: int) -> Array:
        """Return samples with chosen categories and nothing else changed, shape (starts, n, ...), the samples first.

        `height` makes of labels (n,) what is to be made small at samples with these labels.
        """
        keys = [(centre.tobytes(), balls.most) for centre in balls.x]
        fresh = np.array([place for place, key in enumerate(keys) if key not in self.known], dtype=np.int64)
        if len(fresh):
            found = choices(height(y[fresh]), balls.take(fresh), np.random.default_rng(seed))
            self.known.update((keys[place], found[:, number]) for number, place in enumerate(fresh))
        return np.stack([self.known[key] for key in keys], axis=1)


def choices(height: Height, balls: Balls, random: np.random.Generator) -> Array:
    """Return the samples, their best choice of as many changes as are allowed, and the best single changes."""
    found = [balls.x]
    if balls.kinds is None or not balls.kinds.categories or not balls.most:
        return np.stack(found * _MOST_STARTS)
    tried, heights = _singles(height, balls, balls.x, random)
    ranked = np.argsort(heights, axis=0, kind="stable")
    singles = [tried[ranked[place % len(ranked)], np.arange(len(balls))] for place in range(_MOST_STARTS - 1)]
    deepest, lowest = singles[0], heights.min(axis=0)
    for _ in range(1, min(balls.most, len(balls.kinds.categories))):
        tried, heights = _singles(height, balls, deepest, random)
        better = heights.min(axis=0) < lowest
        if not better.any():
            break
        wide = better.reshape(-1, *[1] * (balls.x.ndim - 1))
        deepest = np.where(wide, tried[heights.argmin(axis=0), np.arange(len(balls))], deepest)
        lowest = np.where(better, heights.min(axis=0), lowest)
    return np.stack([balls.x, deepest, *singles][:_MOST_STARTS])


def best_single(height: Height, balls: Balls, points: Array, random: np.random.Generator) -> Array:
    """Return points with the one change of category that is lowest, where the set allows one."""
    tried, heights = _singles(height, balls, points, random)
    best: Array = tried[heights.argmin(axis=0), np.arange(len(points))]
    return best


def _singles(height: Height, balls: Balls, points: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Return points with every single change of category (changes, n, ...), none where not allowed, and heights."""
    kinds = balls.kinds
    pairs = [(item.places, row) for item in (kinds.categories if kinds else ()) for row in item.values]
    if len(pairs) > _MOST_TRIED:
        pairs = [pairs[place] for place in np.sort(random.choice(len(pairs), _MOST_TRIED, replace=False))]
    tried, heights = [], []
    for places, row in pairs:
        changed = flat(points)
        changed[:, places] = row
        candidate = changed.reshape(points.shape).astype(points.dtype)
        allowed = balls.contain(candidate).reshape(-1, *[1] * (points.ndim - 1))
        candidate = np.where(allowed, candidate, points)
        tried.append(candidate)
        heights.append(height(candidate))
    return np.stack(tried), np.stack(heights)
