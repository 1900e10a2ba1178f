"""The evaluation in the sandbox, seen from inside: what runs once every right is gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aigov import MissingExtraError, MissingInputError, NotPerformed, UnsupportedInputError, need
from aigov.codec import dump_outcome
from aigov_checks.model.robustness.request import read_request

if TYPE_CHECKING:
    from aigov import Json
    from aigov.sandbox.inside import Inside


def enter(request: Json, inside: Inside) -> Json:
    """Return the outcome of a request as JSON."""
    try:
        need("numpy", "robustness")
        from aigov_checks.model.robustness.evaluate import Setting, evaluate  # needs numpy, an extra

        subject, params = read_request(request, inside.given)
        setting = Setting(partial(inside.within, params.call_seconds), frozenset(request["admitted"]))
        return dump_outcome(evaluate(subject, params, setting))
    except (MissingInputError, MissingExtraError, UnsupportedInputError) as error:
        return dump_outcome(NotPerformed(error.reason))
