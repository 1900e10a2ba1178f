"""The error that a process bears, as the subject declares it, and the reference values it is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.budget import amount_of, range_of

if TYPE_CHECKING:
    from aigov import Model
    from aigov_checks.model.robustness.predictor import Array


def tolerance_of(model: Model, given: float) -> float:
    """Return the tolerance in the unit of the output: the parameter where it is not 0, else what is declared.

    `output.tolerance` of aigov.yaml is a number in the unit, or a share of the range such as `2 %FS`.

    Raises:
        UnsupportedInputError: neither, or it cannot be read.
    """
    if given:
        return given
    declared, unit = model.output.get("tolerance"), str(model.output.get("unit", ""))
    if declared is None:
        raise UnsupportedInputError(msg("robustness.no-tolerance", model=model.name))
    absolute = str(declared).strip().removesuffix("%") if unit.strip() == "%" else declared
    try:
        return amount_of(absolute, unit, range_of(model.output, model.name))
    except (LookupError, ValueError) as error:
        words = msg("robustness.bad-tolerance", model=model.name, value=str(declared))
        raise UnsupportedInputError(words) from error


def unit_of(model: Model) -> str:
    """Return the declared unit of the output, empty where there is none."""
    return str(model.output.get("unit", ""))


def references(y: Array) -> Array:
    """Return the values that should have been predicted, shape (n,), float64.

    Raises:
        UnsupportedInputError: they are no numbers.
    """
    if y.dtype.kind not in "fiub":
        raise UnsupportedInputError(msg("robustness.text-references", first=str(y[0])[:40]))
    return y.astype(np.float64)
