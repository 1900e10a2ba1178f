"""From a subject to an observation: draw, open, probe, attack, count; values instead of classes go their own way."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Measured, Message, MissingExtraError, Model, Quantity, Subject, msg, need
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.robustness.budget import budget_of
from aigov_checks.model.robustness.cascade import Attacked, Stage
from aigov_checks.model.robustness.curve import curve_of
from aigov_checks.model.robustness.detector import anomaly_labels, is_detector
from aigov_checks.model.robustness.devices import on_device
from aigov_checks.model.robustness.first_calls import opened_within
from aigov_checks.model.robustness.kept import arrays_of, kept_of
from aigov_checks.model.robustness.measure import Result, measured
from aigov_checks.model.robustness.opening import wanted_of
from aigov_checks.model.robustness.pace import FEW, Cost, Pace, pace_of
from aigov_checks.model.robustness.predictor import Answer, Array, Counted, Gradients, Opened, Twin, Wanted, classes_of
from aigov_checks.model.robustness.proofs import exact_proofs, searched_proofs
from aigov_checks.model.robustness.samples import check_order, class_numbers, draw, shaped, sized
from aigov_checks.model.robustness.search_stages import DecisionBased, ExactLinear, RandomSearch, is_flat
from aigov_checks.model.robustness.sequential import attack_in_parts, gate_of, shuffled
from aigov_checks.model.robustness.smoothing import smoothed
from aigov_checks.model.robustness.square import Limits
from aigov_checks.model.robustness.stage_kinds import few_features, rounded_searches, with_categories
from aigov_checks.model.robustness.tree_stage import ExactTrees
from aigov_checks.model.robustness.weaker import weaker

if TYPE_CHECKING:
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.trees import Ensemble

_CURVE_SHARE = 5
"""The searches at other sizes than the budget get this part of the queries."""
_PATIENT_QUERIES = 100


@dataclass(slots=True, eq=False)
class Stages:
    """The attacks that can run on a model, and why others cannot."""

    full: list[Stage] = field(default_factory=list)
    quick: list[Stage] = field(default_factory=list)
    cheap: int = 0
    """How many of the full ones run before it is worth asking whether a bound is decided; 0 for all of them."""
    notes: list[Message] = field(default_factory=list)


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
    cost = Cost(few, every, len(x), gradients=opened.differentiable is not None, decisions=silent)
    exact = opened.affine is not None or _exact_trees(opened, attacked) is not None
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


def stages_of(
    attacked: Attacked, opened: Opened, twin: Gradients | None, classes: int, params: RobustnessParams
) -> Stages:
    """Choose the attacks: exact where there is an exact answer, otherwise gradients, scores, decisions."""
    stages = Stages()
    if not params.queries:
        return stages
    if opened.affine is not None:
        stages.full = stages.quick = [ExactLinear(opened.affine), *rounded_searches(attacked, params)]
        return stages
    if attacked.budget.norm == "l0":
        trees = _exact_trees(opened, attacked)
        stages.full, stages.quick = few_features(attacked, opened, (twin, classes), trees, params)
        return stages
    stages = _close_by(attacked, opened, twin, classes, params)
    stages.full, stages.quick = with_categories(attacked, stages.full, stages.quick)
    return stages


def _close_by(
    attacked: Attacked, opened: Opened, twin: Gradients | None, classes: int, params: RobustnessParams
) -> Stages:
    """Choose the attacks that move all numbers a little."""
    stages = Stages()
    quick: list[Stage] = []
    thorough: list[Stage] = []
    through: list[Stage] = []
    trees = _exact_trees(opened, attacked)
    if trees is not None:
        quick.append(ExactTrees(trees, params.nodes, perf_counter() + params.seconds))
    if twin is not None:
        from aigov_checks.model.robustness.gradient_stage import gradient_stages, straight_stages  # needs torch

        fast, slow = gradient_stages(twin, classes, params.steps)
        few = slice(min(len(attacked.x), attacked.batch))
        through.extend(straight_stages(twin, attacked.x[few], attacked.y[few], classes, params.steps))
        opened.facts = {**opened.facts, "torch": str(need("torch", "torch").__version__)}
        quick.extend(fast)
        stages.cheap = len(quick)
        thorough.extend(slow)
    short = max(1, params.queries // _CURVE_SHARE)
    model = attacked.model
    patience = max(_PATIENT_QUERIES, params.queries // 8) if twin is not None else params.queries
    thorough.append(RandomSearch(model, Limits(params.queries, patience)))
    shorter: list[Stage] = [RandomSearch(model, Limits(short, patience))]
    probe = attacked.balls(np.arange(min(len(attacked.x), attacked.batch)), 1.0)
    silent = opened.predictor.answer is Answer.LABELS
    if silent or (twin is None and trees is None and is_flat(model, probe, params.seed)):
        missing = _missing_art()
        if missing is None:
            opened.facts = {**opened.facts, "art": str(need("art", "robustness").__version__)}
            thorough.append(DecisionBased(model, classes, params.queries))
            shorter.append(DecisionBased(model, classes, short))
        else:
            stages.notes.append(msg("robustness.note.no-decision-stage", reason=missing))
    stages.full = [*quick, *thorough, *through]  # the search goes first: what it breaks shows that gradients are hidden
    stages.quick = [*quick, *through[: len(quick)], *shorter]
    return stages


def _exact_trees(opened: Opened, attacked: Attacked) -> Ensemble | None:
    """Return the trees that can be answered exactly: within bounds of every value, and in float64."""
    usable = attacked.budget.norm != "l2" and bool(np.isfinite(attacked.x).all())
    return opened.ensemble if usable else None


def _missing_art() -> Message | None:
    try:
        need("art.attacks.evasion", "robustness")
    except MissingExtraError as missing:
        return missing.message
    return None


def gradients_of(opened: Opened, x: Array, device: str = "cpu") -> tuple[Twin | None, Message | None]:
    """Return the differentiable twin on a device, or the reason why there is none; a linear model needs none.

    Raises:
        UnsupportedInputError: the device is not there.
    """
    if opened.affine is not None:
        return None, None
    if opened.differentiable is None:
        return None, opened.no_gradients or msg("robustness.note.black-box", model=opened.predictor.name)
    twin, reason = opened.differentiable(x)
    if twin is None or device == "cpu":
        return twin, reason
    twin, fallen = on_device(twin, device, x)
    opened.facts = {**opened.facts, "device": twin.device}
    opened.notes.extend([fallen] if fallen is not None else [])
    return twin, reason


def one_thread_of(twin: Gradients | None) -> nullcontext[None]:
    """Return a context in which torch keeps to one thread, where it is used at all."""
    if twin is None:
        return nullcontext()
    from aigov_checks.model.robustness.gradient_stage import one_thread  # needs torch, an extra

    return one_thread()  # type: ignore[return-value]  # both are context managers of None


def _warnings(model: Model, scores: Array, again: Array) -> list[Message]:
    notes = []
    if model.classes and len(model.classes) < scores.shape[1]:
        notes.append(msg("robustness.note.fewer-classes", classes=len(model.classes), outputs=scores.shape[1]))
    if not np.array_equal(scores, again, equal_nan=True):
        notes.append(msg("robustness.note.randomised"))
    return notes
