"""What is sought in the training set alone, with the model where there is one: a pure function, for the sandbox too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aigov import Measured, Message, MissingExtraError, MissingInputError, Model, Subject, UnsupportedInputError, msg
from aigov_checks.data.poisoning.asked import asked
from aigov_checks.data.poisoning.backdoors import search
from aigov_checks.data.poisoning.content import Features
from aigov_checks.data.poisoning.labels import label_errors
from aigov_checks.data.poisoning.measure import Outcome, measured
from aigov_checks.data.poisoning.opinions import opinions
from aigov_checks.data.poisoning.rows import read_rows, sampled

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.asked import Asked
    from aigov_checks.data.poisoning.params import PoisoningParams
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.model.boxed.setting import Setting


def evaluate(subject: Subject, params: PoisoningParams, setting: Setting) -> Measured:
    """Return backdoors and suspected labels of a training set.

    Raises:
        MissingInputError: no data set, no labels, or no model of the name that is asked for.
        UnsupportedInputError: the data cannot be read, or are none that a classifier could be trained on.
        MissingExtraError: what is needed is not installed.
    """
    dataset = subject.dataset(params.dataset)
    model = subject.model(params.model) if params.model or subject.models else None
    everything = read_rows(dataset, model, params)
    rows = sampled(everything, params.rows, params.seed)
    judge, not_asked = _judge(model, rows, setting)
    x = Features.of(rows)(rows.flat)
    found = measured(
        Outcome(
            total=len(everything),
            rows=rows,
            search=search(rows, x, judge, params),
            labels=label_errors(rows, x, params),
            runtime=judge.opened.predictor.name if judge else "",
        ),
        params,
    )
    notes = (*([not_asked] if not_asked else []), *opinions(rows, x, params))
    return replace(found, notes=(*found.notes, *notes))


def _judge(model: Model | None, rows: Rows, setting: Setting) -> tuple[Asked | None, Message | None]:
    """Return the model as a judge, or the reason why only the surrogate is one."""
    if model is None:
        return None, None
    try:
        return asked(model, rows, setting), None
    except (MissingInputError, MissingExtraError, UnsupportedInputError) as error:
        return None, msg("poisoning.note.model-not-asked", model=model.name, reason=error.reason)
