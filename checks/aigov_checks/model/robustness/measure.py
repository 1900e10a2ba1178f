"""From what the attacks found to measurements, facts, notes and a figure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import Dataset, FrozenMap, Interval, Measured, Measurement, Message, Model, Quantity, count, flag, msg, ratio
from aigov_checks.model.robustness.anytime import Ratio, anytime_ratio
from aigov_checks.model.robustness.budget import kinds_facts, size_of
from aigov_checks.model.robustness.cascade import Attacked, Stage
from aigov_checks.model.robustness.curve import Curve
from aigov_checks.model.robustness.detector import is_detector
from aigov_checks.model.robustness.example import examples
from aigov_checks.model.robustness.kept import Kept
from aigov_checks.model.robustness.predictor import Array, Opened
from aigov_checks.model.robustness.proofs import Proofs
from aigov_checks.model.robustness.rates import rates
from aigov_checks.model.robustness.sequential import Stopped
from aigov_checks.model.robustness.smoothing import Smoothed, smoothed_measurements, smoothed_notes
from aigov_checks.model.robustness.weaker import weaker

if TYPE_CHECKING:
    from aigov_checks.model.robustness.params import RobustnessParams

_SUSPICIOUS_SHARE = 0.05
"""Zero gradients, or samples broken only without gradients, beyond which gradient masking is reported."""

_WITHOUT_GRADIENTS = ("square", "sparse-rs", "art-hop-skip-jump")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Everything that was found out about a model on a data set."""

    attacked: Attacked
    opened: Opened
    curve: Curve
    predicted: Array
    """Class of each attacked sample, shape (n,)."""
    drawn: tuple[Array, Array]
    """Predicted class and label of every sample drawn, of which those attacked are the first."""
    stages: Sequence[Stage]
    zero_gradients: int | None
    no_gradients: Message | None
    proofs: Proofs
    model: Model | None = None
    deterministic: bool = True
    slow: Message | None = None
    """Why the attacks were cut short, where they were."""
    stopped: Stopped | None = None
    """How a measurement in parts ended, where it was one."""
    notes: tuple[Message, ...] = ()
    dataset: Dataset | None = None
    kept: tuple[Kept, ...] = ()
    """Adversarial inputs drawn as evidence."""
    smoothed: Smoothed | Message | None = None
    """What randomised smoothing certifies, why nothing, or None where it was not asked for."""

    @property
    def correct(self) -> int:
        """Number of drawn samples classified as labelled."""
        return int((self.drawn[0] == self.drawn[1]).sum())

    @property
    def ratio(self) -> Ratio:
        """What makes a share of the attacked samples a measurement."""
        return ratio if self.stopped is None else anytime_ratio

    @property
    def cut(self) -> Message | None:
        """Why samples that stand were not attacked by every stage, where a bound was decided before."""
        stopped = self.stopped
        return None if stopped is None or not stopped.cut else msg("robustness.limits.decided-early", n=stopped.used)


def measured(result: Result, params: RobustnessParams) -> Measured:
    """Return the observation."""
    n = len(result.drawn[0])
    common = Counter(result.drawn[0].tolist()).most_common(1)[0][1]
    values: dict[str, Measurement] = {
        "clean_accuracy": ratio(result.correct, n, params.confidence),
        "robust_accuracy": _robust(result, 1.0, params.confidence),
        "certified_accuracy": result.proofs.share(1.0, params.confidence, result.ratio),
        "majority_share": ratio(common, n, params.confidence),
        "zero_gradient_share": _zero_gradient_share(result, n, params.confidence),
        "search_only_share": _search_only_share(result, params.confidence),
        "undecided": count(result.curve.undecided[1.0]),
        "nonfinite_outputs": count(int((result.drawn[0] < 0).sum())),
        "deterministic": flag(result.deterministic),
        "samples": count(n),
        "queries": count(result.attacked.model.queries),
        **({} if result.stopped is None else result.stopped.measurements),
    }
    if params.curve:
        right = int((result.predicted == result.attacked.y).sum())
        for name in ("robust_accuracy", "certified_accuracy"):
            unmoved = result.ratio(right, len(result.predicted), params.confidence)
            values[f"{name}[{_point(result, 0.0, params)}]"] = unmoved
    for multiple in params.curve:
        name = _point(result, multiple, params)
        values[f"robust_accuracy[{name}]"] = _robust(result, multiple, params.confidence)
        values[f"certified_accuracy[{name}]"] = result.proofs.share(multiple, params.confidence, result.ratio)
    if result.model is not None and is_detector(result.model):
        points = {f"[{_point(result, multiple, params)}]": multiple for multiple in params.curve}
        values |= rates(result, points, params.confidence)
    sizes = {f"[l2-{_point(result, multiple, params)}]": multiple for multiple in (0.0, *params.curve)}
    values |= smoothed_measurements(result.smoothed, sizes if params.curve else {}, result.ratio)
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(_facts(result, params)),
        examples=examples(result),
        notes=(*result.notes, *_notes(result, params), *smoothed_notes(result.smoothed, params.norm)),
    )


