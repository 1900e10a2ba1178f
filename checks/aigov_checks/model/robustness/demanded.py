"""Attackers of another library that a policy demands by name; they run last, on what all others left standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import UnsupportedInputError, msg, need
from aigov_checks.model.robustness.art_attacks import boundary, zoo
from aigov_checks.model.robustness.params import ATTACKERS
from aigov_checks.model.robustness.predictor import Answer, Array, Counted
from aigov_checks.model.robustness.search_stages import DecisionBased

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.cascade import Attacked, Stage
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Opened

HOP_SKIP_JUMP, BOUNDARY, ZOO = ATTACKERS


@dataclass(frozen=True, slots=True, eq=False)
class Zoo:
    """ZOO of ART."""

    model: Counted
    queries: int
    name: str = "art-zoo"
    family: str = ""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return where estimated gradients led."""
        return zoo(self.model.scores, self.queries, balls, y, seed)


def demanded(
    attacked: Attacked, opened: Opened, classes: int, params: RobustnessParams, running: Sequence[Stage]
) -> list[Stage]:
    """Return the stages of `params.attackers` that do not run anyway.

    Raises:
        UnsupportedInputError: an attacker that cannot attack this model.
        MissingExtraError: the toolbox is not installed.
    """
    if not params.attackers:
        return []
    if ZOO in params.attackers and opened.predictor.answer is Answer.LABELS:
        raise UnsupportedInputError(msg("robustness.attacker-scores", attacker=ZOO))
    opened.facts = {**opened.facts, "art": str(need("art", "robustness").__version__)}
    known: dict[str, Stage] = {
        HOP_SKIP_JUMP: DecisionBased(attacked.model, classes, params.queries),
        BOUNDARY: DecisionBased(attacked.model, classes, params.queries, "art-boundary", boundary),
        ZOO: Zoo(attacked.model, params.queries),
    }
    names = {stage.name for stage in running}
    return [known[name] for name in dict.fromkeys(params.attackers) if known[name].name not in names]
