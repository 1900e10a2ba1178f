"""The copies as the sandbox calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import need
from aigov_checks.model.boxed.setting import Inner, Setting
from aigov_checks.model.extraction.params import ExtractionParams

if TYPE_CHECKING:
    from aigov import Json, Measured, Subject
    from aigov.sandbox.inside import Inside


def measured(subject: Subject, params: ExtractionParams, setting: Setting) -> Measured:
    """Return the observation of a model, in this process.

    Raises:
        MissingExtraError: numpy, or what the model needs, is not installed.
        MissingInputError: as for `run`.
        UnsupportedInputError: as for `run`.
    """
    need("numpy", "robustness")
    from aigov_checks.model.extraction.run import run  # needs numpy, an extra

    return run(subject, params, setting)


INNER = Inner(
    "aigov_checks.model.extraction.boxed:enter", measured, ("torch", "sklearn.ensemble", "sklearn.linear_model")
)


def enter(request: Json, inside: Inside) -> Json:
    """Return the outcome of a request."""
    from aigov_checks.model.boxed.inside import answered  # not needed outside

    return answered(request, inside, ExtractionParams, INNER)
