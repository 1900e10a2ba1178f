"""The search as the sandbox calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import need
from aigov_checks.data.poisoning.params import PoisoningParams
from aigov_checks.model.boxed.setting import Inner, Setting

if TYPE_CHECKING:
    from aigov import Json, Measured, Subject
    from aigov.sandbox.inside import Inside


def searched(subject: Subject, params: PoisoningParams, setting: Setting) -> Measured:
    """Return what is found in the training set, in this process.

    Raises:
        MissingExtraError: numpy, or what else is needed, is not installed.
        MissingInputError: as for `evaluate`.
        UnsupportedInputError: as for `evaluate`.
    """
    need("numpy", "robustness")
    from aigov_checks.data.poisoning.evaluate import evaluate  # needs numpy, an extra

    return evaluate(subject, params, setting)


INNER = Inner(
    "aigov_checks.data.poisoning.boxed:enter",
    searched,
    frameworks=("sklearn.neural_network", "scipy.stats"),
)


def enter(request: Json, inside: Inside) -> Json:
    """Return the outcome of a request."""
    from aigov_checks.model.boxed.inside import answered  # not needed outside

    return answered(request, inside, PoisoningParams, INNER)
