"""The rows of torchattacks, foolbox and the original AutoAttack (github.com/fra31/auto-attack), where installed."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from attacks.models import Case

TORCHATTACKS, ORIGINAL = "torchattacks AutoAttack", "original AutoAttack, standard"
ADAPTIVE = "original AutoAttack, model unmasked"
_IMAGES = 4
"""Axes of samples that two of the packages insist on."""


def missing() -> list[str]:
    """Return the packages that are not installed."""
    wanted = ("torchattacks", "foolbox", "autoattack", "art", "multiprocess")
    return [name for name in wanted if importlib.util.find_spec(name) is None]


def rows(case: Case, absent: list[str], *, dear: bool) -> dict[str, Callable[[], float]]:
    """Return the runs of the three packages; each returns robust accuracy."""
    found: dict[str, Callable[[], float]] = {}
    if "torchattacks" not in absent:
        found |= _torchattacks(case)
    if "foolbox" not in absent:
        found |= _foolbox(case, dear=dear)
    if "autoattack" not in absent:
        found[ORIGINAL] = lambda: case.accuracy(_original(case, Unit(case.net, case)))
        if case.bare is not None:
            found[ADAPTIVE] = lambda: case.accuracy(_original(case, case.bare))
        if case.x.ndim != _IMAGES:
            found[f"{ORIGINAL}, as image"] = lambda: case.accuracy(_original(case, Unit(case.net, case), wide=True))
    return found


class Unit(nn.Module):
    """A model of inputs in [0, 1], which is all that two of the packages know; a picture of height one where asked."""

    def __init__(self, net: nn.Module, case: Case) -> None:
        super().__init__()
        self.net, self.low, self.span, self.shape = net, case.low, case.high - case.low, case.x.shape[1:]
        self.place = nn.Parameter(torch.zeros(1), requires_grad=False)  # torchattacks asks where the model lies

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        return self.net((x * self.span + self.low).reshape(-1, *self.shape) if self.span != 1 else x)


def _inside(case: Case) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return samples moved into [0, 1], labels, and the budget there."""
    span = case.high - case.low
    return torch.from_numpy((case.x - case.low) / span).float(), torch.from_numpy(case.y), case.eps / span


def _outside(case: Case, points: torch.Tensor) -> np.ndarray:
    moved = points.detach().numpy().reshape(case.x.shape)
    found: np.ndarray = moved * (case.high - case.low) + case.low
    return found


def _torchattacks(case: Case) -> dict[str, Callable[[], float]]:
    import torchattacks

    x, y, eps = _inside(case)
    net = Unit(case.net, case).eval()

    def run(attack: Callable[..., torch.Tensor]) -> float:
        return case.accuracy(_outside(case, attack(x, y)))

    return {
        TORCHATTACKS: lambda: run(torchattacks.AutoAttack(net, eps=eps, n_classes=case.classes, seed=0)),
        "torchattacks APGD 100": lambda: run(torchattacks.APGD(net, eps=eps, steps=100, seed=0)),
        "torchattacks PGD 40": lambda: run(torchattacks.PGD(net, eps=eps, alpha=eps / 10, steps=40)),
    }


def _foolbox(case: Case, *, dear: bool) -> dict[str, Callable[[], float]]:
    import foolbox

    model = foolbox.PyTorchModel(case.net, bounds=(case.low, case.high), device="cpu")
    x, y = torch.from_numpy(case.x), torch.from_numpy(case.y)

    def run(attack: Callable[..., object]) -> float:
        return case.accuracy(attack(model, x, y, epsilons=case.eps)[1].numpy())

    found = {"foolbox PGD 40": lambda: run(foolbox.attacks.LinfPGD(steps=40))}
    if dear and importlib.util.find_spec("numba"):
        start = foolbox.attacks.LinearSearchBlendedUniformNoiseAttack(steps=50)
        found["foolbox Brendel-Bethge 100"] = lambda: run(
            foolbox.attacks.LinfinityBrendelBethgeAttack(start, steps=100)
        )
    return found


def _original(case: Case, net: nn.Module, *, wide: bool = False) -> np.ndarray:
    from autoattack import AutoAttack

    x, y, eps = _inside(case)
    x = x[:, :, None] if wide else x
    attack = AutoAttack(net, norm="Linf", eps=eps, device="cpu", verbose=False, seed=0)
    if case.classes < 10:  # noqa: PLR2004  # it aims at nine other classes unless told otherwise
        attack.apgd_targeted.n_target_classes = attack.fab.n_target_classes = case.classes - 1
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its warnings
        return _outside(case, attack.run_standard_evaluation(x, y, bs=len(x)))
