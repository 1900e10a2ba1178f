"""A set in which few features may change, or change their category, as a union of boxes for trees."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.trees import LEAF, Ensemble

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.kinds import Kinds

_MOST_BOXES = 20_000
"""Boxes of one sample beyond which the set is not taken apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes around one sample, shape (boxes, features): every allowed point lies in one, and all of theirs are allowed.

    Whole numbers and categories of one column are still to be chosen within a box; one-hot groups are settled.
    """

    low: Array
    high: Array
    complete: bool
    """Whether these are all; where they would be too many there is the box of the sample's own categories only."""


def boxes_of(balls: Balls, row: int, cut: tuple[Array, Array], most: int = _MOST_BOXES) -> Boxes:
    """Return the boxes of one sample, `most` at most; `cut` has feature and threshold of every inner node.

    Features whose change no tree can see are left as they are.
    """
    kinds = balls.kinds
    x, low, high = (flat(item[row : row + 1])[0] for item in (balls.x, balls.low, balls.high))
    if kinds is None or not kinds.features:
        return Boxes(low[None], high[None], complete=True)
    counted = kinds.feature != -1
    seen = np.zeros(len(x), dtype=bool)
    seen[cut[0][(low[cut[0]] <= cut[1]) & (cut[1] < high[cut[0]])]] = True
    choices = _choices(kinds, seen, low, high)
    picked = min(balls.most, len(choices))
    rest = np.where(counted, x, low), np.where(counted, x, high)
    if _number([len(ends) for _, ends in choices], picked) > most:
        return Boxes(rest[0][None], rest[1][None], complete=False)
    numbers = itertools.accumulate((len(ends) for _, ends in choices), initial=0)
    named = [range(first, first + len(ends)) for first, (_, ends) in zip(numbers, choices, strict=False)]
    every = [way for some in itertools.combinations(named, picked) for way in itertools.product(*some)]
    ways = np.array(every, dtype=np.int64).reshape(len(every), picked)
    lows, highs = (np.repeat(ends[None], len(ways), axis=0) for ends in rest)
    alternatives = [(places, ends) for places, boxes in choices for ends in boxes]
    for number, (places, ends) in enumerate(alternatives):
        rows = np.flatnonzero((ways == number).any(axis=1))
        lows[np.ix_(rows, places)], highs[np.ix_(rows, places)] = ends
    return Boxes(lows, highs, complete=True)


def cuts(ensemble: Ensemble) -> tuple[Array, Array]:
    """Return feature and threshold of every inner node."""
    inner = ensemble.left != LEAF
    return ensemble.feature[inner], ensemble.cut[inner]


_Choice = tuple[Array, list[tuple[Array, Array]]]
"""Values of a feature, and the boxes that they may be in together."""


def _choices(kinds: Kinds, seen: Array, low: Array, high: Array) -> list[_Choice]:
    """Return the counted features that trees can see change."""
    groups = {int(kinds.feature[item.places[0]]): item for item in kinds.categories if len(item.places) > 1}
    found: list[_Choice] = []
    for number in np.unique(kinds.feature[seen & (kinds.feature != -1)]).tolist():
        if number in groups:
            category = groups[number]
            found.append((category.places, [(row, row) for row in category.values]))
        else:
            places = np.flatnonzero((kinds.feature == number) & (low < high))
            found.append((places, [(low[places], high[places])]))
    return found


def _number(sizes: list[int], picked: int) -> float:
    """Return the number of ways to pick so many features and one box of each."""
    if not sizes or max(sizes) == 1:
        return math.comb(len(sizes), picked)
    ways = np.zeros(picked + 1)
    ways[0] = 1.0
    for size in sizes:
        ways[1:] += ways[:-1] * size
    return float(ways[picked])
