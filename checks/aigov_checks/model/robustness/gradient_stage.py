"""Gradient attacks as stages of the cascade, on the differentiable twin of the model."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from aigov_checks.model.robustness import losses
from aigov_checks.model.robustness.apgd import Aim, Loss, apgd, slope
from aigov_checks.model.robustness.predictor import Gradients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Array


@dataclass(slots=True, eq=False)
class GradientStage:
    """Auto-PGD with one loss; `rank` 1 aims at the best other class, 2 at the second, 0 at none in particular."""

    twin: Gradients
    name: str
    loss: Loss
    steps: int
    rank: int = 0
    family: str = ""
    gradients: int = field(default=0)
    """Gradients taken so far."""

    def candidates(self, balls: Balls, y: Array, seed: int) -> Array:
        """Return the last point of the search for each sample."""
        generator = torch.Generator().manual_seed(seed)
        x, low, high = (self._tensor(item) for item in (balls.x, balls.low, balls.high))
        labels = self._tensor(y)
        eps = torch.from_numpy(balls.eps).to(x.dtype).to(x.device)
        target = self._target(x, labels)
        snapped = None if balls.kinds is None or not balls.kinds.whole.any() else partial(_permitted, balls)
        aim = Aim(self.twin.logits, balls.norm, x, low, high, eps, labels, target, snapped)
        found, _, taken = apgd(aim, self.loss, self.steps, generator)
        self.gradients += taken
        points: Array = found.cpu().numpy()
        return points

    def _tensor(self, values: Array) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(device_of(self.twin))

    def _target(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if not self.rank:
            return y
        with torch.no_grad():
            logits = self.twin.logits(x).scatter(1, y[:, None], -torch.inf)
        return logits.argsort(dim=1, descending=True)[:, self.rank - 1]


def _permitted(balls: Balls, rows: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the nearest points of the set, in which whole numbers are whole."""
    return torch.from_numpy(balls.take(rows.numpy()).project(x.numpy()))


def gradient_stages(twin: Gradients, classes: int, steps: int) -> tuple[list[GradientStage], list[GradientStage]]:
    """Return the quick stages and the thorough ones, each from cheap to dear."""
    quick = [
        GradientStage(twin, "apgd-ce-10", losses.cross_entropy, min(10, steps)),
        GradientStage(twin, "apgd-dlr-20", losses.dlr, min(20, steps)),
    ]
    ranks = range(1, classes if classes > 2 else 1)  # noqa: PLR2004  # two classes have one target, tried above
    half = max(1, steps // 2)
    thorough = [
        *(GradientStage(twin, f"apgd-t-{rank}", losses.targeted_dlr, half, rank, "apgd-t") for rank in ranks),
        GradientStage(twin, f"apgd-ce-{steps}", losses.cross_entropy, steps),
    ]
    return quick, thorough


def straight_stages(twin: Gradients, x: Array, y: Array, classes: int, steps: int) -> list[GradientStage]:
    """Return the attacks that look through rounding and quantisation, none where the gradients are as they were.

    Source: Athalye, Carlini and Wagner, ICML 2018 (arXiv 1802.00420), section 4.1, with the identity on the way back.
    """
    through = twin.straight()
    if through is None:
        return []
    try:
        same = np.array_equal(_slopes(through, x, y), _slopes(twin, x, y))
    except (RuntimeError, ValueError, TypeError, IndexError):  # integers that a later operator insists on
        return []
    if same:
        return []
    found = [stage for part in gradient_stages(through, classes, steps) for stage in part]
    return [replace(stage, name=f"bpda-{stage.name}", family=stage.family and "bpda") for stage in found]


def _slopes(twin: Gradients, x: Array, y: Array) -> Array:
    """Return the gradient of the margin by each input."""
    inputs = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()
    scores = twin.logits(inputs)
    gradient: Array = slope(losses.margin(scores, torch.from_numpy(y).to(scores.device)), inputs).numpy()
    return gradient


def zero_gradients(twin: Gradients, x: Array, y: Array) -> int:
    """Return the number of samples at which the gradient of the cross-entropy is zero in every value."""
    inputs = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()
    scores = twin.logits(inputs)
    labels = torch.from_numpy(y).to(scores.device)
    loss = losses.cross_entropy(scores, labels, labels)
    flat = slope(loss, inputs).reshape(len(x), -1)
    return int((flat == 0).all(dim=1).sum())


def device_of(twin: Gradients) -> str:
    """Return the name of the torch device on which a twin computes; the CPU where it does not say."""
    return str(getattr(twin, "device", "cpu"))


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch on one thread: on shared cores two are several times slower, and sums may differ."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
