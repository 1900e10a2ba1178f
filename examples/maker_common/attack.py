"""Projected gradient descent inside the sensor's accuracy: to train against, and to measure with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

_MEASURING = (2.0,) * 10 + (1.0,) * 10 + (0.5,) * 10 + (0.25,) * 10
"""Step sizes that begin wide and halve, as those of Auto-PGD (Croce and Hein, ICML 2020) tend to."""
Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits (n, classes) and labels (n,) to one number that grows as samples come closer to a wrong class."""


@dataclass(frozen=True, slots=True)
class Adversary:
    """Who moves every value by at most `radius`, and never out of the sensor's range; all in the sensor's unit."""

    radius: float
    low: float
    high: float


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Return the summed cross-entropy."""
    return functional.cross_entropy(logits, y, reduction="sum")


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Return the summed lead of the best wrong class; its slope does not vanish where the model is sure."""
    right = logits.gather(1, y[:, None])[:, 0]
    wrong = logits.scatter(1, y[:, None], -torch.inf).amax(1)
    return (wrong - right).sum()


def perturb(
    network: nn.Module, data: tuple[Tensor, Tensor], adversary: Adversary, sizes: Sequence[float], loss: Loss
) -> Tensor:
    """Return `x` moved by the adversary towards a wrong class; `sizes` holds the size of each step, in radii.

    Source: Madry et al., "Towards deep learning models resistant to adversarial attacks", ICLR 2018, eq. 2.1.
    """
    (x, y), radius = data, adversary.radius
    delta = (torch.rand_like(x) * 2 - 1) * radius
    for size in sizes:
        delta.requires_grad_()
        (gradient,) = torch.autograd.grad(loss(network(_in_range(x + delta, adversary)), y), delta)
        delta = (delta.detach() + size * radius * gradient.sign()).clamp(-radius, radius)
    return _in_range(x + delta.detach(), adversary)


def accuracy(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of samples that are classified rightly."""
    return float(_right(network, x, y).double().mean())


def robust_accuracy(network: nn.Module, data: tuple[Tensor, Tensor], adversary: Adversary, restarts: int = 2) -> float:
    """Return the share that 40 steps from several random starts do not turn; an upper bound of the true share."""
    x, y = data
    torch.manual_seed(0)
    standing = torch.nonzero(_right(network, x, y))[:, 0]
    for restart in range(restarts):
        loss = margin if restart % 2 else cross_entropy
        moved = perturb(network, (x[standing], y[standing]), adversary, _MEASURING, loss)
        standing = standing[_right(network, moved, y[standing])]
    return len(standing) / len(x)


def _right(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    with torch.no_grad():
        return network(x).argmax(1) == y


def _in_range(x: Tensor, adversary: Adversary) -> Tensor:
    return x.clamp(adversary.low, adversary.high)
