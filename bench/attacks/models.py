"""The models that are attacked: as ONNX file, which is what everybody's points are judged on, and as torch module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import torch
from sklearn.datasets import load_digits
from torch import nn

from aigov.model import File
from aigov_checks.model.robustness.onnx_predictor import open_onnx

if TYPE_CHECKING:
    from collections.abc import Iterator

BEARING = Path(__file__).resolve().parents[2] / "examples/bearing-fault"
DEFENDED, VIBRATION = "digits CNN, adversarially trained", "vibration CNN of the bearing example"
_DIGITS_EPS, _LEVELS, _LOUD = 0.12, 15, 1000.0
_SENSOR = 0.04
"""Accuracy class of the example's sensor, g."""


@dataclass(frozen=True, slots=True)
class Case:
    """A model with samples, labels, budget and range of the inputs."""

    title: str
    path: Path
    net: nn.Module
    x: np.ndarray
    y: np.ndarray
    eps: float
    low: float
    high: float
    bare: nn.Module | None = None
    """The same model with a slope where it hides it; what an attacker who knows the trick would follow."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.y.max()) + 1

    @property
    def masked(self) -> bool:
        """Whether the model hides its gradient."""
        return self.bare is not None

    def accuracy(self, points: np.ndarray) -> float:
        """Return the accuracy that onnxruntime has at given points, which are moved into budget and range first."""
        moved = np.clip(np.asarray(points, dtype=np.float32), self.x - self.eps, self.x + self.eps)
        session = onnxruntime.InferenceSession(str(self.path), providers=["CPUExecutionProvider"])
        (scores,) = session.run(
            None, {session.get_inputs()[0].name: np.clip(moved, self.low, self.high).astype(np.float32)}
        )
        return float((scores.argmax(axis=1) == self.y).mean())


def cases(folder: Path, samples: int) -> Iterator[Case]:
    """Yield the digits models, then the vibration model where the example is built."""
    images, labels = load_digits(return_X_y=True)
    images, labels = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8), labels.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[samples:], order[:samples]
    data = (torch.from_numpy(images[train]), torch.from_numpy(labels[train]))
    defended, plain = trained(*data, _DIGITS_EPS), trained(*data, 0.0)
    nets: dict[str, tuple[nn.Module, nn.Module | None]] = {
        DEFENDED: (defended, None),
        "digits CNN, undefended": (plain, None),
        "masked: inputs quantised": (nn.Sequential(Quantised(), plain), nn.Sequential(Passing(), plain)),
        "masked: logits times 1000": (nn.Sequential(plain, Scaled()), plain),
        "masked: softmax of them": (nn.Sequential(plain, Scaled(), nn.Softmax(dim=1)), plain),
    }
    for place, (title, (net, bare)) in enumerate(nets.items()):
        path = folder / f"{place}.onnx"
        write(net, data[0][:1], path)
        yield Case(title, path, net, images[test], labels[test], _DIGITS_EPS, 0.0, 1.0, bare)
    if (BEARING / "model/classifier.onnx").is_file():
        yield vibration(samples)


def vibration(samples: int) -> Case:
    """Return the model of the bearing example with its test windows, within the accuracy of its sensor."""
    path, held = BEARING / "model/classifier.onnx", np.load(BEARING / "data/eval.npz")
    x, y = held["x"][:samples].astype(np.float32), held["y"][:samples].astype(np.int64)
    opened = open_onnx(file_of(path), 4)
    twin = opened.differentiable(x)[0] if opened.differentiable else None
    if twin is None:
        raise SystemExit(f"{path} cannot be translated: build the example again")
    return Case(VIBRATION, path, Translated(twin), x, y, _SENSOR, -4.0, 4.0)


def write(net: nn.Module, sample: torch.Tensor, path: Path) -> None:
    """Write a module as ONNX with any number of samples a call."""
    axes = {"x": {0: "n"}}
    torch.onnx.export(net.eval(), (sample,), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes)


def trained(x: torch.Tensor, y: torch.Tensor, eps: float) -> nn.Module:
    """Return a CNN of about 39,000 weights, trained on PGD inputs where `eps` is not zero."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(25):
        for rows in torch.randperm(len(x)).split(128):
            moved = x[rows]
            for _ in range(7 if eps else 0):
                moved = moved.detach().requires_grad_()
                (slope,) = torch.autograd.grad(nn.functional.cross_entropy(net(moved), y[rows]), moved)
                moved = torch.clamp(moved + eps / 4 * slope.sign(), x[rows] - eps, x[rows] + eps).clamp(0, 1)
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(moved.detach()), y[rows]).backward()
            optimiser.step()
    return net.eval()


class Quantised(nn.Module):
    """Inputs rounded to 16 levels: no gradient."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the rounded inputs."""
        return torch.round(x * _LEVELS) / _LEVELS


class Passing(nn.Module):
    """The same rounding with the slope of the identity (Bengio et al. 2013; Athalye et al. 2018 call it BPDA)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the rounded inputs."""
        return x + (torch.round(x * _LEVELS) / _LEVELS - x).detach()


class Scaled(nn.Module):
    """Logits so large that the cross-entropy has no slope."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits times 1000."""
        return x * _LOUD


class Translated(nn.Module):
    """An ONNX model on torch."""

    def __init__(self, twin: object) -> None:
        super().__init__()
        self.twin = twin

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        return self.twin.logits(x)


def file_of(path: Path) -> File:
    """Return a file as the loader would; the digest is not looked at here."""
    return File(path, path.name, path.stat().st_size, "")
