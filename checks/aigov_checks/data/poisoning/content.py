"""What a row looks like apart from its label: features, the core of each class, and what the nearest rows say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.rows import Rows

_FLOOR = 1e-6
_MOST_VALUES = 100_000_000
"""Values of a data set beyond which no spectrum of its pictures is taken; bounds the memory."""
_JUDGED_ON, _NEIGHBOURS = 1000, 7
"""Rows, and neighbours of each, by which features are chosen."""
_BLOCK = 2_000_000
"""Distances that are held at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """From flat rows to standardised features: the values, or the logarithm of their spectrum."""

    kind: Kind
    grid: tuple[int, ...]
    axes: tuple[int, ...]
    """Axes of a row, from the last, along which the spectrum is taken; none for the values."""
    mean: Array
    scale: Array

    @classmethod
    def of(cls, rows: Rows) -> Features:
        """Return the features whose columns have mean 0 and deviation 1: for signals the spectrum."""
        return cls._along(rows, (-1,) if rows.layout.kind is Kind.SIGNAL else ())

    @classmethod
    def telling(cls, rows: Rows) -> Features:
        """Return the features by which neighbours tell the classes apart best; a spectrum ignores where things are."""
        plain = cls.of(rows)
        if rows.layout.kind is not Kind.IMAGE or rows.flat.size > _MOST_VALUES:
            return plain
        spectral = cls._along(rows, (-2, -1))
        some = rows.taken(np.linspace(0, len(rows) - 1, min(len(rows), _JUDGED_ON)).astype(np.int64))
        return min((plain, spectral), key=lambda each: _misjudged(each(some.flat), some))

    @classmethod
    def _along(cls, rows: Rows, axes: tuple[int, ...]) -> Features:
        raw = _raw(rows.flat, rows.grid, axes)
        deviation = raw.std(axis=0)
        usual = float(np.median(deviation[deviation > 0])) if (deviation > 0).any() else 1.0
        scale = np.where(deviation > 0, np.maximum(deviation, 0.1 * usual * (rows.layout.kind is Kind.IMAGE)), 1.0)
        return cls(rows.layout.kind, rows.grid, axes, raw.mean(axis=0), scale)

    def __call__(self, flat: Array) -> Array:
        """Return float32 features of shape (n, features)."""
        found: Array = ((_raw(flat, self.grid, self.axes) - self.mean) / self.scale).astype(np.float32)
        return found


def _misjudged(x: Array, rows: Rows) -> float:
    """Return the share of rows that most of their nearest neighbours are labelled otherwise than."""
    near = nearest(x, x, min(_NEIGHBOURS + 1, len(x)))
    own = near == np.arange(len(x))[:, None]
    own[~own.any(axis=1), -1] = True  # equal rows hid it: the farthest goes instead
    labels = rows.y[near[~own].reshape(len(x), -1)]
    return float((votes(labels, rows.classes).argmax(axis=1) != rows.y).mean())


def _raw(flat: Array, grid: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    if not axes:
        return flat.astype(np.float64)
    spectrum = np.abs(np.fft.rfftn(flat.reshape(len(flat), *grid), axes=axes))
    usual = np.median(spectrum) + _FLOOR
    found: Array = np.log(spectrum + 1e-3 * usual).reshape(len(flat), -1)
    return found


def nearest(x: Array, among: Array, k: int) -> Array:
    """Return the indices of the `k` rows of `among` nearest to each row of `x`, the nearest first, shape (n, k)."""
    square = (among.astype(np.float64) ** 2).sum(axis=1)
    found = []
    step = max(1, _BLOCK // max(1, len(among)))
    for at in range(0, len(x), step):
        part = x[at : at + step]
        distance = square[None, :] - 2.0 * (part @ among.T)
        some = np.argpartition(distance, k - 1, axis=1)[:, :k]
        order = np.take_along_axis(distance, some, axis=1).argsort(axis=1, kind="stable")
        found.append(np.take_along_axis(some, order, axis=1))
    return np.concatenate(found) if found else np.zeros((0, k), dtype=np.int64)


def votes(labels: Array, classes: int) -> Array:
    """Return how many of the neighbours have each label, shape (n, classes), from labels of shape (n, k)."""
    counts = np.zeros((len(labels), classes), dtype=np.int64)
    np.add.at(counts, (np.arange(len(labels))[:, None], labels), 1)
    return counts


@dataclass(frozen=True, slots=True, eq=False)
class Cores:
    """The half of each class that is nearest to its middle, which poison is too spread out to hold."""

    centres: Array
    """Shape (classes, features)."""
    members: Array
    """Whether a row is in the core of its class."""
    strangeness: Array
    """How much nearer a row is to the middle of another class than to that of its own, in deviations of its class."""


def cores_of(x: Array, y: Array, classes: int) -> Cores:
    """Return the cores: medians, then twice the mean of the nearer half."""
    centres = np.stack([np.median(x[y == code], axis=0) for code in range(classes)])
    members = np.zeros(len(y), dtype=bool)
    for _ in range(2):
        own = ((x - centres[y]) ** 2).mean(axis=1)
        for code in range(classes):
            of_class = np.flatnonzero(y == code)
            half = of_class[np.argsort(own[of_class], kind="stable")[: max(1, (len(of_class) + 1) // 2)]]
            members[of_class] = False
            members[half] = True
            centres[code] = x[half].mean(axis=0)
    distance = (x**2).mean(axis=1)[:, None] - 2 * x @ centres.T / x.shape[1] + (centres**2).mean(axis=1)[None]
    mine = distance[np.arange(len(y)), y]
    distance[np.arange(len(y)), y] = np.inf
    strange = mine - distance.min(axis=1)
    for code in range(classes):
        of_class = y == code
        middle = np.median(strange[of_class])
        spread = 1.4826 * np.median(np.abs(strange[of_class] - middle)) + 1e-9
        strange[of_class] = (strange[of_class] - middle) / spread
    return Cores(centres, members, np.clip(strange, -10, 10))
