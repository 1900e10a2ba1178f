"""From a subject whose model predicts a value to an observation: draw, open, probe, push both ways, count."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Measured, Message, Subject, UnsupportedInputError, msg, need
from aigov_checks.model.robustness.boosted.model import identity
from aigov_checks.model.robustness.budget import budget_of
from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.category_search import Starts
from aigov_checks.model.robustness.first_calls import opened_within
from aigov_checks.model.robustness.gradients import gradients_of, one_thread_of
from aigov_checks.model.robustness.kept import arrays_of
from aigov_checks.model.robustness.pace import FEW, Cost, Pace, pace_of
from aigov_checks.model.robustness.predictor import Array, Counted, Opened, Twin
from aigov_checks.model.robustness.regression.bounds import Bounds, searched_bounds
from aigov_checks.model.robustness.regression.category_values import OverCategories
from aigov_checks.model.robustness.regression.extremes import Extremes, at_rest, grown
from aigov_checks.model.robustness.regression.found import Found
from aigov_checks.model.robustness.regression.kept import kept_values
from aigov_checks.model.robustness.regression.measure import measured_values
from aigov_checks.model.robustness.regression.parts import Reached, Standing, reach_in_parts
from aigov_checks.model.robustness.regression.stages import (
    Around,
    ExactLinearValues,
    ExactTreeValues,
    GradientAscent,
    RandomWalk,
    Rescaled,
    Search,
)
from aigov_checks.model.robustness.regression.tolerance import references, tolerance_of
from aigov_checks.model.robustness.samples import check_order, draw, shaped
from aigov_checks.model.robustness.sequential import gate_of, shuffled
from aigov_checks.model.robustness.weaker import weaker

if TYPE_CHECKING:
    from aigov_checks.model.boxed.setting import Setting
    from aigov_checks.model.robustness.params import RobustnessParams

_QUICK = 5
"""The searches at other sizes than the budget get this part of the steps and queries."""


@dataclass(slots=True, eq=False)
class _Searches:
    full: list[Search] = field(default_factory=list)
    quick: list[Search] = field(default_factory=list)
    exact: bool = False


def evaluate_values(subject: Subject, params: RobustnessParams, setting: Setting) -> Measured:
    """Return the errors of a model of values on a data set, without and under attack.

    Raises:
        MissingInputError: no model, no data set, or no references.
        UnsupportedInputError: a format, a shape, references or declarations that do not fit.
        MissingExtraError: a runtime that the model needs is not installed.
    """
    if params.attackers:
        raise UnsupportedInputError(msg("robustness.attacker-values", attacker=", ".join(params.attackers)))
    model, dataset = subject.model(params.model), subject.dataset(params.dataset)
    tolerance = tolerance_of(model, params.tolerance)
    full = draw(dataset, params)
    full = shuffled(full, params.seed) if params.bound else full
    references(full.y[:1])
    drawn, opened, few = opened_within(model, full, params, setting)
    check_order(dataset.features, opened)
    budget = budget_of(model, dataset.features, shaped(drawn.everything, opened), params)
    x = shaped(drawn.x, opened).astype(opened.predictor.dtype)
    counted = Counted(opened.predictor)
    values = counted.scores(x)
    started = perf_counter()
    again = counted.scores(x)
    every = perf_counter() - started
    batch = max(FEW, params.batch_values // max(1, x[0].size))
    attacked = Attacked(counted, x, references(drawn.y), budget, params.seed, batch)
    cost = Cost(few, every, len(x), gradients=opened.differentiable is not None, decisions=False)
    exact = _exact_search(opened, attacked, params) is not None
    pace = Pace(params, len(x)) if exact else pace_of(params, cost, len(full.x))
    twin, reason = gradients_of(opened, x, params.device) if pace.params.queries else (None, pace.slow)
    found = _found(attacked, opened, (twin, reason), values[:, 0], pace, tolerance)
    deterministic = bool(np.array_equal(values, again, equal_nan=True))
    notes = [*opened.notes, *budget.notes, *([] if deterministic else [msg("robustness.note.randomised")])]
    notes.extend([reason] if reason is not None and not exact else [])
    notes.extend([pace.note] if pace.note is not None and pace.slow is None else [])
    notes.extend([msg("robustness.smoothing.values")] if params.smoothing else [])
    found = replace(found, model=model, dataset=dataset, deterministic=deterministic, notes=tuple(notes))
    found = replace(found, kept=kept_values(found, drawn.rows, params))
    if found.kept:
        setting.keep(arrays_of(found))
    return measured_values(found, params)


def _found(  # noqa: PLR0913, PLR0917  # all that one call of a search needs
    attacked: Attacked,
    opened: Opened,
    gradients: tuple[Twin | None, Message | None],
    predicted: Array,
    pace: Pace,
    tolerance: float,
) -> Found:
    """Search and prove; the twin comes with the reason why there is none."""
    (twin, reason), params = gradients, pace.params
    drawn, stopped = (predicted.astype(np.float64), attacked.y), None
    with one_thread_of(twin):
        searches, flat = _searches(attacked, opened, twin, params)
        reach = partial(_reached, searches=searches, unaided=twin is not None, params=params)
        if params.bound:
            gate, standing = gate_of(pace, weaker(pace.slow, reason)), Standing(tolerance, searches.exact)
            reached, stopped = reach_in_parts(attacked, predicted, reach, gate, standing)
            attacked = stopped.of(attacked)
        else:
            reached = reach(attacked, predicted)
        sizes = reached.sizes
        bounds = Bounds(exact=True) if searches.exact else searched_bounds(attacked, sizes, twin, params)
    for smaller, larger in zip(sorted(sizes)[-2::-1], sorted(sizes)[:0:-1], strict=True):
        every = np.arange(len(attacked.x))
        sizes[smaller].prove(every, sizes[larger].floor, sizes[larger].ceiling)
    return Found(
        attacked,
        opened,
        sizes,
        drawn[0][: len(attacked.x)],
        drawn,
        searches.full,
        bounds,
        flat,
        reached.unaided,
        reason,
        tolerance=tolerance,
        slow=pace.slow,
        stopped=stopped,
    )


def _reached(
    attacked: Attacked,
    predicted: Array,
    searches: _Searches,
    unaided: bool,  # noqa: FBT001  # bound by name
    params: RobustnessParams,
) -> Reached:
    """Search from the smallest size to the largest: whatever a small budget reaches, a larger one reaches, too."""
    sizes: dict[float, Extremes] = {}
    alone: Array | None = None
    before, scale = at_rest(attacked.x, predicted), 1.0
    for multiple in sorted({*params.curve, 1.0}):
        extremes = grown(before)
        main = math.isclose(multiple, 1.0)
        chosen = searches.full if main else searches.quick
        if sizes and not searches.exact:
            chosen = [Rescaled(before, multiple / scale), *chosen]
        for search in chosen if params.queries else ():
            if main and search.name == "square" and unaided:
                alone = extremes.found
            _widen(attacked, search, extremes, multiple)
        sizes[multiple], before, scale = extremes, extremes, multiple
    return Reached(sizes, alone)


def _widen(attacked: Attacked, search: Search, extremes: Extremes, multiple: float) -> None:
    for start in range(0, len(attacked.x), attacked.batch):
        rows = np.arange(start, min(start + attacked.batch, len(attacked.x)))
        seed = int(np.random.SeedSequence((attacked.seed, start, *search.name.encode())).generate_state(1)[0])
        before = extremes.low.copy(), extremes.high.copy()
        search.widen(extremes, Around(attacked.model, rows, attacked.balls(rows, multiple), seed))
        extremes.credit(search.name, *before)


def _searches(
    attacked: Attacked, opened: Opened, twin: Twin | None, params: RobustnessParams
) -> tuple[_Searches, int | None]:
    """Choose the searches, and count the samples at which the value has no slope (None where that is not known)."""
    exact = _exact_search(opened, attacked, params)
    if exact is not None:
        weights = None if opened.affine is None else opened.affine.weights
        return _Searches([exact], [exact], exact=True), None if weights is None else len(attacked.x) * (
            not weights.any()
        )
    full: list[Search] = []
    quick: list[Search] = []
    flat = None
    if twin is not None:
        from aigov_checks.model.robustness.regression.slope import slope_of  # needs torch, an extra

        slope = slope_of(twin)
        starts = range(0, len(attacked.x), attacked.batch)
        gradients = [slope(attacked.x[start : start + attacked.batch])[1] for start in starts]
        flat = sum(int((part == 0).reshape(len(part), -1).all(axis=1).sum()) for part in gradients)
        opened.facts = {**opened.facts, "torch": str(need("torch", "torch").__version__)}
        full.append(GradientAscent(slope, params.steps))
        quick.append(GradientAscent(slope, max(1, params.steps // _QUICK)))
    full.append(RandomWalk(params.queries))
    quick.append(RandomWalk(max(2, params.queries // _QUICK)))
    if attacked.budget.kinds is not None and attacked.budget.kinds.categories and attacked.budget.norm != "l0":
        up, down = Starts(), Starts()
        full = [OverCategories(search, up, down) for search in full]
        quick = [OverCategories(search, up, down) for search in quick]
    return _Searches(full, quick), flat


def _exact_search(opened: Opened, attacked: Attacked, params: RobustnessParams) -> Search | None:
    """Return the exact answer where there is one: for linear models, and within linf for trees."""
    if opened.affine is not None:
        return ExactLinearValues(opened.affine)
    if opened.ensemble is None or attacked.budget.norm == "l2":
        return None
    return ExactTreeValues(opened.ensemble, opened.link or identity, params.nodes, perf_counter() + params.seconds)
