"""Two ways to train the same network: as usual, and against an adversary inside the sensor's accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from maker.attack import cross_entropy, perturb
from maker.network import new_network
from maker.vibration import ACCURACY


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is trained."""

    epochs: int
    radius: float
    """Perturbation trained against, in g; 0 trains as usual."""
    seed: int = 7
    batch: int = 64
    rate: float = 4e-3
    """Peak learning rate of the one-cycle schedule (Smith and Topin, 2017) of Adam."""


_STEPS = (0.75, 0.75)
"""Steps of the attack trained against, in radii. With one alone the model learns to hide its gradient instead (Wong,
Rice and Kolter, "Fast is better than free", ICLR 2020, call it catastrophic overfitting)."""
DEFENDED = Recipe(epochs=12, radius=1.1 * ACCURACY)
UNDEFENDED = Recipe(epochs=4, radius=0.0)


def train(recipe: Recipe, x: Tensor, y: Tensor) -> nn.Sequential:
    """Return a trained network; the same recipe and data give the same weights on the same machine."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    network = new_network(recipe.seed)
    optimiser = torch.optim.Adam(network.parameters())
    batches = -(-len(x) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.epochs * batches)
    for epoch in range(recipe.epochs):
        radius = recipe.radius * min(1.0, (epoch + 1) / 3)  # three epochs to grow: else it never starts to learn
        for rows in torch.randperm(len(x)).split(recipe.batch):
            seen = perturb(network, (x[rows], y[rows]), radius, _STEPS, cross_entropy) if radius else x[rows]
            optimiser.zero_grad()
            functional.cross_entropy(network(seen), y[rows]).backward()
            optimiser.step()
            schedule.step()
    return network.eval()
