"""Blended triggers: rows that look like another class plus a change, and the change is the same in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.data.poisoning.content import nearest, votes
from aigov_checks.data.poisoning.trigger import Blend
from aigov_checks.model.faults.kinds import Kind

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.content import Cores
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.model.robustness.predictor import Array

_NEIGHBOURS = 5
LEAST_ROWS = 8
"""Rows that share a change, below which it is none."""
_LEAST_ALIKE = 0.15
"""Cosine between two suspects' changes, on average, from which they have one in common."""


def blend_triggers(rows: Rows, x: Array, cores: Cores) -> list[Blend]:
    """Return at most one candidate a class, for images; `x` are the features of the rows.

    Signals have a phase of their own in each row, so that the mean of their changes says nothing.
    """
    if rows.layout.kind is not Kind.IMAGE:
        return []
    core = np.flatnonzero(cores.members)
    near = core[nearest(x, x[core], min(_NEIGHBOURS, len(core)))]
    looks = votes(rows.y[near], rows.classes).argmax(axis=1)
    low, high = rows.flat.min(axis=0), rows.flat.max(axis=0)
    found = []
    for target in range(rows.classes):
        suspects = np.flatnonzero((rows.y == target) & (looks != target))
        if len(suspects) < LEAST_ROWS:
            continue
        changes = rows.flat[suspects] - _twins(suspects, looks, near, rows)
        common = _common(changes)
        if common is None:
            continue
        change, members = common
        if len(members) >= LEAST_ROWS:
            found.append(Blend(target, suspects[members], change, low, high))
    return found


def _twins(suspects: Array, looks: Array, near: Array, rows: Rows) -> Array:
    """Return for each suspect the mean of its nearest core rows that are of the class it looks like."""
    theirs = rows.y[near[suspects]] == looks[suspects][:, None]
    twins: Array = (rows.flat[near[suspects]] * theirs[:, :, None]).sum(axis=1) / theirs.sum(axis=1)[:, None]
    return twins


def _common(changes: Array) -> tuple[Array, Array] | None:
    """Return the change that most of the suspects share, and which of them do; nothing where they are not alike."""
    members = np.arange(len(changes))
    change = np.median(changes, axis=0)
    for _ in range(3):
        length = np.sqrt((change**2).sum())
        if not length > 0:
            return None
        along = changes @ change / length**2
        members = np.flatnonzero((along > 0.5) & (along < 2.0))  # noqa: PLR2004  # half to double the change
        if len(members) < LEAST_ROWS:
            return None
        change = changes[members].mean(axis=0)
    unit = changes[members] / np.maximum(np.sqrt((changes[members] ** 2).sum(axis=1, keepdims=True)), 1e-12)
    n = len(members)
    alike = (float((unit.sum(axis=0) ** 2).sum()) - n) / (n * (n - 1))
    return (change, members) if alike >= _LEAST_ALIKE else None
