"""Attacks that know the detector: an input must be of another class and raise no alarm.

Source: Carlini and Wagner, AISec 2017 (arXiv 1705.07263): detectors fail against those who know them; Tramèr, Carlini,
Brendel and Madry, NeurIPS 2020 (arXiv 2002.08347): how to attack the whole of a defence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from aigov_checks.model.detection.detector import Detector
from aigov_checks.model.detection.walk import Walk
from aigov_checks.model.robustness.cascade import Attacked, Broken, Stage, attack
from aigov_checks.model.robustness.category_search import Starts
from aigov_checks.model.robustness.category_stages import over_categories
from aigov_checks.model.robustness.predictor import Answer, Array, Counted, Gradients, classes_of, margins
from aigov_checks.model.robustness.search_stages import RandomSearch, Rescaled
from aigov_checks.model.robustness.square import Limits

if TYPE_CHECKING:
    from aigov_checks.model.robustness.params import RobustnessParams

_TINY = 1e-9
"""Smallest scale of a margin, and the least distance of a joint margin from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Model and detector as a classifier of two classes for samples of one label: 0 while both hold, 1 got past."""

    model: Counted
    detector: Detector
    label: int
    scales: tuple[float, float]
    name: str = "joint"
    labels: tuple[object, ...] = ()
    answer: Answer = Answer.SCORES
    dtype: npt.DTypeLike = field(default=np.float32)

    def scores(self, x: Array) -> Array:
        """Return the joint margin and 0, shape (n, 2); the margin is positive unless an input truly got past."""
        scores = self.model.scores(x)
        alarms = self.detector.margins(x)
        past = (classes_of(scores) != self.label) & (alarms <= 0)
        known = margins(scores, np.full(len(x), self.label)) / self.scales[0]
        joint = np.maximum(known, np.minimum(alarms, 1 / _TINY) / self.scales[1])
        joint = np.where(past, np.minimum(joint, -_TINY), np.maximum(joint, _TINY))
        return np.stack([np.clip(joint, -1 / _TINY, 1 / _TINY), np.zeros(len(x))], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What an attacker has: the gradients of the model, where there are any, and what breaks the model alone."""

    twin: Gradients | None
    plain: Broken


def evade(attacked: Attacked, detector: Detector, known: Known, params: RobustnessParams) -> tuple[Broken, bool]:
    """Return what gets past model and detector, and whether gradients of both were followed.

    Only samples that the attack on the model alone broke are tried: to get past both is harder.
    """
    rows = known.plain.rows
    scores, alarms = attacked.model.scores(attacked.x), detector.margins(attacked.x)
    scales = _scale(margins(scores, attacked.y)), _scale(alarms)
    found = Broken([""] * len(attacked.x))
    followed = known.twin is not None and detector.slope is not None
    for label in np.unique(attacked.y[rows]).tolist():
        joint = Joint(attacked.model, detector, label, scales, dtype=attacked.model.inner.dtype)
        part = Attacked(Counted(joint), attacked.x, 0 * attacked.y, attacked.budget, attacked.seed, attacked.batch)
        chosen = rows[attacked.y[rows] == label]
        result = attack(part, _stages(part, joint, known, params), chosen, 1.0)
        found.points.update(result.points)
        for row in result.rows.tolist():
            found.by[row] = result.by[row]
    return found, followed


def _stages(part: Attacked, joint: Joint, known: Known, params: RobustnessParams) -> list[Stage]:
    """What broke the model alone and was not seen; both gradients; searches that need none."""
    points = {part.x[row].astype(joint.dtype).tobytes(): point for row, point in known.plain.points.items()}
    stages: list[Stage] = [Rescaled(points, 1.0)]
    if known.twin is not None and joint.detector.slope is not None:
        from aigov_checks.model.detection.slopes import JointTwin  # needs torch, an extra
        from aigov_checks.model.robustness import losses  # needs torch, an extra
        from aigov_checks.model.robustness.gradient_stage import GradientStage  # needs torch, an extra

        for name, summed in (("joint-max", False), ("joint-sum", True)):
            twin = JointTwin(known.twin, joint.detector.slope, joint.label, joint.scales, summed)
            stages.append(GradientStage(twin, f"{name}-{params.steps}", losses.dlr, params.steps))
    search = RandomSearch(part.model, Limits(params.queries, params.queries))
    stages = [*stages, Walk(part.model, params.queries), search]
    kinds = part.budget.kinds
    return over_categories(part.model, stages, Starts()) if kinds is not None and kinds.categories else stages


def _scale(values: Array) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return max(_TINY, float(np.median(finite))) if len(finite) else 1.0
