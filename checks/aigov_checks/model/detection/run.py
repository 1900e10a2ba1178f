"""From a subject to an observation: attack the model, ask the detector, then attack both together."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Measured, Message, Subject, UnsupportedInputError, msg
from aigov_checks.model.boxed.asking import must_classify
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.detection.adaptive import Known, evade
from aigov_checks.model.detection.declared import alarm_of
from aigov_checks.model.detection.detector import Detector, open_detector
from aigov_checks.model.detection.measure import Outcome, measured
from aigov_checks.model.robustness.budget import budget_of
from aigov_checks.model.robustness.cascade import Attacked, attack
from aigov_checks.model.robustness.choice import stages_of
from aigov_checks.model.robustness.first_calls import opened_within
from aigov_checks.model.robustness.gradients import gradients_of, one_thread_of
from aigov_checks.model.robustness.pace import FEW, Cost, paced
from aigov_checks.model.robustness.predictor import Answer, Array, Counted, Opened, classes_of
from aigov_checks.model.robustness.samples import class_numbers, draw, shaped, sized

if TYPE_CHECKING:
    from aigov_checks.model.detection.params import DetectionParams
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Gradients


def run(subject: Subject, params: DetectionParams, setting: Setting = HERE) -> Measured:
    """Return what the declared detector of a model sees of adversarial and of clean inputs.

    Raises:
        MissingInputError: no model, no detector, no data set, or no labels.
        UnsupportedInputError: a format, a shape, labels or declarations that do not fit, or too slow a model.
        MissingExtraError: a runtime that is needed is not installed.
    """
    model, dataset, wanted = subject.model(params.model), subject.dataset(params.dataset), params.attack
    must_classify(model)
    alarm = alarm_of(model)
    full = draw(dataset, wanted)
    drawn, opened, few = opened_within(sized(model, full.y), full, wanted, setting)
    budget = budget_of(model, dataset.features, shaped(drawn.everything, opened), wanted)
    x = shaped(drawn.x, opened).astype(opened.predictor.dtype)
    detector = open_detector(subject.model(alarm.name), alarm, x, setting)
    counted = Counted(opened.predictor)
    started = perf_counter()
    scores, alarms = counted.scores(x), detector.margins(x)
    cost = (few, perf_counter() - started)
    y = class_numbers(drawn.y, sized(model, full.y), opened.predictor.labels, scores.shape[1])
    attacked = Attacked(counted, x, y, budget, params.seed, max(FEW, params.batch_values // max(1, x[0].size)))
    twin, reason = gradients_of(opened, x, wanted.device)
    effort, slow = _paced(wanted, opened, cost, (len(x), len(full.x)), twin)
    correct = np.flatnonzero(classes_of(scores) == y)
    outcome = _attacked(attacked, opened, detector, correct, effort, (twin, reason))
    notes = (*opened.notes, *budget.notes, *outcome.notes, *([slow] if slow else []))
    return measured(replace(outcome, alarms=alarms, slow=slow, notes=notes), params)


def _paced(
    wanted: RobustnessParams,
    opened: Opened,
    cost: tuple[float, float],
    samples: tuple[int, int],
    twin: Gradients | None,
) -> tuple[RobustnessParams, Message | None]:
    """Return how thoroughly both can be attacked, and what the reader must know of it.

    Raises:
        UnsupportedInputError: not at all.
    """
    silent = opened.predictor.answer is Answer.LABELS
    price = Cost(cost[0], cost[1], samples[0], gradients=twin is not None, decisions=silent)
    effort, slow = paced(wanted, price.with_twin(twin), samples[1])
    if not effort.queries:
        raise UnsupportedInputError(msg("detection.too-slow", seconds=wanted.seconds * 2))
    return effort, slow


def _attacked(  # noqa: PLR0913, PLR0917  # all that one call of an attack needs
    attacked: Attacked,
    opened: Opened,
    detector: Detector,
    correct: Array,
    effort: RobustnessParams,
    gradients: tuple[Gradients | None, Message | None],
) -> Outcome:
    """Attack the model alone, then model and detector together."""
    twin, reason = gradients
    with one_thread_of(twin):
        stages = stages_of(attacked, opened, twin, attacked.model.scores(attacked.x[:1]).shape[1], effort)
        plain = attack(attacked, stages.full, correct, 1.0)
        joint, followed = evade(attacked, detector, Known(twin, plain), effort)
    points = np.array([plain.points[row] for row in plain.rows.tolist()], dtype=attacked.x.dtype)
    seen = detector.margins(points) if len(points) else np.zeros(0)
    notes = (*stages.notes, *([reason] if reason and not plain.exact else []))
    return Outcome(attacked, opened, detector.alarm, correct, plain, joint, followed, seen, np.zeros(0), None, notes)
