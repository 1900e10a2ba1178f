"""From a subject to an observation: draw, open, probe, attack, count; values instead of classes go their own way."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Measured, Message, Model, Quantity, Subject, msg
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.robustness.budget import budget_of
from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.choice import exact_trees, stages_of
from aigov_checks.model.robustness.curve import curve_of
from aigov_checks.model.robustness.detector import anomaly_labels, is_detector
from aigov_checks.model.robustness.first_calls import opened_within
from aigov_checks.model.robustness.gradients import gradients_of, one_thread_of
from aigov_checks.model.robustness.kept import arrays_of, kept_of
from aigov_checks.model.robustness.measure import Result, measured
from aigov_checks.model.robustness.opening import wanted_of
from aigov_checks.model.robustness.pace import FEW, Cost, Pace, pace_of
from aigov_checks.model.robustness.predictor import Answer, Array, Counted, Gradients, Opened, Wanted, classes_of
from aigov_checks.model.robustness.proofs import exact_proofs, searched_proofs
from aigov_checks.model.robustness.samples import check_order, class_numbers, draw, shaped, sized
from aigov_checks.model.robustness.sequential import attack_in_parts, gate_of, shuffled
from aigov_checks.model.robustness.smoothing import smoothed
from aigov_checks.model.robustness.tree_stage import ExactTrees
from aigov_checks.model.robustness.weaker import weaker

if TYPE_CHECKING:
    from aigov_checks.model.robustness.params import RobustnessParams


def evaluate(subject: Subject, params: RobustnessParams, setting: Setting = HERE) -> Measured:
    """Return clean and robust accuracy of a model on a data set.

    Raises:
        MissingInputError: no model, no data set, or no labels.
        UnsupportedInputError: a format, a shape, labels or declarations that do not fit.
        MissingExtraError: a runtime that the model needs is not installed.
    """
    model, dataset = subject.model(params.model), subject.dataset(params.dataset)
    if wanted_of(model) is Wanted.VALUES:
        from aigov_checks.model.robustness.regression.evaluate import evaluate_values  # the other way

        return evaluate_values(subject, params, setting)
    full = draw(dataset, params)
    if is_detector(model):
        full = replace(full, y=anomaly_labels(full.y))
    full = shuffled(full, params.seed) if params.bound else full
    drawn, opened, few = opened_within(sized(model, full.y), full, params, setting)
    check_order(dataset.features, opened)
    budget = budget_of(model, dataset.features, shaped(drawn.everything, opened), params)
    x = shaped(drawn.x, opened).astype(opened.predictor.dtype)
    counted = Counted(opened.predictor)
    scores = counted.scores(x)
    started = perf_counter()
    again = counted.scores(x)
    every = perf_counter() - started
    y = class_numbers(drawn.y, model, opened.predictor.labels, scores.shape[1])
    batch = max(FEW, params.batch_values // max(1, x[0].size))
    attacked = Attacked(counted, x, y, budget, params.seed, batch)
    silent = opened.predictor.answer is Answer.LABELS
    decisions = silent or bool(params.attackers)
    cost = Cost(few, every, len(x), gradients=opened.differentiable is not None, decisions=decisions)
    exact = opened.affine is not None or exact_trees(opened, attacked) is not None
    twin, reason = (
        (None, None) if cost.hopeless(params.seconds) and not exact else gradients_of(opened, x, params.device)
    )
    pace = Pace(params, len(x)) if exact else pace_of(params, cost.with_twin(twin), len(full.x))
    twin, reason = (twin, reason) if pace.params.queries else (None, pace.slow)
    notes = [*opened.notes, *budget.notes, *_warnings(model, scores, again)]
    with one_thread_of(twin):
        result = _attacked(attacked, opened, (twin, reason), scores, pace)
    deterministic = bool(np.array_equal(scores, again, equal_nan=True))
    notes.extend([pace.note] if pace.note and pace.note not in result.notes else [])
    notes = [*notes, *result.notes]
    result = replace(result, model=model, deterministic=deterministic, notes=tuple(notes), dataset=dataset)
    result = replace(result, kept=kept_of(result, drawn.rows, params))
    if params.smoothing:
        result = replace(result, smoothed=smoothed(result.attacked, params, every / len(x)))
    if result.kept:
        setting.keep(arrays_of(result))
    return measured(result, params)


def _attacked(
    attacked: Attacked,
    opened: Opened,
    gradients: tuple[Gradients | None, Message | None],
    scores: Array,
    pace: Pace,
) -> Result:
    """Attack and prove; the gradients come with the reason why there are none."""
    (twin, reason), params = gradients, pace.params
    predicted = classes_of(scores)
    drawn, right = (predicted, attacked.y), predicted == attacked.y
    zero = None
    if twin is not None:
        from aigov_checks.model.robustness.gradient_stage import zero_gradients  # needs torch, an extra

        starts = range(0, len(attacked.x), attacked.batch)
        ends = ((start, start + attacked.batch) for start in starts)
        zero = sum(zero_gradients(twin, attacked.x[low:high], attacked.y[low:high]) for low, high in ends)
    stages = stages_of(attacked, opened, twin, scores.shape[1], params)
    main, stopped = None, None
    if params.bound:
        ordered = stages.full[: stages.cheap or None], stages.full[stages.cheap or len(stages.full) :]
        main, stopped = attack_in_parts(attacked, right, ordered, gate_of(pace, weaker(pace.slow, reason)))
        attacked, predicted = stopped.of(attacked), predicted[: stopped.used]
    correct = np.flatnonzero(predicted == attacked.y)
    curve = curve_of(attacked, correct, params.curve, stages.full, stages.quick, main=main)
    answered = curve.main.exact
    if answered:
        proofs = exact_proofs(curve, len(attacked.x))
    else:
        proofs = searched_proofs(attacked, curve, correct, twin, params)
    late = any(isinstance(stage, ExactTrees) and stage.late for stage in stages.full)
    notes = (*stages.notes, *([reason] if reason and not answered else []))
    if late and any(curve.undecided.values()):
        notes = (*notes, msg("robustness.note.exact-late", seconds=Quantity(params.seconds, "seconds")))
    return Result(
        attacked,
        opened,
        curve,
        predicted,
        drawn,
        stages.full,
        zero,
        reason,
        proofs,
        slow=pace.slow,
        stopped=stopped,
        notes=notes,
    )


def _warnings(model: Model, scores: Array, again: Array) -> list[Message]:
    notes = []
    if model.classes and len(model.classes) < scores.shape[1]:
        notes.append(msg("robustness.note.fewer-classes", classes=len(model.classes), outputs=scores.shape[1]))
    if not np.array_equal(scores, again, equal_nan=True):
        notes.append(msg("robustness.note.randomised"))
    return notes
