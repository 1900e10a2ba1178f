"""Training as usual, or against an adversary inside the sensor's accuracy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from maker_common.attack import Adversary, accuracy, cross_entropy, perturb, robust_accuracy

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is trained."""

    epochs: int
    adversary: Adversary | None = None
    """Whom it is trained against; None trains as usual."""
    seed: int = 7
    batch: int = 64
    rate: float = 4e-3
    """Peak learning rate of the one-cycle schedule (Smith and Topin, 2017) of Adam."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with what was measured of it on the test samples."""

    network: nn.Sequential
    clean: float
    """Accuracy without attack, 0 to 1."""
    robust: float
    """Accuracy under attack, 0 to 1."""


_STEPS = (0.75, 0.75)
"""Steps of the attack trained against, in radii. With one alone the model learns to hide its gradient instead (Wong,
Rice and Kolter, "Fast is better than free", ICLR 2020, call it catastrophic overfitting)."""


def train(recipe: Recipe, new_network: Callable[[int], nn.Sequential], x: Tensor, y: Tensor) -> nn.Sequential:
    """Return a trained network; the same recipe and data give the same weights on the same machine."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    network = new_network(recipe.seed)
    optimiser = torch.optim.Adam(network.parameters())
    batches = -(-len(x) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.epochs * batches)
    for epoch in range(recipe.epochs):
        adversary = _grown(recipe.adversary, epoch)
        for rows in torch.randperm(len(x)).split(recipe.batch):
            data = x[rows], y[rows]
            seen = perturb(network, data, adversary, _STEPS, cross_entropy) if adversary else x[rows]
            optimiser.zero_grad()
            functional.cross_entropy(network(seen), y[rows]).backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def measure(network: nn.Sequential, x: Tensor, y: Tensor, adversary: Adversary) -> Trained:
    """Return the network with its accuracy on (x, y), and with that under the adversary."""
    return Trained(network, accuracy(network, x, y), robust_accuracy(network, (x, y), adversary))


def parameters_of(network: nn.Module) -> int:
    """Return the number of trained numbers."""
    return sum(parameter.numel() for parameter in network.parameters())


def _grown(adversary: Adversary | None, epoch: int) -> Adversary | None:
    """Return an adversary that takes three epochs to grow: else the network never starts to learn."""
    return adversary and replace(adversary, radius=adversary.radius * min(1.0, (epoch + 1) / 3))