def _robust(result: Result, multiple: float, confidence: float) -> Measurement:
    """Return the share that stands; what an exact stage left open stands, but the interval reaches down without it."""
    n, standing, undecided = len(result.predicted), result.curve.standing[multiple], result.curve.undecided[multiple]
    found = result.ratio(standing, n, confidence)
    reason = weaker(result.slow, result.no_gradients) or result.cut
    if reason is not None:
        return replace(found, interval=Interval(0.0, found.high, confidence), limits=reason)
    if not undecided:
        return replace(found, limits=None if result.stopped is None else result.stopped.limits(found.value))
    low = result.ratio(standing - undecided, n, confidence).low
    interval = Interval(low, found.high, confidence)
    return replace(found, interval=interval, limits=msg("robustness.limits.undecided", count=undecided))


def _zero_gradient_share(result: Result, n: int, confidence: float) -> Measurement:
    if result.zero_gradients is not None:
        return ratio(result.zero_gradients, n, confidence)
    if result.opened.affine is not None:
        flat = not np.ptp(result.opened.affine.weights, axis=1).any()
        return ratio(n if flat else 0, n, confidence)
    return Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=result.no_gradients)


def _search_only_share(result: Result, confidence: float) -> Measurement:
    """Return the share that searches broke after every gradient stage had failed; unknown without gradients."""
    n = len(result.predicted)
    if result.cut is not None:
        return Measurement(_blind(result) / n, "ratio", Interval(0.0, 1.0), n, result.cut)
    if result.zero_gradients is not None:
        return result.ratio(_blind(result), n, confidence)
    if result.curve.main.exact:
        return result.ratio(0, n, confidence)
    return Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=result.no_gradients)


def _blind(result: Result) -> int:
    return sum(name in _WITHOUT_GRADIENTS for name in result.curve.main.by)


def _point(result: Result, multiple: float, params: RobustnessParams) -> str:
    """Return the argument that names a point of the curve: its size, or the multiple where sizes differ."""
    if params.budget == "sensor-accuracy":
        size = result.attacked.budget.size
        return f"budget={multiple:g}" if size is None else f"eps={size * multiple:.6g}"
    return f"eps={params.eps * multiple:.6g}"


def _exact(result: Result) -> str | bool:
    """Return how the answer is exact: `True` for a closed form that leaves nothing open."""
    if result.opened.affine is not None:
        return True if not result.curve.undecided[1.0] else "bounds"
    return "milp" if result.curve.main.exact else False


def _facts(result: Result, params: RobustnessParams) -> dict[str, str | int | float | bool]:
    facts: dict[str, str | int | float | bool] = {
        "budget": params.budget,
        "norm": params.norm,
        "seed": params.seed,
        "runtime": result.opened.predictor.name,
        "exact": _exact(result),
        "proofs": result.proofs.method if result.proofs.found else "none",
        "stages": ", ".join(stage.name for stage in result.stages),
        "gradient_evaluations": sum(int(getattr(stage, "gradients", 0)) for stage in result.stages),
    }
    if result.curve.main.exact:
        facts["undecided"] = result.curve.undecided[1.0]
    size = result.attacked.budget.size
    if params.budget != "sensor-accuracy":
        facts["eps"] = params.eps
    elif size is not None:
        facts["eps"] = size
    if result.stopped is not None:
        facts.update(result.stopped.facts)
    if isinstance(result.smoothed, Smoothed):
        facts.update(result.smoothed.facts)
    if result.attacked.budget.unit:
        facts["unit"] = result.attacked.budget.unit
    facts.update(kinds_facts(result.attacked.budget))
    broken = Counter(name for name in result.curve.main.by if name)
    facts.update({f"broken_by.{stage.name}": broken[stage.name] for stage in result.stages})
    facts.update(result.opened.facts)
    labels = Counter(result.drawn[1].tolist())
    facts["commonest_label_share"] = labels.most_common(1)[0][1] / len(result.drawn[1])
    return facts


def _notes(result: Result, params: RobustnessParams) -> list[Message]:
    n, attacked = len(result.drawn[0]), len(result.predicted)
    notes = [] if result.stopped is None else [result.stopped.note]
    undefined = int((result.drawn[0] < 0).sum())
    if undefined:
        notes.append(msg("robustness.note.not-finite", count=undefined))
    if len(set(result.drawn[0].tolist())) == 1:
        notes.append(msg("robustness.note.constant"))
    elif result.correct <= Counter(result.drawn[1].tolist()).most_common(1)[0][1]:
        notes.append(msg("robustness.note.no-better-than-majority"))
    blind, broken = _blind(result), len(result.curve.main.points)
    zero = result.zero_gradients
    if zero is not None and (zero > _SUSPICIOUS_SHARE * n or blind > _SUSPICIOUS_SHARE * attacked):
        shares = {"zero": Quantity(zero / n, "ratio"), "blind": Quantity(blind / attacked, "ratio")}
        notes.append(msg("robustness.note.gradient-masking", **shares))
    if zero is not None and 2 * blind > max(broken, 2):
        notes.append(msg("robustness.note.search-beats-gradients", search=blind, gradients=broken - blind))
    if any(not math.isclose(multiple, 1.0) for multiple in params.curve) and not result.curve.main.exact:
        notes.append(msg("robustness.note.curve", size=size_of(result.attacked.budget, params.eps)))
    return notes
