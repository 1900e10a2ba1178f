"""From a subject to an observation: draw members and non-members, ask the model, repeat its training, rank, count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import FrozenMap, Measured, Message, Quantity, Subject, UnsupportedInputError, msg
from aigov_checks.model.boxed.asking import Asked, asked, several_classes
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.membership.confidences import answers, log_odds
from aigov_checks.model.membership.measure import Found, measured
from aigov_checks.model.membership.pool import Pool, pool_of
from aigov_checks.model.membership.second_opinion import black_box
from aigov_checks.model.membership.shadows import Shadows, estimator_of, lira, repetition, rmia, train_shadows
from aigov_checks.model.robustness.predictor import Array, classes_of
from aigov_checks.model.robustness.samples import sized

if TYPE_CHECKING:
    from aigov import Model
    from aigov_checks.model.membership.params import MembershipParams

_CALLS = 6
"""Times that the model is asked about every sample, about."""
_FEW_SHADOWS = 64
"""Below so many shadow models `auto` takes RMIA: LiRA has too few then for a spread a sample (its section VI-B)."""


def run(subject: Subject, params: MembershipParams, setting: Setting = HERE) -> Measured:
    """Return how well members are told from non-members.

    Raises:
        MissingInputError: no model, no training or no test set, or no labels.
        UnsupportedInputError: a format, a shape or labels that do not fit, one class only, or a method that cannot be.
        MissingExtraError: a runtime that the model needs is not installed.
    """
    model, train = subject.model(params.model), subject.dataset(params.train)
    drawn = pool_of(train, subject.dataset(params.test), params)
    several_classes(train, drawn.given[0])
    for labels in drawn.given:
        model = sized(model, labels)
    source = asked(model, drawn.x, setting, params.batch_values, params.seconds)
    pool = drawn.cut(source.affordable(_CALLS, params.seconds))
    scores = source.scores(pool.x)
    notes = _warnings(drawn, pool, params)
    if not np.array_equal(scores, source.scores(pool.x), equal_nan=True):
        notes.append(msg("robustness.note.randomised"))
    pool = pool.numbered(model, source.opened.predictor.labels, scores.shape[1])
    shadows, reason = _shadows(model, source, pool, params, setting)
    told = _answers(model, source, pool, scores)
    method, values = _ranked(params.method, log_odds(told, pool.y), shadows, reason)
    opinion, missing = black_box(pool, told, params)
    found = Found(
        pool=pool,
        method=method,
        values=values,
        right=classes_of(scores) == pool.y,
        shadows=shadows,
        opinion=opinion,
        facts=FrozenMap({"runtime": source.opened.predictor.name, **source.opened.facts}),
        notes=(*source.opened.notes, *notes, *[note for note in (reason, missing) if note]),
    )
    return measured(found, params)


def _warnings(drawn: Pool, pool: Pool, params: MembershipParams) -> list[Message]:
    if len(pool.x) == len(drawn.x):
        return []
    return [msg("privacy.note.slow", samples=len(pool.x), seconds=Quantity(params.seconds, "seconds"))]


def _shadows(
    model: Model, source: Asked, pool: Pool, params: MembershipParams, setting: Setting
) -> tuple[Shadows | None, Message | None]:
    """Return the shadow models, or why there are none, where anybody wants them."""
    if params.method == "loss" or not params.shadows:
        return None, None
    fit = repetition(model, source.opened)
    if fit is None:
        return None, msg("membership.note.no-training", model=model.name)
    return train_shadows(fit, pool, source.opened.predictor.labels, params, setting)


def _answers(model: Model, source: Asked, pool: Pool, scores: Array) -> Array:
    """Return what the attacks look at: probabilities where the model has them, as of its shadow models."""
    trained = estimator_of(model, source.opened) if model.retrain is None else model.value
    if trained is None:
        return scores
    return answers(trained, pool.x, source.opened.predictor.labels, scores.shape[1])


def _ranked(wanted: str, odds: Array, shadows: Shadows | None, reason: Message | None) -> tuple[str, Array]:
    """Return the method and one number a sample.

    Raises:
        UnsupportedInputError: a method that needs shadow models is asked for by name, and there are none.
    """
    if shadows is None:
        if wanted in {"lira", "rmia"}:
            why = reason or msg("membership.no-shadows")
            raise UnsupportedInputError(msg("membership.method", method=wanted, reason=why))
        return "loss", odds
    few = len(shadows.odds) < _FEW_SHADOWS
    method = ("rmia" if few else "lira") if wanted == "auto" else wanted
    return method, rmia(odds, shadows) if method == "rmia" else lira(odds, shadows)
