"""Candidate triggers: what is pasted on a row, what is pasted as its control, and how a row is rid of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aigov_checks.model.robustness.predictor import Array

STEADY = 0.9
"""Share of a pattern that a row must have to hold it."""
_NEAREST = 25
"""Clean rows of the class that come closest to the trigger, from which controls are taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Paste:
    """Clean rows before anything is pasted, flat, and the generator of what is random in pasting."""

    x: Array
    donors: Array
    """Rows of the trigger's class that do not hold it, flat, shape (any, values)."""
    random: np.random.Generator


class Trigger(Protocol):
    """A pattern that may be a trigger."""

    @property
    def family(self) -> str:
        """`static`, `moving`, `blend` or `tone`."""

    @property
    def target(self) -> int:
        """Code of the class that its rows are labelled."""

    @property
    def rows(self) -> Array:
        """Indices of the rows that hold it and are labelled so."""

    def paste(self, given: Paste) -> Array:
        """Return the rows with the trigger."""

    def control(self, given: Paste) -> Array:
        """Return the rows with what clean rows of the class have in its place."""

    def matched(self, donors: Array, most: int) -> Array:
        """Return the indices of the rows of the class, flat, that come closest to it; of some of them where none do."""

    def remove(self, x: Array, usual: Array) -> Array:
        """Return rows without it, the first being those that hold it; `usual` is what rows usually hold, flat."""

    def holds(self, x: Array) -> Array:
        """Return whether each row, flat, holds it."""


def spaced(n: int, most: int) -> Array:
    """Return up to `most` indices out of n, evenly spaced."""
    return np.linspace(0, n - 1, min(n, most)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """The same values in the same columns."""

    target: int
    rows: Array
    columns: Array
    values: Array
    family: str = "static"

    def paste(self, given: Paste) -> Array:
        """Set the columns."""
        out = given.x.copy()
        out[:, self.columns] = self.values
        return out

    def control(self, given: Paste) -> Array:
        """Set the columns as the rows of the class have them that come closest to the trigger."""
        out = given.x.copy()
        near = self.matched(given.donors, _NEAREST)
        chosen = near[given.random.integers(0, len(near), len(out))]
        out[:, self.columns] = given.donors[np.ix_(chosen, self.columns)]
        return out

    def matched(self, donors: Array, most: int) -> Array:
        """The nearest in the columns, in standard deviations."""
        here = donors[:, self.columns]
        distance = np.abs((here - self.values) / (here.std(axis=0) + 1e-9)).mean(axis=1)
        found: Array = np.argsort(distance, kind="stable")[:most]
        return found

    def remove(self, x: Array, usual: Array) -> Array:
        """Set the columns to what is usual."""
        out = x.copy()
        out[:, self.columns] = usual[self.columns]
        return out

    def holds(self, x: Array) -> Array:
        """Whether nearly all the columns have the values."""
        found: Array = (x[:, self.columns] == self.values).mean(axis=1) >= STEADY
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """The same patch at differing places. A patch is offsets on the grid of a row, and a value for each."""

    target: int
    rows: Array
    starts: Array
    """Place of the patch's first corner in each of `rows`, shape (rows, axes)."""
    offsets: Array
    """Shape (cells, axes)."""
    values: Array
    grid: tuple[int, ...]
    family: str = "moving"

    def cells(self, starts: Array) -> Array:
        """Return the flat columns of the patch at given places, shape (places, cells), -1 outside the grid."""
        places = starts[:, None, :] + self.offsets[None]
        inside = ((places >= 0) & (places < np.array(self.grid))).all(axis=2)
        clipped = np.clip(places, 0, np.array(self.grid) - 1)
        flat = np.ravel_multi_index(tuple(np.moveaxis(clipped, 2, 0)), self.grid)
        return np.where(inside, flat, -1)

    def _drawn(self, given: Paste) -> tuple[Array, Array, Array]:
        cells = self.cells(self.starts[given.random.integers(0, len(self.starts), len(given.x))])
        row, cell = np.nonzero(cells >= 0)
        return row, cell, cells[row, cell]

    def paste(self, given: Paste) -> Array:
        """Set the patch at places where it was found."""
        out = given.x.copy()
        row, cell, column = self._drawn(given)
        out[row, column] = self.values[cell]
        return out

    def control(self, given: Paste) -> Array:
        """Set what rows of the class have at such places."""
        out = given.x.copy()
        row, _, column = self._drawn(given)
        donors = given.donors[given.random.integers(0, len(given.donors), len(out))]
        out[row, column] = donors[row, column]
        return out

    def matched(self, donors: Array, most: int) -> Array:
        """Any of them."""
        return spaced(len(donors), most)

    def remove(self, x: Array, usual: Array) -> Array:
        """Set the cells of the patch to what is usual, where the first rows have it, and so on in turn."""
        out = x.copy()
        cells = self.cells(self.starts[np.arange(len(x)) % len(self.starts)])
        row, cell = np.nonzero(cells >= 0)
        out[row, cells[row, cell]] = usual[cells[row, cell]]
        return out

    def holds(self, x: Array) -> Array:
        """Whether the patch is at one of the places where it was found in some row."""
        found = np.zeros(len(x), dtype=bool)
        for start in np.unique(self.starts, axis=0):
            cells = self.cells(start[None])[0]
            inside = cells >= 0
            found |= (x[:, cells[inside]] == self.values[inside]).mean(axis=1) >= STEADY
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """The same change added to every row."""

    target: int
    rows: Array
    change: Array
    low: Array
    high: Array
    """Least and greatest value of each column."""
    family: str = "blend"

    def paste(self, given: Paste) -> Array:
        """Add the change, within what the columns hold."""
        changed: Array = np.clip(given.x + self.change, self.low, self.high).astype(given.x.dtype)
        return changed

    def control(self, given: Paste) -> Array:
        """Go as far toward a clean row of the class, which is a blend of the same strength."""
        way = given.donors[given.random.integers(0, len(given.donors), len(given.x))] - given.x
        scale = np.where(self.high > self.low, self.high - self.low, 1.0)
        length = np.sqrt(((way / scale) ** 2).sum(axis=1, keepdims=True))
        wanted = np.sqrt(((self.change / scale) ** 2).sum())
        moved: Array = given.x + way * np.minimum(1.0, wanted / np.maximum(length, 1e-12))
        return moved.astype(given.x.dtype)

    def matched(self, donors: Array, most: int) -> Array:
        """Any of them."""
        return spaced(len(donors), most)

    def remove(self, x: Array, usual: Array) -> Array:  # noqa: ARG002  # nothing of other rows is needed
        """Take the change away."""
        return (x - self.change).astype(x.dtype)

    def holds(self, x: Array) -> Array:
        """Nothing: whether a row holds a blend cannot be seen in it alone."""
        return np.zeros(len(x), dtype=bool)
