"""Copies: rows that are equal or nearly so, within a data set and between two, found without comparing all pairs.

Near copies are sought by locality-sensitive hashing with random projections (Datar, Immorlica, Indyk and Mirrokni,
SCG 2004); every pair that it proposes is measured.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.data.poisoning.content import nearest
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.params import PoisoningParams

_TABLES, _PROJECTIONS = 8, 6
_WIDTH = 8.0
"""Width of a cell in distances looked for: a pair at that distance is in one cell of some table in 99 of 100."""
_ABREAST = 4
"""Rows of one cell are compared with so many that follow in it; a larger cell is a chain of copies."""
_BLOCK = 4_000_000
"""Values that are worked on at a time."""
_ASKED, _AMONG = 500, 5000
_USUAL = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Groups of rows that are copies of each other: the number of each row's group."""

    group: Array
    exact: Array
    """As `group`, of equal rows only."""
    radius: float
    """Distance below which rows were taken for copies, in deviations."""

    def surplus(self, part: Array) -> int:
        """Return how many of the given rows are copies of another of them."""
        return len(part) - len(np.unique(self.group[part]))

    def largest(self, part: Array) -> int:
        """Return the size of the largest group among the given rows."""
        return int(np.bincount(self.group[part]).max())

    def shared(self, part: Array, other: Array, group: Array) -> Array:
        """Return which rows of `part` are in a group that has rows of `other`."""
        found: Array = part[np.isin(group[part], np.unique(group[other]))]
        return found


def copies_of(flat: Array, params: PoisoningParams) -> Copies:
    """Return the groups of copies among flat rows."""
    exact = _equal(flat)
    _, first = np.unique(exact, return_index=True)
    deviation = _deviation(flat)
    kept = np.flatnonzero(deviation > 0)
    radius = min(params.near, _USUAL * _usual(flat[first], deviation, kept, params.seed))
    if radius <= 0 or not len(kept) or len(first) < 2:  # noqa: PLR2004  # a pair
        return Copies(exact, exact, max(radius, 0.0))
    pairs = _near_pairs(flat, first, deviation, (kept, radius), params.seed)
    sparse, graphs = need("scipy.sparse", "robustness"), need("scipy.sparse.csgraph", "robustness")
    n = int(exact.max()) + 1
    left, right = exact[pairs[:, 0]], exact[pairs[:, 1]]
    links = sparse.coo_matrix((np.ones(len(pairs)), (left, right)), shape=(n, n))
    _, joined = graphs.connected_components(links, directed=False)
    return Copies(joined[exact], exact, radius)


def _equal(flat: Array) -> Array:
    """Return a number for each row, the same for equal rows, in the order of their first."""
    seen: dict[bytes, int] = {}
    ready = np.ascontiguousarray(flat)
    found = [seen.setdefault(hashlib.blake2b(row.data, digest_size=16).digest(), len(seen)) for row in ready]
    return np.array(found, dtype=np.int64)


def _deviation(flat: Array) -> Array:
    step = max(1, len(flat) * flat.shape[1] // (4 * _BLOCK))
    found: Array = flat[::step].astype(np.float64).std(axis=0)
    return found


def _usual(unique: Array, deviation: Array, kept: Array, seed: int) -> float:
    """Return the usual distance of a row to the nearest other one, among some of them."""
    random = np.random.default_rng([seed, 4])
    few = min(len(unique), _AMONG, max(_ASKED, _BLOCK // max(1, len(kept))))
    some = unique[np.sort(random.choice(len(unique), few, replace=False))][:, kept] / deviation[kept]
    if len(some) < 3:  # noqa: PLR2004  # two others
        return 0.0
    near = nearest(some[:_ASKED], some, 2)
    own = np.arange(len(near))
    other = np.where(near[:, 0] == own, near[:, 1], near[:, 0])
    distance = np.sqrt(((some[own] - some[other]) ** 2).mean(axis=1))
    return float(np.quantile(distance, 0.75))


def _near_pairs(flat: Array, first: Array, deviation: Array, wanted: tuple[Array, float], seed: int) -> Array:
    """Return pairs of distinct rows within the radius, shape (pairs, 2)."""
    kept, radius = wanted
    random = np.random.default_rng([seed, 5])
    turn = random.standard_normal((len(kept), _TABLES * _PROJECTIONS)) / deviation[kept][:, None]
    width = _WIDTH * radius * np.sqrt(len(kept))
    shift = random.uniform(0, width, turn.shape[1])
    step = max(1, _BLOCK // max(1, len(kept)))
    cells = np.concatenate(
        [np.floor((flat[first[at : at + step]][:, kept] @ turn + shift) / width) for at in range(0, len(first), step)]
    ).astype(np.int64)
    weights = random.integers(1, 2**62, _PROJECTIONS, dtype=np.int64) | 1
    found = []
    for table in range(_TABLES):
        part = cells[:, table * _PROJECTIONS : (table + 1) * _PROJECTIONS]
        keys = (part * weights).sum(axis=1)  # wraps around, as a hash may
        order = np.argsort(keys, kind="stable")
        for gap in range(1, _ABREAST + 1):
            same = np.flatnonzero(keys[order[gap:]] == keys[order[:-gap]])
            found.append(np.stack([order[same], order[same + gap]], axis=1))
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    return first[pairs[_distances(flat, first[pairs], deviation, kept) <= radius]]


def _distances(flat: Array, pairs: Array, deviation: Array, kept: Array) -> Array:
    step = max(1, _BLOCK // max(1, len(kept)))
    parts = [np.zeros(0)]
    for at in range(0, len(pairs), step):
        left, right = flat[pairs[at : at + step, 0]][:, kept], flat[pairs[at : at + step, 1]][:, kept]
        parts.append(np.sqrt((((left - right) / deviation[kept]) ** 2).mean(axis=1)))
    return np.concatenate(parts)
