"""The classifier: a one-dimensional convolutional network of about forty thousand parameters, and how it is trained."""

from __future__ import annotations

import torch
from maker_common.attack import Adversary
from maker_common.graph import Signature
from maker_common.training import Recipe
from torch import nn

from maker.bearing import CLASSES
from maker.vibration import ACCURACY, FULL_SCALE, LENGTH

SIGNATURE = Signature("bearing-fault-classifier", "vibration", (1, LENGTH), len(CLASSES), "bearing-fault-example")
MEASURED_AGAINST = Adversary(ACCURACY, -FULL_SCALE, FULL_SCALE)
TRAINED_AGAINST = Adversary(1.1 * ACCURACY, -FULL_SCALE, FULL_SCALE)
DEFENDED = Recipe(epochs=12, adversary=TRAINED_AGAINST)
UNDEFENDED = Recipe(epochs=4)


def new_network(seed: int) -> nn.Sequential:
    """Return an untrained network from (n, 1, 1024) in g to (n, 4) logits; same seed, same weights."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv1d(1, 16, kernel_size=33, stride=4, padding=16),
        nn.ReLU(),
        nn.Conv1d(16, 32, kernel_size=9, stride=4, padding=4),
        nn.ReLU(),
        nn.Conv1d(32, 48, kernel_size=9, stride=2, padding=4),
        nn.ReLU(),
        nn.Conv1d(48, 48, kernel_size=9, stride=2, padding=4),
        nn.ReLU(),
        nn.AvgPool1d(kernel_size=4),
        nn.Flatten(),
        nn.Linear(48 * 4, len(CLASSES)),
    )
