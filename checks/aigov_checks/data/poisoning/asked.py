"""The audited model as a judge of candidates: flat rows of the data set in, class codes of the data set out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import Model, UnsupportedInputError, msg
from aigov_checks.data.poisoning.rows import Rows
from aigov_checks.model.robustness.opening import open_model
from aigov_checks.model.robustness.predictor import Array, Opened, classes_of
from aigov_checks.model.robustness.samples import class_numbers, shaped, sized

if TYPE_CHECKING:
    from aigov_checks.model.boxed.setting import Setting

_FEW = 8
_BATCH_VALUES = 4_194_304
_LEAST_RIGHT = 20
"""Rows that the model must get right to be asked about candidates at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A model made ready for the rows of a data set."""

    opened: Opened
    rows: Rows
    codes: Array
    """Class code of each output of the model, -1 where the data set has none."""
    name: str = "model"

    def predict(self, flat: Array) -> Array:
        """Return the class code of flat rows, -1 where the model's answer is none."""
        step = max(_FEW, _BATCH_VALUES // max(1, flat.shape[1]))
        parts = [np.zeros(0, dtype=np.int64)]
        for at in range(0, len(flat), step):
            x = shaped(self.rows.given(flat[at : at + step]), self.opened).astype(self.opened.predictor.dtype)
            found = classes_of(self.opened.predictor.scores(x))
            parts.append(np.where(found >= 0, self.codes[np.maximum(found, 0)], -1))
        return np.concatenate(parts)


def asked(model: Model, rows: Rows, setting: Setting) -> Asked:
    """Return the model as a judge, each call of it within the clock of the setting.

    Raises:
        MissingInputError: it has no file.
        MissingExtraError: a runtime is not installed.
        UnsupportedInputError: it cannot be opened, or does not fit the data set.
    """
    model = sized(model, rows.names)
    few = rows.given(rows.flat[:_FEW])
    opened = open_model(model, few, setting)
    x = shaped(few, opened).astype(opened.predictor.dtype)
    outputs = int(opened.predictor.scores(x).shape[1])
    numbers = class_numbers(rows.names, model, opened.predictor.labels, outputs)
    codes = np.full(outputs, -1)
    codes[numbers] = np.arange(len(numbers))
    judge = Asked(opened, rows, codes)
    some = np.linspace(0, len(rows) - 1, min(len(rows), 400)).astype(np.int64)
    right = int((judge.predict(rows.flat[some]) == rows.y[some]).sum())
    if right < _LEAST_RIGHT:
        raise UnsupportedInputError(msg("poisoning.model-wrong", model=model.name, right=right, rows=len(some)))
    return judge
