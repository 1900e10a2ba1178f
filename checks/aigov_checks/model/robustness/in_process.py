"""The evaluation in this process: the sandbox's own, or that of a caller with a live object."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from aigov import need

if TYPE_CHECKING:
    from aigov import Measured, Subject
    from aigov_checks.model.robustness.clocked import Clock
    from aigov_checks.model.robustness.params import RobustnessParams


def evaluated(
    subject: Subject, params: RobustnessParams, clock: Clock = nullcontext, admitted: frozenset[str] = frozenset()
) -> Measured:
    """Return the observation of a model, in this process.

    Raises:
        MissingExtraError: numpy, or what the model needs, is not installed.
        MissingInputError: as for `evaluate`.
        UnsupportedInputError: as for `evaluate`.
    """
    need("numpy", "robustness")
    from aigov_checks.model.robustness.evaluate import Setting, evaluate  # needs numpy, an extra

    return evaluate(subject, params, Setting(clock, admitted))
