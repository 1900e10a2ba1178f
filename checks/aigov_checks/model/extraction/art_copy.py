"""A copy by KnockoffNets (scores) or CopycatCNN (labels) of the Adversarial Robustness Toolbox, a small network.

Sources: Orekondy, Schiele and Fritz, CVPR 2019 (arXiv 1812.02766); Correia-Silva et al., IJCNN 2018 (arXiv 1806.05476).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from aigov import need
from aigov_checks.model.robustness.art_attacks import seeded
from aigov_checks.model.robustness.gradient_stage import one_thread

if TYPE_CHECKING:
    from aigov_checks.model.extraction.copies import Answers, Guess
    from aigov_checks.model.robustness.predictor import Array

_EPOCHS, _BATCH, _RATE = 15, 32, 3e-3
_BETAS, _TINY = (0.9, 0.999), 1e-8
_CHANNELS = (16, 32)
_WORK = 100_000_000
"""Values that the training handles, about; more or larger samples get fewer epochs."""


def network(answers: Answers, seed: int) -> Guess:
    """Return a convolutional network that the toolbox trained on the answers.

    Raises:
        MissingExtraError: the toolbox is not installed.
    """
    attacks = need("art.attacks.extraction", "robustness")
    estimators = need("art.estimators.classification", "robustness")
    mean, spread = float(answers.x.mean()), float(answers.x.std()) or 1.0

    def scaled(x: Array) -> Array:
        return ((x - mean) / spread).astype(np.float32)

    x, classes = scaled(answers.x), answers.probabilities.shape[1]
    known = {row.tobytes(): answer for row, answer in zip(x, answers.probabilities, strict=True)}
    victim = estimators.BlackBoxClassifier(
        lambda rows: np.array([known[row.tobytes()] for row in np.ascontiguousarray(rows)]), x.shape[1:], classes
    )
    epochs = max(1, min(_EPOCHS, _WORK // x.size))
    common = {"batch_size_fit": _BATCH, "batch_size_query": len(x), "nb_epochs": epochs, "nb_stolen": len(x)}
    with torch.random.fork_rng(devices=[]), one_thread(), seeded(seed):
        torch.manual_seed(seed)
        layers = _layers(x.shape[1:], classes)
        descent = _Adam(list(layers.parameters()))
        thief = estimators.PyTorchClassifier(layers, _soft_loss, x.shape[1:], classes, descent, device_type="cpu")
        if answers.soft:
            attacks.KnockoffNets(victim, use_probability=True, verbose=False, **common).extract(
                x, thieved_classifier=thief
            )
        else:
            attacks.CopycatCNN(victim, **common).extract(x, thieved_classifier=thief)
    return lambda rows: np.asarray(thief.predict(scaled(rows))).argmax(axis=1)


def _soft_loss(logits: Any, wanted: Any) -> Any:  # torch is untyped
    """Return the cross-entropy against probabilities; of torch's own loss the toolbox would make one of classes."""
    return nn.functional.cross_entropy(logits, wanted.to(logits.dtype))


class _Adam:
    """The optimiser of Kingma and Ba, ICLR 2015 (arXiv 1412.6980), algorithm 1.

    That of torch loads a compiler, which takes seconds and wants a folder of its own.
    """

    def __init__(self, parameters: list[Any]) -> None:  # torch is untyped
        self.parameters = parameters
        self.first = [torch.zeros_like(parameter) for parameter in parameters]
        self.second = [torch.zeros_like(parameter) for parameter in parameters]
        self.steps = 0

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        self.steps += 1
        with torch.no_grad():
            for parameter, first, second in zip(self.parameters, self.first, self.second, strict=True):
                first.lerp_(parameter.grad, 1 - _BETAS[0])
                second.lerp_(parameter.grad**2, 1 - _BETAS[1])
                size = (second / (1 - _BETAS[1] ** self.steps)).sqrt() + _TINY
                parameter.sub_(_RATE / (1 - _BETAS[0] ** self.steps) * first / size)


def _layers(shape: tuple[int, ...], classes: int) -> Any:  # torch is untyped
    """Return two convolutions over the axes behind the first, global pooling, and a linear layer."""
    plane = len(shape) > 2  # noqa: PLR2004  # channels, height and width
    convolution, pool = (nn.Conv2d, nn.AdaptiveAvgPool2d) if plane else (nn.Conv1d, nn.AdaptiveAvgPool1d)
    width, step = (3, 2) if plane else (9, 4)
    first, second = _CHANNELS
    return nn.Sequential(
        convolution(shape[0], first, width, stride=step, padding=width // 2),
        nn.ReLU(),
        convolution(first, second, width, stride=step, padding=width // 2),
        nn.ReLU(),
        pool(4),
        nn.Flatten(),
        nn.Linear(second * (16 if plane else 4), classes),
    )
