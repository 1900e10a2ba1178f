"""Robust accuracy and time of `model.robustness` beside other attacks: same models, samples and budget, one run.

    OMP_NUM_THREADS=1 python bench/robustness.py [--samples N] [--dear]

ART is always compared with; torchattacks, foolbox and the original AutoAttack where they are installed. `--dear` adds
ART's AutoAttack, which takes minutes and needs the package `multiprocess`.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from aigov import Dataset, FrozenMap, Model, Role, Subject
from aigov.load.arrays import FileReader
from aigov.model import File
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.budget import Budget
from aigov_checks.model.robustness.cascade import Attacked, attack
from aigov_checks.model.robustness.gradient_stage import gradient_stages
from aigov_checks.model.robustness.onnx_predictor import open_onnx
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEARING = Path(__file__).resolve().parents[1] / "examples/bearing-fault"


@dataclass(frozen=True, slots=True)
class Case:
    """A model as ONNX file and as torch module, with samples, labels, budget and range of the inputs."""

    title: str
    path: Path
    net: nn.Module
    x: np.ndarray
    y: np.ndarray
    eps: float
    low: float
    high: float

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.y.max()) + 1

    def accuracy(self, x: np.ndarray | torch.Tensor) -> float:
        """Return the accuracy at given inputs, which are moved into budget and range first."""
        moved = np.clip(np.asarray(x, dtype=np.float32), self.x - self.eps, self.x + self.eps)
        with torch.no_grad():
            scores = self.net(torch.from_numpy(np.clip(moved, self.low, self.high).astype(np.float32)))
        return float((scores.argmax(1).numpy() == self.y).mean())


def main() -> None:
    """Print one table a model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--dear", action="store_true", help="also ART's AutoAttack")
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), given.samples):
            print(f"\n{case.title}: accuracy {case.accuracy(case.x):.4f}, budget {case.eps:g}, {len(case.x)} samples")
            rows = dict(measured(case, dear=given.dear))
            whole = rows["aigov, all stages"][1]
            for name, (accuracy, seconds) in rows.items():
                print(f"  {name:<32} {accuracy:8.4f} {seconds:9.2f} s {seconds / whole:9.3f} of aigov's time")


