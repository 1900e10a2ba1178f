"""What an exact answer and a whole audit take: a forest, and the vibration CNN with its curve and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attacks import ours
from attacks.clock import timed
from attacks.models import BEARING, vibration
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from aigov import Dataset, Measured, Model, Role, Subject
from aigov.load.arrays import FileReader
from aigov_checks.model.faults import faults
from aigov_checks.model.faults.params import FaultParams
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.evaluate import evaluate
from aigov_checks.model.robustness.params import RobustnessParams

if TYPE_CHECKING:
    from attacks.models import Case

_SIZES = (0.25, 0.5, 1.0, 1.5, 2.0)


def printed() -> dict[str, float]:
    """Print both, and return CPU seconds by name; without the example built, the second is left out."""
    forest = timed(_forest)
    print(f"\nExact, forest of 50 trees, 150 rows: robust accuracy {forest.value:.4f}, {forest.cpu:.2f} CPU s")
    found = {"forest": forest.cpu}
    if (BEARING / "model/classifier.onnx").is_file():
        audited = timed(lambda: _audit(vibration(300)))
        print(f"  in all {audited.cpu:.1f} CPU s, {audited.wall:.1f} s wall")
        found["audit"] = audited.cpu
    return found


def _forest() -> float:
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    model = RandomForestClassifier(50, max_depth=6, random_state=0).fit(x[::2], y[::2])
    dataset = Dataset("test", Role.DATASET, value=(x[1::2][:150], y[1::2][:150]), purpose="test", reader=FileReader())
    subject = Subject("forest", models=(Model("m", Role.MODEL, value=model),), datasets=(dataset,))
    return ours.robust(evaluate(subject, RobustnessParams(eps=0.05, curve=())))


def _audit(case: Case) -> float:
    """Run both checks in their sandboxes and print the bracket; return the robust accuracy at the budget."""
    subject = ours.subject(case)
    params = RobustnessParams(eps=case.eps, samples=len(case.x), curve=_SIZES)
    found = robustness.function(subject, params)
    worst = faults.function(subject, FaultParams(samples=len(case.x)))
    if not isinstance(found, Measured) or not isinstance(worst, Measured):
        raise TypeError(f"{found} {worst}")
    print("\nVibration CNN, curve of five sizes, faults, probes: [certified, empirical], 95 % interval")
    for size in (0.0, *_SIZES):
        name = f"eps={size * case.eps:.6g}"
        low, high = (found.measurements[f"{kind}_accuracy[{name}]"] for kind in ("certified", "robust"))
        print(f"  {name:<10} [{low.value:.4f}, {high.value:.4f}]   [{low.low:.3f}, {high.high:.3f}]")
    return ours.robust(found)
