"""Linear bounds of the predicted value of a network, at each size of the budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aigov import Message, msg
from aigov_checks.model.robustness.regression.bounds_apart import bounds_over
from aigov_checks.model.robustness.twin import OnnxTwin

if TYPE_CHECKING:
    from aigov_checks.model.robustness.cascade import Attacked
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Twin
    from aigov_checks.model.robustness.regression.extremes import Extremes


@dataclass(slots=True)
class Bounds:
    """Whether, how and for which rows bounds were sought."""

    exact: bool = False
    reason: Message | None = None
    """Why there are none, where there are none."""
    tried: dict[float, frozenset[int]] = field(default_factory=dict)
    """Multiple of the budget to the rows for which bounds were found."""

    @property
    def method(self) -> str:
        """Name of the method, `none` where nothing is proved."""
        return "exact" if self.exact else "backward linear bounds" if any(self.tried.values()) else "none"


def searched_bounds(
    attacked: Attacked, sizes: dict[float, Extremes], twin: Twin | None, params: RobustnessParams
) -> Bounds:
    """Prove what can be proved within the work allowed, from the largest size to the smallest."""
    if not params.proofs:
        return Bounds(reason=msg("robustness.proofs.off"))
    if twin is None or not params.queries:
        return Bounds(reason=msg("robustness.proofs.no-network"))
    if not isinstance(twin, OnnxTwin):
        return Bounds(reason=msg("robustness.proofs.no-graph"))
    from aigov_checks.model.robustness.certify import UncertifiableError, certifier_of  # needs torch, an extra

    try:
        certifier = certifier_of(twin.on("cpu"), attacked.x[:1])
    except UncertifiableError as error:
        return Bounds(reason=msg("robustness.proofs.uncertifiable", reason=error.message))
    found = Bounds()
    order = np.random.default_rng((attacked.seed, len(attacked.x))).permutation(len(attacked.x))[: params.proofs]
    for multiple in sorted(sizes, reverse=True):
        low, high, done = bounds_over(certifier, attacked.balls(order, multiple), int(params.proof_work))
        if not done:
            found.reason = msg("robustness.proofs.l0") if attacked.budget.norm == "l0" else found.reason
        sizes[multiple].prove(order[:done], low[:done], high[:done])
        found.tried[multiple] = frozenset(order[:done].tolist())
    if not any(found.tried.values()) and found.reason is None:
        found.reason = msg("robustness.proofs.work", work=params.proof_work)
    return found
