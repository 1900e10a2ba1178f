"""Boosted trees that answer as the library that wrote them: compared and summed in its precision and order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.boosted.model import EVERY, Answers, Boosted
from aigov_checks.model.robustness.predictor import Answer, Array, two_columns
from aigov_checks.model.robustness.trees import Ensemble

if TYPE_CHECKING:
    import numpy.typing as npt

_MOST_VALUES = 4_000_000
"""Samples times trees that are summed at a time; bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class BoostedPredictor:
    """Implements `Predictor`; scores are the sums a class, or one predicted value."""

    model: Boosted
    ensemble: Ensemble
    labels: tuple[object, ...] = ()

    @property
    def name(self) -> str:
        """Who wrote the file, and who reads it."""
        return f"aigov trees ({self.model.written_by})"

    @property
    def answer(self) -> Answer:
        """Scores, or predicted values."""
        return Answer.VALUES if self.model.answers is Answers.VALUE else Answer.SCORES

    @property
    def dtype(self) -> npt.DTypeLike:
        """Precision of the model."""
        kept: npt.DTypeLike = self.model.dtype
        return kept

    def scores(self, x: Array) -> Array:
        """Return one score a class, shape (n, classes), or the predicted values, (n, 1)."""
        size = max(1, _MOST_VALUES // max(1, len(self.ensemble.roots)))
        parts = [self.sums(x[at : at + size]) for at in range(0, max(1, len(x)), size)]
        sums = np.concatenate(parts)
        match self.model.answers:
            case Answers.BINARY:
                return two_columns(sums, 0.0)
            case Answers.CLASSES:
                return sums
            case Answers.VALUE:
                return self.model.link(sums)

    def sums(self, x: Array) -> Array:
        """Return the sums before any link, shape (n, columns), added up tree by tree."""
        at = self.ensemble.at(x.astype(self.model.dtype))
        summed = self.model.start.dtype
        found = np.empty((len(x), len(self.model.start)), dtype=summed)
        for column, start in enumerate(self.model.start):
            raw = np.concatenate([tree.value[:, min(column, tree.value.shape[1] - 1)] for tree in self.model.trees])
            raw = raw.astype(summed)
            mine = np.flatnonzero((self.model.group == column) | (self.model.group == EVERY))
            terms = np.concatenate([np.full((len(x), 1), start), raw[at[:, mine]]], axis=1)
            found[:, column] = np.add.accumulate(terms, axis=1)[:, -1]
        return found / found.dtype.type(self.model.divisor) if self.model.divisor != 1 else found
