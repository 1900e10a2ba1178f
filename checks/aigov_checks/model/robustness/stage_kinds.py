"""Which attacks run where inputs are whole numbers or categories, and where few features may change."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from aigov import need
from aigov_checks.model.robustness.category_search import Starts
from aigov_checks.model.robustness.category_stages import over_categories
from aigov_checks.model.robustness.search_stages import RandomSearch
from aigov_checks.model.robustness.sparse_stages import gradient_ways, sparse_stages
from aigov_checks.model.robustness.square import Limits
from aigov_checks.model.robustness.tree_stage import ExactTrees

if TYPE_CHECKING:
    from aigov_checks.model.robustness.cascade import Attacked, Stage
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Gradients, Opened
    from aigov_checks.model.robustness.trees import Ensemble

_CURVE_SHARE = 5
_PATIENT_QUERIES = 100
"""As for attacks that move all numbers a little."""


def with_categories(attacked: Attacked, full: list[Stage], quick: list[Stage]) -> tuple[list[Stage], list[Stage]]:
    """Return stages that choose categories as well, where some may change."""
    kinds = attacked.budget.kinds
    if kinds is None or not kinds.categories:
        return full, quick
    starts = Starts()
    return over_categories(attacked.model, full, starts), over_categories(attacked.model, quick, starts)


def rounded_searches(attacked: Attacked, params: RobustnessParams) -> list[Stage]:
    """Return the search for what a linear model leaves open: whole numbers within an ellipsoid; else nothing."""
    kinds = attacked.budget.kinds
    if kinds is None or attacked.budget.norm != "l2" or not kinds.whole.any():
        return []
    return with_categories(attacked, [RandomSearch(attacked.model, Limits(params.queries, params.queries))], [])[0]


def few_features(
    attacked: Attacked,
    opened: Opened,
    twin: tuple[Gradients | None, int],
    trees: Ensemble | None,
    params: RobustnessParams,
) -> tuple[list[Stage], list[Stage]]:
    """Return all attacks on few features, and the quick ones; `twin` comes with the number of classes."""
    exact: list[Stage] = []
    if trees is not None:
        exact.append(ExactTrees(trees, params.nodes, perf_counter() + params.seconds))
    gradients, classes = twin
    short = max(1, params.queries // _CURVE_SHARE)
    patience = max(_PATIENT_QUERIES, params.queries // 8) if gradients is not None else params.queries
    limits = Limits(params.queries, patience), Limits(short, patience)
    full, quick = sparse_stages(gradients, attacked.model, classes, params.steps, limits)
    if gradients is not None:
        opened.facts = {**opened.facts, "torch": str(need("torch", "torch").__version__)}
        full = [*full, *_through_rounding(attacked, gradients, classes, params.steps)]
    return [*exact, *full], [*exact, *quick]


def _through_rounding(attacked: Attacked, twin: Gradients, classes: int, steps: int) -> list[Stage]:
    """Return the attacks that look through rounding and quantisation, none where the gradients are as they were."""
    from aigov_checks.model.robustness.gradient_stage import straight_stages  # needs torch, an extra

    few = slice(min(len(attacked.x), attacked.batch))
    through = twin.straight()
    if through is None or not straight_stages(twin, attacked.x[few], attacked.y[few], classes, steps):
        return []
    return gradient_ways(through, steps, 0, "bpda-")
