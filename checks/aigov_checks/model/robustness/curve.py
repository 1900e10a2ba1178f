"""Robust accuracy over several sizes of the budget, monotone by construction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.cascade import Attacked, Broken, Stage, attack
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.search_stages import Rescaled

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What was broken at the budget itself, and how many samples stand at each multiple of it."""

    main: Broken
    standing: dict[float, int]
    """Multiple of the budget to correctly classified samples that no attack moved to another class."""
    undecided: dict[float, int]
    """Multiple of the budget to samples of those that no exact stage settled."""
    broken: dict[float, Array]
    """Multiple of the budget to the rows that are broken there."""
    example: tuple[Broken, float] | None
    """What was broken at the budget itself, or else at the smallest multiple above it, with that multiple."""


def curve_of(  # noqa: PLR0913  # what is attacked, how far, and with what
    attacked: Attacked,
    correct: Array,
    multiples: Sequence[float],
    full: Sequence[Stage],
    quick: Sequence[Stage],
    *,
    main: Broken | None = None,
) -> Curve:
    """Attack at the budget with every stage, unless that was done (`main`), and at the other sizes with the quick ones.

    A smaller budget is tried on the samples that the next larger one broke, a larger one on those that still stand:
    whoever breaks within a small budget is broken within a larger one too.
    """
    main = attack(attacked, full, correct, 1.0) if main is None else main
    standing = {1.0: len(correct) - len(main.points)}
    undecided = {1.0: len(main.unsettled(correct))}
    broken = {1.0: main.rows}
    known, scale, tried = main, 1.0, correct
    for multiple in sorted((m for m in multiples if m < 1.0), reverse=True):
        tried = np.union1d(known.rows, known.unsettled(tried))
        known = attack(attacked, [_rescaled(attacked, known, multiple / scale), *quick], tried, multiple)
        scale = multiple
        standing[multiple] = len(correct) - len(known.points)
        broken[multiple] = known.rows
        undecided[multiple] = len(known.unsettled(tried))
    example = _first(main, 1.0)
    left = np.setdiff1d(correct, main.rows)
    for multiple in sorted(m for m in multiples if m > 1.0):
        found = attack(attacked, quick, left, multiple)
        undecided[multiple] = len(found.unsettled(left))
        left = np.setdiff1d(left, found.rows)
        standing[multiple] = len(left)
        broken[multiple] = np.setdiff1d(correct, left)
        example = example or _first(found, multiple)
    return Curve(main, dict(sorted(standing.items())), undecided, broken, example)


def _rescaled(attacked: Attacked, known: Broken, ratio: float) -> Rescaled:
    dtype = attacked.model.inner.dtype
    return Rescaled({attacked.x[row].astype(dtype).tobytes(): point for row, point in known.points.items()}, ratio)


def _first(broken: Broken, multiple: float) -> tuple[Broken, float] | None:
    return (broken, multiple) if broken.points else None
