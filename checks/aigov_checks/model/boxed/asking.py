"""A model that is asked about many samples: shaped for it, a batch at a time, and no longer than the time allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.opening import open_model
from aigov_checks.model.robustness.predictor import Opened
from aigov_checks.model.robustness.samples import shaped

if TYPE_CHECKING:
    from aigov import Dataset, Model
    from aigov_checks.model.boxed.setting import Setting
    from aigov_checks.model.robustness.predictor import Array

FEW = 8
"""Samples of the first call."""
_PROBE = 0.02
"""Share of the limit beyond which a call is long, and a model is timed with more samples."""
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Draw:
    """How many samples are drawn, and by which seed; all of them, in their order, by default."""

    samples: int = _ALL
    seed: int = 0


@dataclass(slots=True, eq=False)
class Asked:
    """A model with the largest batch that it is given, and how long it takes."""

    opened: Opened
    batch: int
    each: float = 0.0
    """Seconds a sample."""

    def scores(self, x: Array) -> Array:
        """Return one score a class for samples as the data set has them, shape (n, classes)."""
        ready = shaped(x, self.opened).astype(self.opened.predictor.dtype)
        starts = range(0, len(ready), self.batch)
        return np.concatenate([self.opened.predictor.scores(ready[at : at + self.batch]) for at in starts])

    def affordable(self, calls: int, limit: float) -> int:
        """Return about how many samples it can be asked about so many times within `limit` seconds.

        Raises:
            UnsupportedInputError: not even a few.
        """
        most = int(limit / max(self.each * calls, 1e-12))
        if most < FEW:
            raise UnsupportedInputError(msg("faults.too-slow", calls=calls, seconds=limit))
        return most


def asked(model: Model, x: Array, setting: Setting, batch_values: int, limit: float) -> Asked:
    """Return the model, opened on samples of the data set, and timed: longer the slower it seems.

    Raises:
        MissingInputError: there is no file.
        UnsupportedInputError: a format, a task or a shape that does not fit.
        MissingExtraError: a runtime is not installed.
    """
    must_classify(model)
    found = Asked(open_model(model, x[:FEW], setting), max(FEW, batch_values // max(1, x[0].size)))
    found.scores(x[:FEW])  # what happens once only, at a first call, is no cost of a call
    size, seconds = 0, 0.0
    while size < len(x) and seconds < limit * _PROBE and (not size or found.each * len(x) > limit * _PROBE):
        size = min(len(x), size * FEW or FEW)
        started = perf_counter()
        found.scores(x[:size])
        seconds = perf_counter() - started
        found.each = seconds / size
    if found.opened.from_samples and len(x) > FEW:
        return replace(found, opened=open_model(model, x[: found.batch], setting))
    return found


def must_classify(model: Model) -> None:
    """Say so where a model is no classifier.

    Raises:
        UnsupportedInputError: another task is declared.
    """
    if model.task != "classification":
        raise UnsupportedInputError(msg("robustness.task", model=model.name, task=model.task))


def several_classes(dataset: Dataset, y: Array) -> None:
    """Say so where there is only one label, so that no answer of a classifier says anything.

    Raises:
        UnsupportedInputError: there is only one.
    """
    if len(np.unique(y)) < 2:  # noqa: PLR2004  # one class is none
        raise UnsupportedInputError(msg("privacy.one-class", dataset=dataset.name))
