"""The classifier: a small one-dimensional convolutional network of about forty thousand parameters."""

from __future__ import annotations

import torch
from torch import nn

from maker.bearing import CLASSES


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


def parameters_of(network: nn.Module) -> int:
    """Return the number of trained numbers."""
    return sum(parameter.numel() for parameter in network.parameters())
