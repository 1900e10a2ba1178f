"""What was found out about a model of values, before it becomes measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aigov import Dataset, Message, Model, ratio
from aigov_checks.model.robustness.anytime import Ratio, anytime_ratio
from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.kept import Kept
from aigov_checks.model.robustness.predictor import Array, Opened
from aigov_checks.model.robustness.regression.bounds import Bounds
from aigov_checks.model.robustness.regression.errors import within
from aigov_checks.model.robustness.regression.extremes import Extremes
from aigov_checks.model.robustness.regression.stages import Search
from aigov_checks.model.robustness.sequential import Stopped


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Everything that was found out about a model of values on a data set."""

    attacked: Attacked
    opened: Opened
    sizes: Mapping[float, Extremes]
    """Multiple of the budget to what was reached and proved."""
    predicted: Array
    """Value predicted for each attacked sample, shape (n,)."""
    drawn: tuple[Array, Array]
    """Prediction and reference of every sample drawn, of which those attacked are the first."""
    searches: Sequence[Search]
    bounds: Bounds
    flat: int | None
    """Drawn samples without a slope; None where gradients are not known."""
    unaided: Array | None
    """Values reached before the search without gradients began, shape (n, 2)."""
    no_gradients: Message | None
    model: Model | None = None
    tolerance: float = 0.0
    deterministic: bool = True
    slow: Message | None = None
    stopped: Stopped | None = None
    """How a measurement in parts ended, where it was one."""
    notes: tuple[Message, ...] = ()
    dataset: Dataset | None = None
    kept: tuple[Kept, ...] = ()
    """Adversarial inputs drawn as evidence."""

    @property
    def n(self) -> int:
        """Number of attacked samples."""
        return len(self.predicted)

    @property
    def ratio(self) -> Ratio:
        """What makes a share of the attacked samples a measurement."""
        return ratio if self.stopped is None else anytime_ratio

    def holds(self, ends: Array) -> Array:
        """Return for which samples both ends, shape (n, 2), lie within the tolerance of the reference."""
        return np.asarray(within(ends, self.attacked.y[:, None], self.tolerance).all(axis=1))

    def stands(self, multiple: float) -> Array:
        """Return which samples no search pushed out of the tolerance."""
        extremes = self.sizes[multiple]
        return self.holds(extremes.found) & ~extremes.broken

    def rests(self, ends: Array) -> Array:
        """Return for which samples both ends lie within the tolerance of the prediction itself."""
        return np.asarray(within(ends, self.predicted[:, None], self.tolerance).all(axis=1))
