"""From what the attacks found to measurements, facts, notes and a figure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import FrozenMap, Interval, Measured, Measurement, Message, Model, Quantity, count, flag, msg, ratio
from aigov_checks.model.robustness.budget import size_of
from aigov_checks.model.robustness.cascade import Attacked, Stage
from aigov_checks.model.robustness.curve import Curve
from aigov_checks.model.robustness.figure import figures
from aigov_checks.model.robustness.predictor import Array, Opened

if TYPE_CHECKING:
    from aigov_checks.model.robustness.params import RobustnessParams

_SUSPICIOUS_SHARE = 0.05
"""Zero gradients, or samples broken only without gradients, beyond which gradient masking is reported."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Everything that was found out about a model on a data set."""

    attacked: Attacked
    opened: Opened
    curve: Curve
    predicted: Array
    stages: Sequence[Stage]
    zero_gradients: int | None
    no_gradients: Message | None
    model: Model | None = None
    deterministic: bool = True
    notes: tuple[Message, ...] = ()

    @property
    def correct(self) -> int:
        """Number of samples classified as labelled."""
        return int((self.predicted == self.attacked.y).sum())


def measured(result: Result, params: RobustnessParams) -> Measured:
    """Return the observation."""
    n = len(result.predicted)
    common = Counter(result.predicted.tolist()).most_common(1)[0][1]
    values: dict[str, Measurement] = {
        "clean_accuracy": ratio(result.correct, n, params.confidence),
        "robust_accuracy": ratio(result.curve.standing[1.0], n, params.confidence),
        "majority_share": ratio(common, n, params.confidence),
        "zero_gradient_share": _zero_gradient_share(result, n, params.confidence),
        "nonfinite_outputs": count(int((result.predicted < 0).sum())),
        "deterministic": flag(result.deterministic),
        "samples": count(n),
        "queries": count(result.attacked.model.queries),
    }
    for multiple in params.curve:
        name = _point(result, multiple, params)
        values[f"robust_accuracy[{name}]"] = ratio(result.curve.standing[multiple], n, params.confidence)
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(_facts(result, params)),
        figures=figures(result, params),
        notes=(*result.notes, *_notes(result, params)),
    )


def _zero_gradient_share(result: Result, n: int, confidence: float) -> Measurement:
    if result.zero_gradients is not None:
        return ratio(result.zero_gradients, n, confidence)
    if result.opened.affine is not None:
        flat = not np.ptp(result.opened.affine.weights, axis=1).any()
        return ratio(n if flat else 0, n, confidence)
    return Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=result.no_gradients)


def _point(result: Result, multiple: float, params: RobustnessParams) -> str:
    """Return the argument that names a point of the curve: its size, or the multiple where sizes differ."""
    if params.budget == "sensor-accuracy":
        size = result.attacked.budget.size
        return f"budget={multiple:g}" if size is None else f"eps={size * multiple:.6g}"
    return f"eps={params.eps * multiple:.6g}"


def _facts(result: Result, params: RobustnessParams) -> dict[str, str | int | float | bool]:
    facts: dict[str, str | int | float | bool] = {
        "budget": params.budget,
        "norm": params.norm,
        "seed": params.seed,
        "runtime": result.opened.predictor.name,
        "exact": result.opened.affine is not None,
        "stages": ", ".join(stage.name for stage in result.stages),
        "gradient_evaluations": sum(int(getattr(stage, "gradients", 0)) for stage in result.stages),
    }
    size = result.attacked.budget.size
    if params.budget != "sensor-accuracy":
        facts["eps"] = params.eps
    elif size is not None:
        facts["eps"] = size
    if result.attacked.budget.unit:
        facts["unit"] = result.attacked.budget.unit
    broken = Counter(name for name in result.curve.main.by if name)
    facts.update({f"broken_by.{stage.name}": broken[stage.name] for stage in result.stages})
    facts.update(result.opened.facts)
    labels = Counter(result.attacked.y.tolist())
    facts["commonest_label_share"] = labels.most_common(1)[0][1] / len(result.predicted)
    return facts


def _notes(result: Result, params: RobustnessParams) -> list[Message]:
    n = len(result.predicted)
    notes = []
    undefined = int((result.predicted < 0).sum())
    if undefined:
        notes.append(msg("robustness.note.not-finite", count=undefined))
    if len(set(result.predicted.tolist())) == 1:
        notes.append(msg("robustness.note.constant"))
    elif result.correct <= Counter(result.attacked.y.tolist()).most_common(1)[0][1]:
        notes.append(msg("robustness.note.no-better-than-majority"))
    blind = sum(name in ("square", "art-hop-skip-jump") for name in result.curve.main.by)
    zero = result.zero_gradients
    if zero is not None and (zero > _SUSPICIOUS_SHARE * n or blind > _SUSPICIOUS_SHARE * n):
        shares = {"zero": Quantity(zero / n, "ratio"), "blind": Quantity(blind / n, "ratio")}
        notes.append(msg("robustness.note.gradient-masking", **shares))
    if any(not math.isclose(multiple, 1.0) for multiple in params.curve) and result.opened.affine is None:
        notes.append(msg("robustness.note.curve", size=size_of(result.attacked.budget, params.eps)))
    return notes
