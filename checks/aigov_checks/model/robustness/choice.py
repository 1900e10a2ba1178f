"""Which attacks run on a model: exact where there is an exact answer, otherwise gradients, scores, decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Message, MissingExtraError, msg, need
from aigov_checks.model.robustness.cascade import Stage
from aigov_checks.model.robustness.demanded import demanded
from aigov_checks.model.robustness.predictor import Answer
from aigov_checks.model.robustness.search_stages import DecisionBased, ExactLinear, RandomSearch, is_flat
from aigov_checks.model.robustness.square import Limits
from aigov_checks.model.robustness.stage_kinds import few_features, rounded_searches, with_categories
from aigov_checks.model.robustness.tree_stage import ExactTrees

if TYPE_CHECKING:
    from aigov_checks.model.robustness.cascade import Attacked
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Gradients, Opened
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
        trees = exact_trees(opened, attacked)
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
    trees = exact_trees(opened, attacked)
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
    thorough.extend(demanded(attacked, opened, classes, params, thorough))
    stages.full = [*quick, *thorough, *through]  # the search goes first: what it breaks shows that gradients are hidden
    stages.quick = [*quick, *through[: len(quick)], *shorter]
    return stages


def exact_trees(opened: Opened, attacked: Attacked) -> Ensemble | None:
    """Return the trees that can be answered exactly: within bounds of every value, and in float64."""
    usable = attacked.budget.norm != "l2" and bool(np.isfinite(attacked.x).all())
    return opened.ensemble if usable else None


def _missing_art() -> Message | None:
    try:
        need("art.attacks.evasion", "robustness")
    except MissingExtraError as missing:
        return missing.message
    return None
