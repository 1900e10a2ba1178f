"""Wrong labels: rows whose neighbours are all labelled otherwise, and how often that happens to flips known to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.data.poisoning.content import nearest, votes
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.params import PoisoningParams
    from aigov_checks.data.poisoning.rows import Rows

_AGAINST, _FOR = 0.8, 0.1
"""Shares of the neighbours: a row is suspected where so many agree on another label, and so few have its own."""
_INJECTED = 0.05
_DIMENSIONS = 64
_FITTED = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Suspected rows, and what the same rule does with flips that were put in on purpose."""

    suspected: Array
    """Indices of rows."""
    injected: int
    recalled: int
    clean: int
    """Rows whose label was left alone."""
    false: int
    """Of these, how many were suspected; real errors count as false."""


def label_errors(rows: Rows, x: Array, params: PoisoningParams) -> Labels:
    """Return the suspected labels; `x` are the features of the rows."""
    k = min(params.neighbours, len(rows) - 1)
    near = _neighbours(_reduced(x, params.seed), k)
    suspected = _suspects(near, rows.y, rows.classes)
    random = np.random.default_rng([params.seed, 2])
    injected = random.choice(len(rows), max(1, round(_INJECTED * len(rows))), replace=False)
    flipped = rows.y.copy()
    flipped[injected] = (flipped[injected] + random.integers(1, rows.classes, len(injected))) % rows.classes
    found = np.zeros(len(rows), dtype=bool)
    found[_suspects(near, flipped, rows.classes)] = True
    recalled = int(found[injected].sum())
    return Labels(suspected, len(injected), recalled, len(rows) - len(injected), int(found.sum()) - recalled)


def _suspects(near: Array, y: Array, classes: int) -> Array:
    counted = votes(y[near], classes) / near.shape[1]
    mine = counted[np.arange(len(y)), y]
    found: Array = np.flatnonzero((mine <= _FOR) & (counted.max(axis=1) >= _AGAINST))
    return found


def _neighbours(x: Array, k: int) -> Array:
    """Return the `k` nearest other rows of each row."""
    near = nearest(x, x, k + 1)
    own = near == np.arange(len(x))[:, None]
    own[~own.any(axis=1), -1] = True  # equal rows hid it: the farthest goes instead
    found: Array = near[~own].reshape(len(x), k)
    return found


def _reduced(x: Array, seed: int) -> Array:
    """Return the principal components, so that neighbours of many rows are found in reasonable time."""
    if x.shape[1] <= _DIMENSIONS:
        return x
    random = np.random.default_rng([seed, 3])
    some = x if len(x) <= _FITTED else x[random.choice(len(x), _FITTED, replace=False)]
    middle = some.mean(axis=0)
    _, _, axes = np.linalg.svd(some - middle, full_matrices=False)
    found: Array = (x - middle) @ axes[:_DIMENSIONS].T
    return found
