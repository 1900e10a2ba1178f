"""From a session with a server to a predictor that knows nothing but answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.object_predictor import FunctionPredictor, open_object
from aigov_checks.model.robustness.predictor import Answer, Opened
from aigov_checks.model.robustness.samples import shaped
from aigov_checks.model.served.tensors import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.predictor import Array, Wanted
    from aigov_checks.model.served.session import Session


def open_served(session: Session, clean: Array, classes: tuple[str, ...], wanted: Wanted) -> Opened:
    """Return a served model; `clean` are samples of the data set, `classes` the declared ones.

    Raises:
        UnsupportedInputError: no answer, none that fits, or samples of another shape than the model takes.
    """
    interface = session.interface(clean.shape[1:])
    name = f"{session.server} ({session.endpoint.address})"
    function = session if interface.numeric else _named(session, classes)
    samples = ready(session, clean)
    opened = open_object(function, samples, len(classes), wanted)
    if isinstance(opened.predictor, FunctionPredictor):
        opened.predictor = replace(opened.predictor, name=name, dtype=samples.dtype)
    return replace(
        opened,
        shape=interface.shape,
        names=interface.names,
        no_gradients=msg("served.no-gradients", address=session.endpoint.address),
    )


def ready(session: Session, x: Array) -> Array:
    """Return samples in the shape and the type that a served model takes.

    Raises:
        UnsupportedInputError: no answer, or another shape.
    """
    interface = session.interface(x.shape[1:])
    dtype = np.dtype(KINDS[interface.datatype]).newbyteorder("=")
    asked = FunctionPredictor(session, Answer.SCORES, 0, session.server, dtype)
    return shaped(x, Opened(asked, interface.shape)).astype(dtype)


def _named(session: Session, classes: tuple[str, ...]) -> Callable[[Array], Array]:
    """Return a function from samples to places in the declared classes, -1 for text that is none of them.

    Raises:
        UnsupportedInputError: no classes are declared.
    """
    if not classes:
        raise UnsupportedInputError(msg("served.no-classes", address=session.endpoint.address))
    place = {name: index for index, name in enumerate(classes)}
    return lambda x: np.array([place.get(text, -1) for text in session(x).reshape(len(x)).tolist()], dtype=np.int64)
