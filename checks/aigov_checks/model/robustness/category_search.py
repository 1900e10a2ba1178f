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
_MOST_STARTS = 8
"""Choices of categories from which a search begins, the sample's own among them."""
_WIDTH = 4
"""Choices with so many changes that are kept while more changes are tried."""


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
    """Return the samples and the best choices of as many changes as are allowed, then of fewer, the lowest first."""
    if balls.kinds is None or not balls.kinds.categories or not balls.most:
        return balls.x[None]
    depths, beam = [], balls.x[None]
    for depth in range(min(balls.most, len(balls.kinds.categories))):
        wanted = _WIDTH if depth + 1 < balls.most else _MOST_STARTS - 1
        grown = [_singles(height, balls, points, wanted, random) for points in beam]
        tried, heights = (np.concatenate(parts) for parts in zip(*grown, strict=True))
        beam = _lowest(tried, heights, wanted)
        depths.append(beam)
    return np.concatenate([balls.x[None], *depths[::-1]])[:_MOST_STARTS]


def best_single(height: Height, balls: Balls, points: Array, random: np.random.Generator) -> Array:
    """Return points with the one change of category that is lowest, where the set allows one."""
    best: Array = _singles(height, balls, points, 1, random)[0][0]
    return best


def _lowest(tried: Array, heights: Array, wanted: int) -> Array:
    """Return the lowest different ones of (choices, n, ...) for each sample; one again where there are fewer."""
    flattened = tried.reshape(*tried.shape[:2], -1)
    left, rows = heights.copy(), np.arange(tried.shape[1])
    found = []
    for _ in range(min(wanted, len(tried))):
        place = left.argmin(axis=0)
        found.append(tried[place, rows])
        left[(flattened == flattened[place, rows]).all(axis=2)] = np.inf
    return np.stack(found)


def _singles(
    height: Height, balls: Balls, points: Array, wanted: int, random: np.random.Generator
) -> tuple[Array, Array]:
    """Return points with the lowest single changes of category (wanted, n, ...), and their heights (wanted, n).

    What the set does not allow is infinitely high, and the point then as it was.
    """
    kinds = balls.kinds
    pairs = [(item.places, row) for item in (kinds.categories if kinds else ()) for row in item.values]
    if len(pairs) > _MOST_TRIED:
        pairs = [pairs[place] for place in np.sort(random.choice(len(pairs), _MOST_TRIED, replace=False))]
    heights = []
    for pair in pairs:
        candidate, allowed = _changed(balls, points, pair)
        heights.append(np.where(allowed, height(candidate).astype(np.float64), np.inf))
    ranked = np.argsort(np.stack(heights), axis=0, kind="stable")[:wanted]
    found = np.repeat(points[None], len(ranked), axis=0)
    for number, pair in enumerate(pairs):
        mine = ranked == number
        if mine.any():
            found = np.where(
                mine.reshape(*mine.shape, *[1] * (points.ndim - 1)), _changed(balls, points, pair)[0], found
            )
    return found, np.take_along_axis(np.stack(heights), ranked, axis=0)


def _changed(balls: Balls, points: Array, pair: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return points with one category set, as they were where that changes nothing or is not allowed, and which is."""
    places, row = pair
    changed = flat(points)
    changed[:, places] = row
    candidate = changed.reshape(points.shape).astype(points.dtype)
    allowed = balls.contain(candidate) & (candidate != points).reshape(len(points), -1).any(axis=1)
    return np.where(allowed.reshape(-1, *[1] * (points.ndim - 1)), candidate, points), allowed
