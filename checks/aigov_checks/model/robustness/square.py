"""Score-based random search for inputs of any shape: no gradient, so no gradient can mislead it.

After Andriushchenko et al., "Square Attack", ECCV 2020 (arXiv 1912.00049): for images a square is changed at a time,
for signals a stretch of time, for vectors a few features; a change is kept where the margin does not grow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array, margins

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls

Scores = Callable[["Array"], "Array"]
_FIRST_SHARE = 0.8
_SCHEDULE = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
"""Fractions of the queries after each of which the changed share is halved (paper, section 3)."""
_SIGNAL_RANK = 2
_IMAGE_RANK = 3
_INNER_SHARE = 0.25
"""Share of proposals that lie inside the budget instead of on its edge; thresholds of trees may need them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a search may take."""

    queries: int
    """Queries a sample."""
    patience: int
    """Queries in a row that may break no sample before the search ends."""


@dataclass(frozen=True, slots=True, eq=False)
class _Best:
    points: Array
    margins: Array


def square(scores: Scores, balls: Balls, y: Array, limits: Limits, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the best point of each sample, and which of them are broken, within the limits."""
    points = balls.project(balls.x + balls.eps.astype(balls.x.dtype) * _stripes(balls, rng))
    best = _Best(points, margins(scores(points), y))
    last, before = 0, len(points)
    for query in range(1, limits.queries):
        standing = np.flatnonzero(best.margins > 0)
        last, before = (query, len(standing)) if len(standing) < before else (last, before)
        if not len(standing) or query - last > limits.patience:
            break
        part = balls.take(standing)
        proposal = _proposal(part, best.points[standing], changed_share(query, limits.queries), rng)
        found = margins(scores(proposal), y[standing])
        kept = standing[found <= best.margins[standing]]
        best.points[kept] = proposal[found <= best.margins[standing]]
        best.margins[kept] = np.minimum(best.margins[kept], found[found <= best.margins[standing]])
    return best.points, best.margins <= 0


def changed_share(query: int, queries: int) -> float:
    """Return the share of a sample that is changed at a time, smaller the further the search is."""
    return _FIRST_SHARE / 2.0 ** sum(query > part * queries for part in _SCHEDULE)


def _stripes(balls: Balls, rng: np.random.Generator) -> Array:
    """Return signs that are constant down each column of an image; independent elsewhere."""
    shape = balls.x.shape
    if len(shape) == _IMAGE_RANK + 1:
        return _signs((*shape[:2], 1, shape[3]), balls, rng)
    return _signs(shape, balls, rng)


def _signs(shape: tuple[int, ...], balls: Balls, rng: np.random.Generator) -> Array:
    signs: Array = (rng.integers(0, 2, shape) * 2 - 1).astype(balls.x.dtype)
    return signs


def _proposal(balls: Balls, points: Array, share: float, rng: np.random.Generator) -> Array:
    """Return points with one region of each sample set to a new perturbation."""
    region = regions(points.shape, share, rng)
    signs = _signs((*points.shape[:2], *[1] * (points.ndim - 2)), balls, rng)
    rows = (len(points), *[1] * (points.ndim - 1))
    inner = rng.random(rows) < _INNER_SHARE
    change = signs * np.where(inner, rng.random(signs.shape), 1.0).astype(signs.dtype)
    eps = balls.eps.astype(balls.x.dtype)
    if balls.norm == "l2":
        spread = np.sqrt(np.maximum(region.reshape(len(points), -1).sum(axis=1), 1)).reshape(rows)
        return balls.project(points + region * (eps * change * (rng.uniform(0.2, 2.0, rows) / spread)))
    return balls.project(np.where(region, balls.x + eps * change, points))


def regions(shape: tuple[int, ...], share: float, rng: np.random.Generator) -> Array:
    """Return which values each sample changes, shape (n, ...)."""
    n, sizes = shape[0], shape[1:]
    if len(sizes) == 1:
        wanted = max(1, round(share * sizes[0]))
        order = rng.random((n, sizes[0])).argsort(axis=1)
        region: Array = order < wanted
        return region
    extents = sizes[1:]
    side = share ** (1 / len(extents))
    region = np.ones((n, *[1] * len(sizes)), dtype=bool)
    for axis, extent in enumerate(extents):
        width = max(1, round(side * extent))
        start = rng.integers(0, extent - width + 1, n)
        at = np.arange(extent)
        line = (at >= start[:, None]) & (at < (start + width)[:, None])
        region = region & line.reshape(n, 1, *[extent if place == axis else 1 for place in range(len(extents))])
    if len(sizes) == _SIGNAL_RANK and sizes[0] > 1:
        chosen = rng.random((n, sizes[0], 1)) < 0.5  # noqa: PLR2004  # every channel with even chance
        region = region & chosen
    return np.broadcast_to(region, shape)