def measured(case: Case, *, dear: bool) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield robust accuracy and CPU seconds of each attack."""
    runs: dict[str, Callable[[], float]] = {
        "aigov, quick gradient stages": lambda: quick(case),
        "aigov, all stages": lambda: audited(case),
        **art_attacks(case, dear=dear),
        **other_attacks(case),
    }
    for name, run in runs.items():
        np.random.seed(0)  # noqa: NPY002  # ART draws from the global generator
        started = time.process_time()
        try:
            accuracy = run()
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            print(f"  {name:<32} error: {type(error).__name__}: {str(error)[:70]}")
            continue
        yield name, (accuracy, time.process_time() - started)


def audited(case: Case) -> float:
    """Return the robust accuracy that the check reports at the budget."""
    inputs = FrozenMap({"x": FrozenMap({"range": (case.low, case.high)})})
    model = Model("m", Role.MODEL, found=(file_of(case.path),), inputs=inputs)
    dataset = Dataset("test", Role.DATASET, value=(case.x, case.y), purpose="test", reader=FileReader())
    params = RobustnessParams(eps=case.eps, samples=len(case.x), curve=())
    found = robustness.function(Subject("bench", models=(model,), datasets=(dataset,)), params)
    return found.measurements["robust_accuracy"].value


def quick(case: Case) -> float:
    """Return the robust accuracy after the quick gradient stages alone."""
    opened = open_onnx(file_of(case.path), case.classes)
    twin = opened.differentiable(case.x)[0]
    shape = case.x.shape[1:]
    budget = Budget("linf", np.full(shape, case.eps), np.full(shape, case.low), np.full(shape, case.high))
    attacked = Attacked(Counted(opened.predictor), case.x, case.y, budget, 0, len(case.x))
    correct = np.flatnonzero(attacked.model.predict(case.x) == case.y)
    stages = gradient_stages(twin, case.classes, 100)[0] if twin else []
    return (len(correct) - len(attack(attacked, stages, correct, 1.0).points)) / len(case.x)


def art_attacks(case: Case, *, dear: bool) -> dict[str, Callable[[], float]]:
    """Return the attacks of ART."""
    from art.attacks import evasion
    from art.estimators.classification import PyTorchClassifier

    model = PyTorchClassifier(
        case.net, nn.CrossEntropyLoss(), case.x.shape[1:], case.classes, clip_values=(case.low, case.high)
    )
    same = {"norm": np.inf, "eps": case.eps, "batch_size": len(case.x), "verbose": False}
    auto = {**same, "eps_step": 2 * case.eps}
    attacks = {
        "ART PGD 40": lambda: evasion.ProjectedGradientDescent(model, eps_step=case.eps / 10, max_iter=40, **same),
        "ART APGD cross-entropy 100": lambda: evasion.AutoProjectedGradientDescent(
            model, loss_type="cross_entropy", nb_random_init=1, max_iter=100, **auto
        ),
        "ART APGD DLR 100": lambda: evasion.AutoProjectedGradientDescent(
            model, loss_type="difference_logits_ratio", nb_random_init=1, max_iter=100, **auto
        ),
    }
    if dear and importlib.util.find_spec("multiprocess"):
        attacks["ART AutoAttack"] = lambda: evasion.AutoAttack(
            model, eps=case.eps, eps_step=case.eps / 10, batch_size=len(case.x)
        )
    return {
        name: lambda make=make: case.accuracy(make().generate(case.x, np.eye(case.classes, dtype=np.float32)[case.y]))
        for name, make in attacks.items()
    }


def other_attacks(case: Case) -> dict[str, Callable[[], float]]:
    """Return the attacks of packages that are installed and say which are not."""
    found: dict[str, Callable[[], float]] = {}
    x, y = torch.from_numpy(case.x), torch.from_numpy(case.y)
    present = {name: importlib.util.find_spec(name) for name in ("torchattacks", "foolbox", "autoattack")}
    for name in (name for name, spec in present.items() if spec is None):
        print(f"  {name:<32} not installed, skipped")
    unit = (case.low, case.high) == (0.0, 1.0)
    if present["torchattacks"] and unit:
        import torchattacks

        found["torchattacks AutoAttack"] = lambda: case.accuracy(
            torchattacks.AutoAttack(case.net, eps=case.eps, n_classes=case.classes)(x, y).numpy()
        )
    if present["foolbox"]:
        import foolbox

        model = foolbox.PyTorchModel(case.net, bounds=(case.low, case.high), device="cpu")
        pgd = foolbox.attacks.LinfPGD(steps=40)
        found["foolbox LinfPGD 40"] = lambda: case.accuracy(pgd(model, x, y, epsilons=case.eps)[1].numpy())
    if present["autoattack"] and unit:
        from autoattack import AutoAttack

        original = AutoAttack(case.net, norm="Linf", eps=case.eps, device="cpu", verbose=False)
        found["AutoAttack, original"] = lambda: case.accuracy(original.run_standard_evaluation(x, y, bs=len(x)).numpy())
    return found


def cases(folder: Path, samples: int) -> Iterator[Case]:
    """Yield the models: a defended CNN, two that hide their gradients, and the vibration CNN where it is built."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images, labels = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8), labels.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[samples:], order[:samples]
    data = (torch.from_numpy(images[train]), torch.from_numpy(labels[train]))
    defended, plain = trained(*data, 0.12), trained(*data, 0.0)
    nets = {
        "digits CNN, adversarially trained": defended,
        "digits CNN, inputs quantised": nn.Sequential(Quantised(), plain),
        "digits CNN, logits times 1000": nn.Sequential(plain, Scaled()),
    }
    for place, (title, net) in enumerate(nets.items()):
        path = folder / f"{place}.onnx"
        torch.onnx.export(
            net.eval(), (data[0][:1],), str(path), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}}
        )
        yield Case(title, path, net, images[test], labels[test], 0.12, 0.0, 1.0)
    if (BEARING / "model/classifier.onnx").is_file():
        path, held = BEARING / "model/classifier.onnx", np.load(BEARING / "data/eval.npz")
        x, y = held["x"][:samples].astype(np.float32), held["y"][:samples].astype(np.int64)
        twin = open_onnx(file_of(path), 4).differentiable(x)[0]
        for eps in (0.04, 0.08):
            yield Case("vibration CNN of the example", path, Translated(twin), x, y, eps, -4.0, 4.0)


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
        return torch.round(x * 15) / 15


class Scaled(nn.Module):
    """Logits so large that the cross-entropy has no slope."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits times 1000."""
        return x * 1000


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


if __name__ == "__main__":
    main()
