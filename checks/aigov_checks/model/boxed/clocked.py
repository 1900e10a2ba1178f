"""A predictor whose every call has an end: a model that never answers ends as a verdict, not as a hanging audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_checks.model.boxed.setting import Clock
from aigov_checks.model.robustness.predictor import Answer, Array, Predictor

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Clocked:
    """The predictor `inner`, each call within the clock."""

    inner: Predictor
    clock: Clock

    @property
    def name(self) -> str:
        """As of the predictor."""
        return self.inner.name

    @property
    def answer(self) -> Answer:
        """As of the predictor."""
        return self.inner.answer

    @property
    def dtype(self) -> npt.DTypeLike:
        """As of the predictor."""
        return self.inner.dtype

    @property
    def labels(self) -> tuple[object, ...]:
        """As of the predictor."""
        return self.inner.labels

    def scores(self, x: Array) -> Array:
        """Return the scores of the predictor."""
        with self.clock():
            return self.inner.scores(x)
