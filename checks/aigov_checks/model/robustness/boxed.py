"""The evaluation as the sandbox calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import need
from aigov_checks.model.boxed.setting import Inner, Setting
from aigov_checks.model.robustness.params import RobustnessParams

if TYPE_CHECKING:
    from aigov import Json, Measured, Subject
    from aigov.sandbox.inside import Inside


def evaluated(subject: Subject, params: RobustnessParams, setting: Setting) -> Measured:
    """Return the observation of a model, in this process.

    Raises:
        MissingExtraError: numpy, or what the model needs, is not installed.
        MissingInputError: as for `evaluate`.
        UnsupportedInputError: as for `evaluate`.
    """
    need("numpy", "robustness")
    from aigov_checks.model.robustness.evaluate import evaluate  # needs numpy, an extra

    return evaluate(subject, params, setting)


INNER = Inner("aigov_checks.model.robustness.boxed:enter", evaluated, ("torch",), evidence="model.robustness")


def enter(request: Json, inside: Inside) -> Json:
    """Return the outcome of a request."""
    from aigov_checks.model.boxed.inside import answered  # not needed outside

    return answered(request, inside, RobustnessParams, INNER)
