"""Triggers that move: the same patch of a signal or an image at differing places, in rows of one class."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.data.poisoning.static import LEAST_ROWS, TIED, atoms_of, mixed
from aigov_checks.data.poisoning.trigger import Moving
from aigov_checks.model.faults.kinds import Kind

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.data.poisoning.static import Atom, Count
    from aigov_checks.model.robustness.predictor import Array

_WINDOWS = 6_000_000
"""Windows that are compared; of more, the rows are thinned out."""
_SIDE = {Kind.SIGNAL: 6, Kind.IMAGE: 2}
"""Length of the windows that are compared along each axis."""
_REACH = {Kind.SIGNAL: 32, Kind.IMAGE: 4}
"""How far around a window its patch is looked for."""
_STEADY = 0.9
_PLACES = 2
"""Places at which a patch must have been found to be one that moves."""


def moving_triggers(rows: Rows, strangeness: Array, most: int, count: Count) -> list[Moving]:
    """Return up to `most` candidates, the strangest for their class first."""
    if rows.layout.kind is Kind.TABLE:
        return []
    side = _SIDE[rows.layout.kind]
    chosen, hashes = _windows(rows, side)
    if hashes is None:
        return []
    row, first = _once_a_row(hashes)
    values = hashes.ravel()[first]
    some = rows.labels(chosen[row])  # one row a window: what a column is to static triggers
    atoms = sorted(atoms_of(values, (), some, strangeness[chosen[row]], count), key=lambda atom: -atom.strange)
    found: list[Moving] = []
    for atom in atoms[: 5 * most]:
        if len(found) >= most:
            break
        starts = _starts(first[atom.held] % hashes.shape[1], rows, side)
        if len(np.unique(starts, axis=0)) < _PLACES:
            continue
        trigger = _patch(atom, chosen[row][atom.held], starts, rows)
        if trigger is not None and not any(_same(trigger, known) for known in found):
            found.append(trigger)
    return found


def _spans(rows: Rows, side: int) -> tuple[int, ...]:
    """Return the number of window places along each axis: every channel, and every place in time or space."""
    return (rows.grid[0], *(size - side + 1 for size in rows.grid[1:]))


def _windows(rows: Rows, side: int) -> tuple[Array, Array | None]:
    """Return the rows looked at, and the hash of each of their windows, 0 for flat ones; shape (rows, windows)."""
    spans = _spans(rows, side)
    if min(spans) < 1:
        return np.arange(0), None
    step = max(1, len(rows) * int(np.prod(spans)) // _WINDOWS)
    chosen = np.arange(0, len(rows), step)
    x = rows.flat[chosen].reshape(len(chosen), *rows.grid)
    whole = slice(None)
    parts = [
        x[(whole, whole, *(slice(at, at + n) for at, n in zip(corner, spans[1:], strict=True)))]
        for corner in product(range(side), repeat=len(spans) - 1)
    ]
    hashes = mixed(tuple(parts))
    usual = np.median(x, axis=tuple(range(1, x.ndim)), keepdims=True)
    background = np.all([part == usual for part in parts], axis=0)
    hashes[background] = 0
    return chosen, hashes.reshape(len(chosen), -1)


def _once_a_row(hashes: Array) -> tuple[Array, Array]:
    """Return row and flat index of each distinct window of each row, background left out."""
    order = np.argsort(hashes, axis=1, kind="stable")
    ordered = np.take_along_axis(hashes, order, axis=1)
    new = np.ones(ordered.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    new &= ordered != 0
    row, column = np.nonzero(new)
    return row, row * hashes.shape[1] + order[row, column]


def _starts(windows: Array, rows: Rows, side: int) -> Array:
    return np.stack(np.unravel_index(windows, _spans(rows, side)), axis=1)


def _patch(atom: Atom, held: Array, starts: Array, rows: Rows) -> Moving | None:
    """Return the cells around the window that nearly all rows share, relative to it."""
    reach = _REACH[rows.layout.kind]
    side = _SIDE[rows.layout.kind]
    axes = len(rows.grid) - 1
    around = np.array([(0, *at) for at in product(range(-reach, reach + side), repeat=axes)])
    probe = Moving(atom.target, held, starts, around, np.zeros(len(around)), rows.grid)
    cells = probe.cells(starts)
    seen = np.where(cells >= 0, rows.flat[held[:, None], np.maximum(cells, 0)], np.nan)
    inside = cells >= 0
    values, best = np.zeros(len(around)), np.zeros(len(around))
    for template in seen[:: max(1, len(seen) // 5)][:5]:
        agree = ((seen == template) & inside).sum(axis=0) / np.maximum(inside.sum(axis=0), 1)
        better = (agree > best) & np.isfinite(template)
        values[better], best[better] = template[better], agree[better]
    steady = (best >= _STEADY) & (inside.sum(axis=0) >= max(LEAST_ROWS, 0.5 * len(held)))
    usual = np.array([2 * (rows.flat == value).mean() < 1 for value in values[steady]])
    if not usual.any():
        return None
    kept = np.flatnonzero(steady)[usual]
    return _all_rows(Moving(atom.target, held, starts, around[kept], values[kept], rows.grid), rows)


def _all_rows(trigger: Moving, rows: Rows) -> Moving | None:
    """Return the patch where, looked for in full, it is still tied to its class."""
    holds = trigger.holds(rows.flat)
    mine = holds[trigger.rows]
    if mine.sum() < LEAST_ROWS or (rows.y[holds] == trigger.target).mean() < TIED:
        return None
    return Moving(
        trigger.target, trigger.rows[mine], trigger.starts[mine], trigger.offsets, trigger.values, trigger.grid
    )


def _same(one: Moving, other: Moving) -> bool:
    shared = len(np.intersect1d(one.rows, other.rows))
    return one.target == other.target and shared >= 0.8 * min(len(one.rows), len(other.rows))
