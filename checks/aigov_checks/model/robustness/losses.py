"""Losses that an attack climbs, one a sample, from logits. Source: Croce and Hein, ICML 2020 (arXiv 2003.01690)."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

Tensor = Any  # torch is untyped
_DLR_CLASSES = 3
_TARGETED_CLASSES = 4
_TINY = 1e-12


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Return the score of the true class less the best other one; negative where the attack has won."""
    true = logits.gather(1, y[:, None])[:, 0]
    others = logits.scatter(1, y[:, None], -torch.inf)
    return true - others.amax(dim=1)


def cross_entropy(logits: Tensor, y: Tensor, _: Tensor) -> Tensor:
    """Return the cross-entropy of the true class."""
    return functional.cross_entropy(logits, y, reduction="none")


def dlr(logits: Tensor, y: Tensor, _: Tensor) -> Tensor:
    """Return the difference of logits ratio, which no scaling of the logits changes; the margin below 3 classes."""
    if logits.shape[1] < _DLR_CLASSES:
        return -margin(logits, y)
    ranked = logits.sort(dim=1, descending=True).values
    return -margin(logits, y) / (ranked[:, 0] - ranked[:, 2] + _TINY)


def targeted_dlr(logits: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """Return the difference of logits ratio towards `target`; the plain difference below 4 classes."""
    gap = logits.gather(1, target[:, None])[:, 0] - logits.gather(1, y[:, None])[:, 0]
    if logits.shape[1] < _TARGETED_CLASSES:
        return gap
    ranked = logits.sort(dim=1, descending=True).values
    return gap / (ranked[:, 0] - (ranked[:, 2] + ranked[:, 3]) / 2 + _TINY)
