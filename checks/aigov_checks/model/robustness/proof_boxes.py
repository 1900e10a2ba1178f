"""Proofs where few features may change by any amount: for every choice of features, in pieces where one is too wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import Balls, flat
from aigov_checks.model.robustness.proofs import Proved, Prover
from aigov_checks.model.robustness.tree_boxes import boxes_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

MOST_BOXES = 512
"""Boxes of one sample, pieces among them, beyond which a proof is given up."""
_OVERHEAD = 20_000
"""Numbers that could be handled in the time that one box takes besides them."""


@dataclass(frozen=True, slots=True, eq=False)
class OverFew:
    """A prover for l0: each choice of features is a box, and a box without a proof is halved along its widest side."""

    inner: Prover

    def certified(self, balls: Balls, y: Array, work: int) -> Proved:
        """Return for which samples no point of the set has another class."""
        found, done = np.zeros(len(y), dtype=bool), 0
        for row in range(len(y)):
            if done >= work:
                break
            found[row], used = self._one(balls, row, int(y[row]), work - done)
            done += used
        return Proved(found, done)

    def _one(self, balls: Balls, row: int, label: int, work: int) -> tuple[bool, int]:
        boxes = choices(balls, row)
        if boxes is None:
            return False, 0
        (low, high), tried, done = boxes, 0, 0
        while len(low):
            tried += len(low)
            if tried > MOST_BOXES or done >= work:
                return False, done
            proved = self.inner.certified(_balls(balls, row, low, high), np.full(len(low), label), work - done)
            done += proved.work + _OVERHEAD * len(low)
            low, high = low[~proved.certified], high[~proved.certified]
            if (low == high).all(axis=1).any():  # a single point
                return False, done
            low, high = _halves(low, high, _kept(balls, row))
        return True, done


def choices(balls: Balls, row: int) -> tuple[Array, Array] | None:
    """Return lower and upper ends of the boxes of a sample (boxes, size), None where they are too many."""
    size = flat(balls.x[:1]).shape[1]
    boxes = boxes_of(balls, row, (np.arange(size), flat(balls.low[row : row + 1])[0]), MOST_BOXES)
    return (boxes.low, boxes.high) if boxes.complete else None


def pieces(balls: Balls, row: int) -> Balls | None:
    """Return the boxes of a sample, each in up to four pieces, as balls of linf; None where they are too many."""
    boxes = choices(balls, row)
    if boxes is None or len(boxes[0]) > MOST_BOXES // 4:
        return None
    for _ in range(2):
        boxes = _halves(*boxes, _kept(balls, row))
    return _balls(balls, row, *boxes)


def _balls(balls: Balls, row: int, low: Array, high: Array) -> Balls:
    """Return boxes as balls of linf around their points that are nearest to the sample."""
    shape, dtype = (len(low), *balls.x.shape[1:]), balls.x.dtype
    centre = np.clip(flat(balls.x[row : row + 1]), low, high)
    x, low, high = (item.reshape(shape).astype(dtype) for item in (centre, low, high))
    return Balls("linf", x, low, high, balls.eps)


def _kept(balls: Balls, row: int) -> tuple[Array, Array]:
    """Return the span of every value, and which are whole numbers."""
    low, high = (flat(item[row : row + 1])[0] for item in (balls.low, balls.high))
    whole = np.zeros(len(low), dtype=bool) if balls.kinds is None else balls.kinds.whole
    return np.where(high > low, high - low, 1.0), whole


def _halves(low: Array, high: Array, kept: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return each box as two, cut in the middle of its widest side; whole numbers between two of them."""
    span, whole = kept
    if not len(low):
        return low, high
    rows, side = np.arange(len(low)), ((high - low) / span).argmax(axis=1)
    middle = (low[rows, side] + high[rows, side]) / 2
    below, above = high.copy(), low.copy()
    below[rows, side] = np.where(whole[side], np.floor(middle), middle)
    above[rows, side] = np.where(whole[side], np.floor(middle) + 1, middle)
    lows, highs = np.concatenate([low, above]), np.concatenate([below, high])
    some = (lows <= highs).all(axis=1)
    return lows[some], highs[some]
