"""The evaluation in the sandbox, seen from inside: what runs once every right is gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aigov import MissingExtraError, MissingInputError, NotPerformed, UnsupportedInputError
from aigov.codec import dump_outcome
from aigov_checks.model.robustness.in_process import evaluated
from aigov_checks.model.robustness.request import read_request

if TYPE_CHECKING:
    from aigov import Json
    from aigov.sandbox.inside import Inside


def enter(request: Json, inside: Inside) -> Json:
    """Return the outcome of a request as JSON."""
    try:
        subject, params = read_request(request, inside.given)
        clock = partial(inside.within, params.call_seconds)
        return dump_outcome(evaluated(subject, params, clock, frozenset(request["admitted"])))
    except (MissingInputError, MissingExtraError, UnsupportedInputError) as error:
        return dump_outcome(NotPerformed(error.reason))
