"""Score-based random search over few features: which of them change, and to what.

After Croce, Andriushchenko, Singh, Flammarion and Hein, "Sparse-RS", AAAI 2022 (arXiv 2006.12834): some of
the chosen features are given back and others taken at a time, with new values; a change is kept where the margin does
not grow. Values are mostly ends of the range, as there, and sometimes any within it, since thresholds may need them.
Tables begin with a sweep: every feature alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.predictor import Array, margins
from aigov_checks.model.robustness.square import Limits, Scores, changed_share

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.kinds import Kinds

_INNER_SHARE = 0.25
"""Share of new values that lie anywhere in the range instead of at one of its ends."""
_SWEPT_SHARE = 4
"""A sweep takes this part of the queries at most."""
_SWEEPS = 2
"""Values of each feature that a sweep tries."""
_KEEPING = 0.3
"""Share of steps that give chosen features new values instead of choosing others."""


@dataclass(slots=True, eq=False)
class _Search:
    """State of each sample: the features chosen (n, most), its best point and its margin."""

    chosen: Array
    points: Array
    margins: Array


def sparse_search(
    scores: Scores, balls: Balls, y: Array, limits: Limits, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the best point of each sample, and which of them are broken, within the limits; for l0."""
    kinds = balls.kinds
    if kinds is None or not balls.most:
        return balls.x.copy(), np.zeros(len(balls), dtype=bool)
    state, used = _begin(scores, balls, kinds, (y, limits.queries // _SWEPT_SHARE), rng)
    last, before = used, int((state.margins > 0).sum())
    for query in range(used, limits.queries):
        standing = np.flatnonzero(state.margins > 0)
        last, before = (query, len(standing)) if len(standing) < before else (last, before)
        if not len(standing) or query - last > limits.patience:
            break
        part = balls.take(standing)
        share = changed_share(query, limits.queries)
        chosen, proposal = _proposal(part, kinds, state.chosen[standing], state.points[standing], (share, rng))
        found = margins(scores(proposal), y[standing])
        kept = found <= state.margins[standing]
        rows = standing[kept]
        state.chosen[rows], state.points[rows] = chosen[kept], proposal[kept]
        state.margins[rows] = found[kept]
    return state.points, state.margins <= 0


def values(balls: Balls, kinds: Kinds, rng: np.random.Generator) -> Array:
    """Return new values of all features, shape (n, size): an end, or any value or category that there is."""
    low, high = flat(balls.low), flat(balls.high)
    ends = np.where(rng.random(low.shape) < 0.5, low, high)  # noqa: PLR2004  # even chance
    inner = rng.random(low.shape) < _INNER_SHARE
    found = np.where(inner, low + (high - low) * rng.random(low.shape), ends)
    found = np.where(kinds.whole, np.clip(np.rint(found), low, high), found)
    for category in kinds.categories:
        found[:, category.places] = category.values[rng.integers(len(category.values), size=len(found))]
    return found.astype(balls.x.dtype).astype(np.float64)


def _begin(
    scores: Scores, balls: Balls, kinds: Kinds, aim: tuple[Array, int], rng: np.random.Generator
) -> tuple[_Search, int]:
    """Return the state after a sweep, or after a first random choice where features are too many, and its queries."""
    (y, allowed), n, x = aim, len(balls), flat(balls.x)
    movable = kinds.summed((balls.high > balls.low).reshape(n, -1).astype(float)) > 0
    order = rng.random(movable.shape) + ~movable
    drawn, used = values(balls, kinds, rng), 1
    if kinds.features * _SWEEPS <= allowed:
        best = np.full(movable.shape, np.inf)
        for number in range(_SWEEPS):
            tried = values(balls, kinds, rng) if number else _opposite(balls, kinds, rng)
            for feature in range(kinds.features):
                mine = kinds.feature == feature
                points = np.where(mine, tried, x)
                found = margins(scores(_shaped(points, balls)), y)
                better = found < best[:, feature]
                best[better, feature] = found[better]
                drawn[:, mine] = np.where(better[:, None], tried[:, mine], drawn[:, mine])
        order, used = np.where(movable, best, np.inf), 1 + _SWEEPS * kinds.features
    chosen = np.argsort(order, axis=1, kind="stable")[:, : balls.most]
    points = _shaped(np.where(_marked(chosen, kinds), drawn, x), balls)
    return _Search(chosen, points, margins(scores(points), y)), used


def _opposite(balls: Balls, kinds: Kinds, rng: np.random.Generator) -> Array:
    """Return the end of the range that is further from the sample; random categories."""
    low, high, x = flat(balls.low), flat(balls.high), flat(balls.x)
    found = np.where(high - x > x - low, high, low)
    return np.where(kinds.categorical, values(balls, kinds, rng), found)


def _proposal(
    balls: Balls, kinds: Kinds, chosen: Array, points: Array, how: tuple[float, np.random.Generator]
) -> tuple[Array, Array]:
    """Return other chosen features, and points in which some of them are as in the sample and others anew."""
    (share, rng), n, most = how, len(chosen), chosen.shape[1]
    swapped = max(1, round(share * most))
    slots = rng.random(chosen.shape).argsort(axis=1)[:, :swapped]
    movable = kinds.summed((balls.high > balls.low).reshape(n, -1).astype(float)) > 0
    taken = _drawn(movable, (n, swapped), rng)
    keeping = rng.random((n, 1)) < _KEEPING
    old = np.take_along_axis(chosen, slots, axis=1)
    taken = np.where(keeping, old, taken)
    after = chosen.copy()
    np.put_along_axis(after, slots, taken, axis=1)
    x, now = flat(balls.x), flat(points)
    now = np.where(_marked(old, kinds), x, now)
    now = np.where(_marked(taken, kinds), values(balls, kinds, rng), now)
    return after, _shaped(np.where(_marked(after, kinds), now, x), balls)


def _drawn(movable: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return random features of each sample that can change, shape (n, wanted); the first one where none can."""
    counts = movable.sum(axis=1)
    order = np.argsort(~movable, axis=1, kind="stable") if not movable.all() else None
    places = (rng.random(shape) * np.maximum(counts, 1)[:, None]).astype(np.int64)
    return places if order is None else np.take_along_axis(order, places, axis=1)


def _marked(chosen: Array, kinds: Kinds) -> Array:
    """Return which values belong to the chosen features, shape (n, size)."""
    marks = np.zeros((len(chosen), kinds.features), dtype=bool)
    np.put_along_axis(marks, chosen, True, axis=1)  # noqa: FBT003  # a value, no option
    return kinds.spread(marks, uncounted=False)


def _shaped(points: Array, balls: Balls) -> Array:
    shaped: Array = points.reshape(balls.x.shape).astype(balls.x.dtype)
    return shaped
