"""From a subject to an observation: ask, copy, compare, at every budget of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Measured, Message, MissingExtraError, Quantity, Subject, UnsupportedInputError, msg, need
from aigov_checks.model.boxed.asking import Asked, asked
from aigov_checks.model.boxed.chances import probabilities
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.extraction.copies import Answers, Guess, Maker, constant, makers
from aigov_checks.model.extraction.measure import Copied, Outcome, measured
from aigov_checks.model.extraction.queries import choosing, queries_of, split_of
from aigov_checks.model.robustness.object_predictor import REFUSALS
from aigov_checks.model.robustness.predictor import UNDEFINED, Answer, Array, classes_of
from aigov_checks.model.robustness.samples import class_numbers, sized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aigov_checks.model.extraction.params import ExtractionParams
    from aigov_checks.model.extraction.queries import Split

_LEAST = 10
_NETWORK_RANK = 3
"""Networks are tried on signals and images: samples of two axes and more."""


@dataclass(slots=True, eq=False)
class Copying:
    """The copies that can be made, and why others cannot."""

    makers: dict[str, Maker]
    notes: list[Message] = field(default_factory=list)


def run(subject: Subject, params: ExtractionParams, setting: Setting = HERE) -> Measured:
    """Return how well copies of a model agree with it.

    Raises:
        MissingInputError: no model, no data set, or no labels.
        UnsupportedInputError: a format, a shape or labels that do not fit, too few samples, or too slow a model.
        MissingExtraError: a runtime that the model needs is not installed.
    """
    started = perf_counter()
    model, split = subject.model(params.model), split_of(subject.dataset(params.dataset), params)
    if len(split.own) < _LEAST:
        raise UnsupportedInputError(msg("extraction.few", samples=len(split.own) + len(split.held)))
    model = sized(model, split.labels)
    source = asked(model, split.held, setting, params.batch_values, params.seconds)
    budgets, left_out = _affordable(source, split, params)
    scores = source.scores(split.held)
    y = class_numbers(split.labels, model, source.opened.predictor.labels, scores.shape[1])
    randomised = not np.array_equal(scores, source.scores(split.held), equal_nan=True)
    answers = _asked(source, queries_of(split.own, budgets[-1], params.seed), params)
    copying = _copying(split.own.ndim, params)
    copied: list[Copied] = []
    for budget in budgets:
        if copied and perf_counter() - started > params.seconds:
            left_out = [*budgets[budgets.index(budget) :], *left_out]
            break
        part = answers.take(np.flatnonzero(np.arange(len(answers.x)) < budget))
        name, guess = _best(copying, part, min(budget, len(split.own)), params.seed)
        copied.append(Copied(budget, name, guess(split.held)))
    notes = [*copying.notes, *([msg("robustness.note.randomised")] if randomised else [])]
    if left_out:
        seconds = Quantity(params.seconds, "seconds")
        notes.append(msg("extraction.note.left-out", budgets=tuple(map(str, left_out)), seconds=seconds))
    return measured(
        Outcome(classes_of(scores), y, tuple(copied), bool(left_out), source.opened, answers.soft, tuple(notes)), params
    )


def _affordable(source: Asked, split: Split, params: ExtractionParams) -> tuple[list[int], list[int]]:
    """Return the budgets that the model's speed allows, and those that it does not.

    Raises:
        UnsupportedInputError: not even the smallest.
    """
    budgets = sorted(set(params.budgets))
    most = source.affordable(1, params.seconds) - 2 * len(split.held)
    within = [budget for budget in budgets if budget <= most]
    if not within:
        raise UnsupportedInputError(msg("extraction.too-slow", queries=budgets[0], seconds=params.seconds))
    return within, budgets[len(within) :]


def _asked(source: Asked, x: Array, params: ExtractionParams) -> Answers:
    """Return what the model answers, as far as it is finite.

    Raises:
        UnsupportedInputError: scores are asked for and it answers labels, or nothing is finite.
    """
    silent = source.opened.predictor.answer is Answer.LABELS
    if silent and params.answers == "scores":
        raise UnsupportedInputError(msg("extraction.no-scores"))
    scores = source.scores(x)
    found = classes_of(scores)
    known = found != UNDEFINED
    if not known[:_LEAST].any():
        raise UnsupportedInputError(msg("extraction.not-finite"))
    soft = not silent and params.answers != "labels"
    shares = probabilities(np.where(known[:, None], scores, 0)) if soft else np.eye(scores.shape[1])[found]
    return Answers(x, found, shares, soft)


def _copying(rank: int, params: ExtractionParams) -> Copying:
    found = Copying({} if params.copy == "art" else dict(makers()))
    if params.copy == "scikit-learn":
        return found
    if rank < _NETWORK_RANK:
        if params.copy == "art":
            raise UnsupportedInputError(msg("extraction.no-network"))
        return found
    found.makers.pop("perceptron", None)  # the network is its better
    try:
        need("torch", "torch")
        need("art.attacks.extraction", "robustness")
    except MissingExtraError as missing:
        if params.copy == "art":
            raise
        found.notes.append(msg("extraction.note.no-network", reason=missing.message))
        return found
    from aigov_checks.model.extraction.art_copy import network  # needs torch, an extra

    found.makers["art"] = network
    return found


def _best(copying: Copying, answers: Answers, own: int, seed: int) -> tuple[str, Guess]:
    """Return the copy that agrees best on a part of the attacker's own samples, trained on everything."""
    chosen = np.zeros(len(answers.x), dtype=bool)
    chosen[:own] = choosing(own)
    finite = answers.classes != UNDEFINED
    known, chosen = answers.take(np.flatnonzero(finite)), chosen[finite]
    always = constant(known)
    if always is not None:
        return "constant", always
    agreement = _agreements(copying.makers, known, chosen, seed) if len(copying.makers) > 1 else {}
    name = max(agreement, key=lambda one: agreement[one]) if agreement else next(iter(copying.makers))
    return name, copying.makers[name](known, seed)


def _agreements(choices: Mapping[str, Maker], known: Answers, chosen: Array, seed: int) -> dict[str, float]:
    """Return how often each copy agrees on the chosen samples when it learns from the others."""
    told, asked_ = known.take(np.flatnonzero(~chosen)), known.take(np.flatnonzero(chosen))
    found = {}
    for name, maker in choices.items():
        try:
            guess = constant(told) or maker(told, seed)
            found[name] = float((guess(asked_.x) == asked_.classes).mean())
        except REFUSALS:
            continue
    return found
