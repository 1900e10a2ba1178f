"""The classifier: a small convolutional network, and how it is trained."""

from __future__ import annotations

import numpy as np
import torch
from maker_common.attack import Adversary
from maker_common.graph import Signature
from maker_common.training import Recipe
from torch import nn

from maker.surface import ACCURACY, CLASSES, SIDE, WHITE

SIGNATURE = Signature("surface-inspector", "camera", (1, SIDE, SIDE), len(CLASSES), "visual-inspection-example")
MEASURED_AGAINST = Adversary(ACCURACY, 0.0, WHITE)
MIDDLE, STEP = 128.0, 32.0
"""In training, grey is 0 and one unit is 32 grey levels: networks learn from small numbers around 0."""
TRAINED_AGAINST = Adversary(1.25 * ACCURACY / STEP, -MIDDLE / STEP, (WHITE - MIDDLE) / STEP)
"""In these units."""
DEFENDED = Recipe(epochs=12, adversary=TRAINED_AGAINST)
UNDEFENDED = Recipe(epochs=8)


def new_network(seed: int) -> nn.Sequential:
    """Return an untrained network from (n, 1, 32, 32), grey being 0, to (n, 4) logits; same seed, same weights."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=5, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 24, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24 * 4 * 4, len(CLASSES)),
    )


def in_training_units(x: np.ndarray) -> torch.Tensor:
    """Return grey levels in the units of the training, float32."""
    return (torch.from_numpy(x.astype(np.float32)) - MIDDLE) / STEP


def in_grey_levels(network: nn.Sequential) -> nn.Sequential:
    """Change the first layer, which has no padding, so that it takes grey levels as the camera gives them."""
    first = network[0]
    with torch.no_grad():
        first.weight /= STEP
        first.bias -= MIDDLE * first.weight.sum((1, 2, 3))
    return network
