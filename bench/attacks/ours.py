"""The rows of aigov: the quick gradient stages alone, the whole evaluation, and the check as a user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attacks.models import file_of

from aigov import Dataset, FrozenMap, Measured, Model, Role, Subject
from aigov.load.arrays import FileReader
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.budget import Budget
from aigov_checks.model.robustness.cascade import Attacked, attack
from aigov_checks.model.robustness.evaluate import evaluate
from aigov_checks.model.robustness.gradient_stage import gradient_stages, one_thread
from aigov_checks.model.robustness.onnx_predictor import open_onnx
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from attacks.models import Case

FAST, WHOLE, BOXED = "aigov, fast cascade alone", "aigov, whole evaluation", "aigov, the check in its sandbox"


def rows(case: Case) -> dict[str, Callable[[], float]]:
    """Return the runs of aigov; each returns robust accuracy."""
    return {
        FAST: lambda: fast(case),
        WHOLE: lambda: robust(evaluate(subject(case), params(case))),
        BOXED: lambda: robust(robustness.function(subject(case), params(case))),
    }


def params(case: Case) -> RobustnessParams:
    """Return the defaults, with the budget and samples of the case and no other size."""
    return RobustnessParams(eps=case.eps, samples=len(case.x), curve=())


def subject(case: Case) -> Subject:
    """Return model and samples as aigov.yaml would declare them."""
    inputs = FrozenMap({"x": FrozenMap({"range": (case.low, case.high)})})
    model = Model("m", Role.MODEL, found=(file_of(case.path),), inputs=inputs)
    dataset = Dataset("test", Role.DATASET, value=(case.x, case.y), purpose="test", reader=FileReader())
    return Subject("bench", models=(model,), datasets=(dataset,))


def robust(found: object) -> float:
    """Return the robust accuracy at the budget."""
    if not isinstance(found, Measured):
        raise TypeError(str(found))
    return found.measurements["robust_accuracy"].value


def fast(case: Case) -> float:
    """Return the robust accuracy after the quick gradient stages, from the file on."""
    opened = open_onnx(file_of(case.path), case.classes)
    twin = opened.differentiable(case.x)[0] if opened.differentiable else None
    if twin is None:
        raise TypeError("the model has no differentiable twin")
    shape = case.x.shape[1:]
    budget = Budget("linf", np.full(shape, case.eps), np.full(shape, case.low), np.full(shape, case.high))
    attacked = Attacked(Counted(opened.predictor), case.x, case.y, budget, 0, len(case.x))
    correct = np.flatnonzero(attacked.model.predict(case.x) == case.y)
    stages = gradient_stages(twin, case.classes, 100)[0]
    with one_thread():
        return (len(correct) - len(attack(attacked, stages, correct, 1.0).points)) / len(case.x)
