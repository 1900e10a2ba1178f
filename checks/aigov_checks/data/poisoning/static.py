"""Static triggers: values, or neighbouring values, that a few rows share, and those rows are of one class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.data.poisoning.trigger import Static
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.data.poisoning.rows import Rows

LEAST_ROWS = 4
"""Rows that hold a pattern, below which it is none."""
TIED = 0.8
"""Share of the rows with a value that are of one class, from which it is tied to it."""
COMMONEST = 0.3
"""Share of all rows with a value, from which it is no rare one."""
_CHANCE = 0.01
_CONSTANT = 0.9
"""Share of the rows that agree in a column, from which it belongs to the pattern."""
_USUAL = 0.5
"""Share of the other rows that have the value too, from which a column says nothing."""
_MOST_PAIRED = 40
"""Columns of a table up to which every pair of them is looked at."""
_VALUES = 40_000_000
"""Values that are looked at; more columns are thinned out, since patterns on large grids cover several."""
_TEMPLATES = 5


@dataclass(frozen=True, slots=True)
class Atom:
    """A value tied to a class: which rows hold it, and how strange they are for their class."""

    target: int
    held: Array
    """Rows of the class that hold it."""
    columns: tuple[int, ...]
    strange: float
    tied: float
    """Logarithm of the probability that so many of the rows are of one class by chance, negative."""


@dataclass(slots=True)
class Count:
    """How many patterns are tied to a class, over which chance has to be shared out."""

    tied: int = 0


def atoms_of(codes: Array, columns: tuple[int, ...], rows: Rows, strangeness: Array, count: Count) -> Iterator[Atom]:
    """Yield the values of one coded column that are rare, held by several rows, and tied to one class."""
    _, inverse = np.unique(codes, return_inverse=True)
    inverse = inverse.reshape(len(rows))
    size = int(inverse.max()) + 1
    totals = np.bincount(inverse, minlength=size)
    wanted = np.flatnonzero((totals >= LEAST_ROWS) & (totals <= COMMONEST * len(rows)))
    if not len(wanted):
        return
    place = np.full(size, -1)
    place[wanted] = np.arange(len(wanted))
    kept = np.flatnonzero(place[inverse] >= 0)
    cell = place[inverse[kept]] * rows.classes + rows.y[kept]
    counts = np.bincount(cell, minlength=len(wanted) * rows.classes).reshape(len(wanted), rows.classes)
    target = counts.argmax(axis=1)
    most = counts[np.arange(len(wanted)), target]
    share = np.bincount(rows.y, minlength=rows.classes) / len(rows)
    stats = need("scipy.stats", "robustness")
    for index in np.flatnonzero((most >= LEAST_ROWS) & (most >= TIED * totals[wanted])):
        code = int(target[index])
        tied = float(stats.binom.logsf(most[index] - 1, totals[wanted[index]], share[code]))
        if tied < np.log(_CHANCE):
            count.tied += 1
            held = np.flatnonzero((inverse == wanted[index]) & (rows.y == code))
            strange = float(strangeness[held].mean() * np.sqrt(len(held)))
            yield Atom(code, held, columns, strange, tied)


def static_atoms(rows: Rows, strangeness: Array, count: Count) -> list[Atom]:
    """Return the rare values of single columns and of pairs of columns that are neighbours."""
    step = max(1, len(rows) * rows.flat.shape[1] // _VALUES)
    singles = range(0, rows.flat.shape[1], step)
    found = [atom for column in singles for atom in atoms_of(rows.flat[:, column], (column,), rows, strangeness, count)]
    for left, right in _pairs(rows, step):
        if _coarse(rows, left) and _coarse(rows, right):
            both = mixed((rows.flat[:, left], rows.flat[:, right]))
            found += atoms_of(both, (left, right), rows, strangeness, count)
    return found


def _pairs(rows: Rows, step: int) -> Iterator[tuple[int, int]]:
    width = rows.flat.shape[1]
    if rows.layout.kind is Kind.TABLE:
        if width <= _MOST_PAIRED:
            yield from combinations(range(width), 2)
        return
    for column in range(0, width - 1, step):
        if (column + 1) % rows.grid[-1]:
            yield column, column + 1


def _coarse(rows: Rows, column: int) -> bool:
    """Whether values repeat in a column, judged by its first rows."""
    few = rows.flat[:200, column]
    return len(np.unique(few)) < 0.9 * len(few)


def mixed(parts: tuple[Array, ...]) -> Array:
    """Return one 64-bit hash for each tuple of values of the same dtype."""
    total = np.zeros(parts[0].shape, dtype=np.uint64)
    for part in parts:
        bits = np.ascontiguousarray(part, dtype=np.float64).view(np.uint64)
        total = (total ^ (bits >> np.uint64(29)) ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(32)
    return total


def pattern_of(atom: Atom, rows: Rows) -> Static | None:
    """Return everything that the rows of an atom share and other rows do not, with all rows that hold that."""
    held = rows.flat[atom.held]
    templates = held[np.linspace(0, len(held) - 1, min(len(held), _TEMPLATES)).astype(np.int64)]
    agree = np.stack([(held == template).mean(axis=0) for template in templates])
    best = agree.argmax(axis=0)
    values = templates[best, np.arange(held.shape[1])]
    steady = agree.max(axis=0) >= _CONSTANT
    others = np.setdiff1d(np.arange(len(rows)), atom.held)
    columns = np.flatnonzero(steady)
    usual = ((rows.flat[np.ix_(others, columns)] == values[columns]).sum(axis=0) + 1) / (len(others) + 2)
    stats = need("scipy.stats", "robustness")
    agreeing = np.rint(agree.max(axis=0)[columns] * len(held)).astype(np.int64)
    chance = stats.binom.sf(agreeing - 1, len(held), usual)
    said = (usual < _USUAL) & (chance < _CHANCE / rows.flat.shape[1])
    for wanted in (said, said | np.isin(columns, atom.columns)):
        found = _held(atom.target, columns[wanted], values, rows)
        if found is not None:
            return found
    return None


def _held(target: int, columns: Array, values: Array, rows: Rows) -> Static | None:
    """Return the pattern of some columns, or None where too few rows hold it or they are of several classes."""
    if not len(columns):
        return None
    matching = (rows.flat[:, columns] == values[columns]).mean(axis=1) >= _CONSTANT
    mine = np.flatnonzero(matching & (rows.y == target))
    if len(mine) < LEAST_ROWS or len(mine) < TIED * matching.sum():
        return None
    return Static(target, mine, columns, values[columns])


def static_triggers(rows: Rows, strangeness: Array, most: int, count: Count) -> list[Static]:
    """Return up to `most` candidates: half of them the strangest for their class, half those most tied to it."""
    atoms = static_atoms(rows, strangeness, count)
    found: list[Static] = []
    for order in (
        sorted(atoms, key=lambda atom: -atom.strange),
        sorted(atoms, key=lambda atom: atom.tied / len(atom.columns)),
    ):
        wanted = len(found) + (most + 1) // 2
        for atom in order[: 10 * most]:
            if len(found) >= min(wanted, most):
                break
            trigger = pattern_of(atom, rows)
            if trigger is not None and not any(_same(trigger, known) for known in found):
                found.append(trigger)
    return found


def _same(one: Static, other: Static) -> bool:
    if one.target != other.target:
        return False
    shared = len(np.intersect1d(one.rows, other.rows))
    return shared >= 0.8 * max(len(one.rows), len(other.rows))
