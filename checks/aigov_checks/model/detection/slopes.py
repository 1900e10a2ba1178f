"""Margins of model and detector together, on torch: what an attack climbs that knows both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from aigov_checks.model.robustness import losses
from aigov_checks.model.robustness.gradient_stage import device_of
from aigov_checks.model.robustness.predictor import Gradients, Twin

if TYPE_CHECKING:
    from aigov_checks.model.detection.declared import Alarm

Tensor = Any  # torch is untyped
Slope = Callable[[Tensor], Tensor]


def slope_of(twin: Twin, alarm: Alarm, offset: float, *, single: bool) -> Slope:
    """Return the margin of a detector, differentiable; before a final sigmoid or softmax, where slopes vanish."""
    inside = 0 < alarm.threshold < 1
    if twin.squashed and inside:
        level = math.log(alarm.threshold / (1 - alarm.threshold))

        def logit(x: Tensor) -> Tensor:
            columns = twin.logits(x)
            gap = columns[:, 1] - columns[:, 0]
            return alarm.sign * ((gap / 2 if single else gap) - level)

        return logit
    return lambda x: alarm.sign * (twin.outputs(x)[:, 1] + offset - alarm.threshold)


@dataclass(frozen=True, slots=True, eq=False)
class JointTwin:
    """Model and detector as a classifier of two classes for samples of one label; implements `Gradients`.

    Class 0 while the label stands or the alarm is raised: the first column is above the second, which is 0.
    """

    model: Gradients
    detector: Slope
    label: int
    scales: tuple[float, float]
    summed: bool = False
    """Whether both margins are pushed down together, or always the larger one."""

    @property
    def device(self) -> str:
        """Where the model computes; the detector may compute elsewhere."""
        return device_of(self.model)

    def logits(self, x: Tensor) -> Tensor:
        """Return both columns, shape (n, 2)."""
        scores = self.model.logits(x)
        labels = torch.full((len(x),), self.label, dtype=torch.int64, device=scores.device)
        first = losses.margin(scores, labels) / self.scales[0]
        second = self.detector(x).to(scores.device) / self.scales[1]
        joint = first.clamp_min(0) + second.clamp_min(0) if self.summed else torch.maximum(first, second)
        return torch.stack([joint, torch.zeros_like(joint)], dim=1)

    def straight(self) -> None:
        """Return no other slopes than these."""
