"""The rows of the Adversarial Robustness Toolbox (ART). Its AutoAttack has other parts than the original one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from attacks.models import Case

AUTO = "ART AutoAttack"


class Single(nn.Module):
    """A model that takes double precision too, which one of the attacks hands over."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        return self.net(x.float())


def rows(case: Case, *, dear: bool) -> dict[str, Callable[[], float]]:
    """Return the runs of the toolbox; each returns robust accuracy."""
    from art.attacks import evasion
    from art.estimators.classification import PyTorchClassifier

    shape, clip = case.x.shape[1:], (case.low, case.high)
    model = PyTorchClassifier(
        Single(case.net), nn.CrossEntropyLoss(), shape, case.classes, clip_values=clip, device_type="cpu"
    )
    same = {"norm": np.inf, "eps": case.eps, "batch_size": len(case.x), "verbose": False}
    auto = {**same, "eps_step": 2 * case.eps, "nb_random_init": 1, "max_iter": 100}  # steps as in the paper
    attacks = {
        "ART PGD 40": lambda: evasion.ProjectedGradientDescent(model, eps_step=case.eps / 10, max_iter=40, **same),
        "ART APGD cross-entropy 100": lambda: evasion.AutoProjectedGradientDescent(
            model, loss_type="cross_entropy", **auto
        ),
        "ART APGD DLR 100": lambda: evasion.AutoProjectedGradientDescent(
            model, loss_type="difference_logits_ratio", **auto
        ),
    }
    if dear:
        attacks["ART HopSkipJump, 10 iterations"] = lambda: evasion.HopSkipJump(
            model, norm=np.inf, max_iter=10, max_eval=1000, init_eval=50, verbose=False
        )
        attacks[AUTO] = lambda: evasion.AutoAttack(model, eps=case.eps, eps_step=2 * case.eps, batch_size=len(case.x))
    labels = np.eye(case.classes, dtype=np.float32)[case.y]

    def run(make: Callable[[], object]) -> float:
        np.random.seed(0)  # noqa: NPY002  # it draws from the global generator
        return case.accuracy(make().generate(case.x, labels))

    return {name: lambda make=make: run(make) for name, make in attacks.items()}
