"""A measurement in the sandbox, seen from inside: what runs once every right is gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aigov import MissingExtraError, MissingInputError, NotPerformed, UnsupportedInputError
from aigov.codec import dump_outcome
from aigov_checks.model.boxed.kept import keep_in
from aigov_checks.model.boxed.request import read_request
from aigov_checks.model.boxed.setting import Setting

if TYPE_CHECKING:
    from aigov import Json
    from aigov.sandbox.inside import Inside
    from aigov_checks.model.boxed.setting import Inner


def answered(request: Json, inside: Inside, params_type: Any, inner: Inner) -> Json:  # Any: a dataclass of parameters
    """Return the outcome of a request as JSON."""
    try:
        subject, params = read_request(request, inside.given, params_type)
        clock, admitted = partial(inside.within, params.call_seconds), frozenset(request["admitted"])
        setting = Setting(clock, admitted, keep_in(inside.written))
        return dump_outcome(inner.measure(subject, params, setting))
    except (MissingInputError, MissingExtraError, UnsupportedInputError) as error:
        return dump_outcome(NotPerformed(error.reason))
