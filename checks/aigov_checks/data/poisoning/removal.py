"""The other half of the causal test: without the candidate, do its rows still look like the class they are labelled?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.data.poisoning.content import nearest, votes
from aigov_checks.data.poisoning.trigger import spaced

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.content import Features
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.data.poisoning.trigger import Trigger
    from aigov_checks.model.robustness.predictor import Array

_HELD, _MATCHED, _CLEAN, _OTHERS = 400, 100, 400, 4000
"""Rows at most with the candidate; of its class that come closest to it, and that do not; of other classes."""
_NEIGHBOURS = 7


@dataclass(frozen=True, slots=True)
class Removal:
    """How many of a candidate's rows look like another class once it is taken out of them."""

    strange: int
    n: int
    usual: float
    """Share of the rows of the class closest to it that look like another one once the same is taken out of them."""
    probability: float
    """That so many do by chance."""

    @property
    def effect(self) -> float:
        """How much more often its rows look strange than the others of the class."""
        return self.strange / self.n - self.usual


def removal(trigger: Trigger, rows: Rows, features: Features, seed: int) -> Removal:
    """Return what the nearest rows say about the rows of a candidate without it.

    The same is taken out of all rows, and those of the class and of the candidate stay among the neighbours: what is a
    feature of the class, or of a group of rows that are alike, does not make them strange.
    """
    random = np.random.default_rng([seed, *trigger.family.encode(), trigger.target])
    free = np.ones(len(rows), dtype=bool)
    free[trigger.rows] = False
    held = trigger.rows[spaced(len(trigger.rows), _HELD)]
    mates = np.flatnonzero(free & (rows.y == trigger.target))
    if not len(mates):  # what the whole class has is its feature
        return Removal(0, len(held), 1.0, 1.0)
    first = mates[trigger.matched(rows.flat[mates], _MATCHED)]
    rest = np.setdiff1d(mates, first)
    clean = np.concatenate([first, rest[spaced(len(rest), _CLEAN)]])
    others = np.flatnonzero(free & (rows.y != trigger.target))
    others = others if len(others) <= _OTHERS else np.sort(random.choice(others, _OTHERS, replace=False))
    parts = np.concatenate([held, clean, others])
    among = features(trigger.remove(rows.flat[parts], rows.flat[free].mean(axis=0)))
    strange = _looks(among, rows.y[parts], rows.classes, len(held) + len(first)) != trigger.target
    usual = (int(strange[len(held) :].sum()) + 1) / (len(first) + 2)
    stats = need("scipy.stats", "robustness")
    count = int(strange[: len(held)].sum())
    return Removal(count, len(held), usual, float(stats.binom.sf(count - 1, len(held), usual)))


def _looks(among: Array, labels: Array, classes: int, first: int) -> Array:
    """Return what most of the neighbours, without itself, of each of the first rows are labelled."""
    near = nearest(among[:first], among, min(_NEIGHBOURS + 1, len(among)))
    own = near == np.arange(first)[:, None]
    own[~own.any(axis=1), -1] = True  # equal rows hid it: the farthest goes instead
    kept = labels[near[~own].reshape(first, -1)]
    found: Array = votes(kept, classes).argmax(axis=1)
    return found
