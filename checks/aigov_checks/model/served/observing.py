"""A measurement of served models: asked from this process, and who answered is told with what was answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from aigov import FrozenMap, Measured, Message, MissingInputError, Model, Subject, UnsupportedInputError, msg, need
from aigov_checks.model.served.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Dataset
    from aigov_checks.model.boxed.setting import Params

_PATIENCE, _OVERHEAD, _LONGEST = 4, 300, 10**7
"""As for models in the sandbox: the limit of `seconds` is an estimate, the end comes well beyond it."""
_PROBED = 32
"""First samples of the data set whose answers stand for the identity of a model that has no file."""


@dataclass(slots=True, eq=False)
class Asking:
    """The sessions of one measurement, by the name of the model."""

    sessions: Mapping[str, Session]
    main: str
    digest: str = ""

    @property
    def session(self) -> Session:
        """The session with the model that is measured."""
        return self.sessions[self.main]

    def bound(self, subject: Subject) -> Subject:
        """Return the subject with sessions in the place of endpoints, as if they were live objects."""
        models = tuple(
            replace(model, value=self.sessions[model.name], absent=None) if model.name in self.sessions else model
            for model in subject.models
        )
        return replace(subject, models=models)

    def told(self, found: Measured, after: str) -> Measured:
        """Return the observation with who answered, what identifies it, and what went wrong on the way."""
        session = self.session
        everyone = [one.exchange for one in self.sessions.values()]
        again = sum(one.again for one in everyone)
        facts: dict[str, str | int | float | bool] = {
            **found.facts,
            "served.endpoint": session.endpoint.address,
            "served.server": session.server,
            "served.platform": session.platform,
            "served.version": session.answered or session.endpoint.version or ", ".join(session.versions) or "?",
            "served.encoding": session.encoding,
            "served.requests": sum(one.requests for one in everyone),
            "served.retries": again,
            "served.answers_sha256": self.digest,
        }
        return replace(found, facts=FrozenMap(facts), notes=(*found.notes, *self._notes(again, after)))

    def _notes(self, again: int, after: str) -> list[Message]:
        session, notes = self.session, []
        address = session.endpoint.address
        if again:
            notes.append(msg("served.note.retries", count=again, address=address))
        if after != self.digest:
            notes.append(msg("served.note.changed", address=address))
        if not session.answered and not session.endpoint.version:
            notes.append(msg("served.note.no-version", address=address))
        return notes


@contextmanager
def asking(models: Sequence[Model], main: Model, params: Params) -> Iterator[Asking]:
    """Yield the sessions of models that are all served; their connections are closed at the end."""
    until = monotonic() + min(params.seconds, _LONGEST) * _PATIENCE + _OVERHEAD
    sessions = {
        model.name: Session(model.serve, min(model.serve.timeout, params.call_seconds), until)
        for model in models
        if model.serve is not None
    }
    try:
        yield Asking(sessions, main.name)
    finally:
        for session in sessions.values():
            session.exchange.close()


def fingerprint(session: Session, dataset: Dataset) -> str:
    """Return the SHA-256 of what the model answers for the first 32 samples of the data set, to the bit.

    A model that is asked has no file, so what it answers stands for it: another digest is another model, or one that
    does not answer alike twice. Samples with missing values are left out.

    Raises:
        MissingInputError: the data set is not there, or has no such sample.
        UnsupportedInputError: no answer, or none that fits.
    """
    np = need("numpy", "robustness")
    from aigov_checks.model.served.opening import ready  # needs numpy, an extra

    x = np.asarray(dataset.arrays().x)
    x = x[:, None] if x.ndim == 1 else x
    if x.dtype.kind not in "iufb":
        raise UnsupportedInputError(msg("served.no-samples", dataset=dataset.name))
    x = x[np.isfinite(x).reshape(len(x), -1).all(axis=1)][:_PROBED].astype(np.float64)
    if not len(x):
        raise MissingInputError(msg("served.no-samples", dataset=dataset.name))
    answers = session(ready(session, x))
    body = answers.astype("<f8").tobytes() if answers.dtype.kind in "iufb" else repr(answers.tolist()).encode()
    return hashlib.sha256(repr(answers.shape).encode() + body).hexdigest()
