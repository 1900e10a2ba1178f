"""From the extremes of predicted values to measurements, facts and notes."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import FrozenMap, Interval, Measured, Measurement, Message, Quantity, count, flag, msg, ratio
from aigov_checks.model.robustness.budget import kinds_facts, size_of
from aigov_checks.model.robustness.proofs import Certified
from aigov_checks.model.robustness.regression.errors import mae, r2, rmse, within
from aigov_checks.model.robustness.regression.figure import band
from aigov_checks.model.robustness.regression.tolerance import unit_of
from aigov_checks.model.robustness.weaker import weaker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.regression.extremes import Extremes
    from aigov_checks.model.robustness.regression.found import Found
from aigov_checks.model.robustness.regression.kept import value_examples

_SUSPICIOUS_SHARE = 0.05
"""As for classes: flat gradients, or samples broken only without them, beyond which masking is reported."""


def measured_values(found: Found, params: RobustnessParams) -> Measured:
    """Return the observation."""
    (predicted, y), n = found.drawn, len(found.drawn[0])
    fine = np.flatnonzero(np.isfinite(predicted))
    correct = within(predicted, y, found.tolerance)
    values = {
        "clean_accuracy": ratio(int(correct.sum()), n, params.confidence),
        **_at(found, 1.0, "", params),
        "majority_share": ratio(Tally(predicted.tolist()).most_common(1)[0][1], n, params.confidence),
        "zero_gradient_share": _unless_unknown(found, found.flat, lambda flat: ratio(flat, n, params.confidence)),
        "search_only_share": _unless_unknown(
            found, _blind(found), lambda blind: found.ratio(blind, found.n, params.confidence)
        ),
        "undecided": count(_undecided(found, 1.0)),
        "nonfinite_outputs": count(n - len(fine)),
        "deterministic": flag(found.deterministic),
        "samples": count(n),
        "queries": count(found.attacked.model.queries),
        **({} if found.stopped is None else found.stopped.measurements),
    }
    if len(fine):
        how = (predicted[fine], y[fine], params.confidence, params.seed)
        errors = {"rmse": rmse(*how), "mae": mae(*how), "r2": r2(*how)}
        values |= {name: error for name, error in errors.items() if error is not None}
    if params.curve:
        nothing = f"[{_point(found, 0.0, params)}]"
        unmoved = found.ratio(int(correct[: found.n].sum()), found.n, params.confidence)
        values |= {f"{name}{nothing}": unmoved for name in ("robust_accuracy", "certified_accuracy")}
        resting = np.abs(predicted - y)[: found.n]
        if np.isfinite(resting).any():
            furthest = float(resting[np.isfinite(resting)].max())
            values[f"worst_error{nothing}"] = Measurement(furthest, "number", n=found.n)
    for multiple in params.curve:
        values |= _at(found, multiple, f"[{_point(found, multiple, params)}]", params)
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(_facts(found, params)),
        figures=band(found),
        examples=value_examples(found),
        notes=(*found.notes, *_notes(found, values, params)),
    )


def _at(found: Found, multiple: float, suffix: str, params: RobustnessParams) -> dict[str, Measurement]:
    extremes, n = found.sizes[multiple], found.n
    moved = n - int((found.rests(extremes.found) & ~extremes.broken).sum())
    resting = int(found.rests(extremes.proved).sum())
    share = found.ratio(moved, n, params.confidence)
    high = found.ratio(n - resting, n, params.confidence).high
    widened = replace(share, interval=Interval(share.low, high, params.confidence))
    if n - resting > moved:
        widened = replace(widened, limits=msg("robustness.limits.unproved", count=n - resting - moved))
    return {
        f"robust_accuracy{suffix}": _robust(found, multiple, params.confidence),
        f"certified_accuracy{suffix}": _certified(found, multiple, params.confidence),
        f"moved_share{suffix}": widened,
        f"worst_error{suffix}": _worst(found, extremes),
    }


def _robust(found: Found, multiple: float, confidence: float) -> Measurement:
    standing, undecided = int(found.stands(multiple).sum()), _undecided(found, multiple)
    share = found.ratio(standing, found.n, confidence)
    reason = weaker(found.slow, found.no_gradients)
    if reason is not None:
        return replace(share, interval=Interval(0.0, share.high, confidence), limits=reason)
    if not undecided:
        return replace(share, limits=None if found.stopped is None else found.stopped.limits(share.value))
    low = found.ratio(standing - undecided, found.n, confidence).low
    limits = msg("robustness.limits.undecided", count=undecided)
    return replace(share, interval=Interval(low, share.high, confidence), limits=limits)


def _undecided(found: Found, multiple: float) -> int:
    """Return how many standing samples an exact search left open."""
    if not found.bounds.exact:
        return 0
    return int((found.stands(multiple) & ~found.holds(found.sizes[multiple].proved)).sum())


def _certified(found: Found, multiple: float, confidence: float) -> Measurement:
    stands, proved = found.stands(multiple), found.holds(found.sizes[multiple].proved)
    if found.bounds.exact:
        return found.ratio(int((stands & proved).sum()), found.n, confidence)
    tried = [row for row in np.flatnonzero(stands).tolist() if row in found.bounds.tried.get(multiple, ())]
    if not tried:
        return Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=found.bounds.reason)
    certified = int(proved[tried].sum())
    return Certified(certified, len(tried), int(stands.sum()), found.n).share(confidence, found.ratio)


def _worst(found: Found, extremes: Extremes) -> Measurement:
    """Return the largest error reached on these samples; its interval ends where none larger is possible on them."""
    y = found.attacked.y[:, None]
    reached = np.abs(extremes.found - y).max(axis=1)
    fine = np.isfinite(reached)
    value = float(reached[fine].max()) if fine.any() else float("nan")
    broken = int(extremes.broken.sum())
    with np.errstate(invalid="ignore"):
        most = float(np.abs(extremes.proved - y).max()) if not broken else float("inf")
    limits = msg("robustness.note.not-finite", count=broken) if broken else None
    if limits is None and np.isinf(most):
        limits = found.bounds.reason or msg("robustness.limits.unproved", count=int(np.isinf(extremes.ceiling).sum()))
    return Measurement(value, "number", Interval(value, max(value, most)), found.n, limits)


def _unless_unknown(found: Found, number: int | None, share: Callable[[int], Measurement]) -> Measurement:
    if number is not None:
        return share(number)
    return Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=found.no_gradients)


def _blind(found: Found) -> int | None:
    """Return how many samples only a search without gradients pushed out of the tolerance; None if unknown."""
    if found.bounds.exact:
        return 0
    if found.unaided is None:
        return None
    return int((found.holds(found.unaided) & ~found.stands(1.0)).sum())


def _point(found: Found, multiple: float, params: RobustnessParams) -> str:
    """Return the argument that names a point of the curve: its size, or the multiple where sizes differ."""
    if params.budget == "sensor-accuracy":
        size = found.attacked.budget.size
        return f"budget={multiple:g}" if size is None else f"eps={size * multiple:.6g}"
    return f"eps={params.eps * multiple:.6g}"


def _facts(found: Found, params: RobustnessParams) -> dict[str, str | int | float | bool]:
    method = found.searches[0].name.removeprefix("exact-") if found.bounds.exact and found.searches else ""
    facts: dict[str, str | int | float | bool] = {
        "budget": params.budget,
        "norm": params.norm,
        "seed": params.seed,
        "runtime": found.opened.predictor.name,
        "exact": True if method == "linear" else method or False,
        "proofs": found.bounds.method,
        "stages": ", ".join(search.name for search in found.searches),
        "gradient_evaluations": sum(int(getattr(search, "gradients", 0)) for search in found.searches),
        "tolerance": found.tolerance,
    }
    size, unit = found.attacked.budget.size, unit_of(found.model) if found.model else ""
    if params.budget != "sensor-accuracy":
        facts["eps"] = params.eps
    elif size is not None:
        facts["eps"] = size
    if found.stopped is not None:
        facts.update(found.stopped.facts)
    if found.attacked.budget.unit:
        facts["unit"] = found.attacked.budget.unit
    facts.update(kinds_facts(found.attacked.budget))
    return {**facts, **({"output_unit": unit} if unit else {}), **found.opened.facts}


def _notes(found: Found, values: Mapping[str, Measurement], params: RobustnessParams) -> list[Message]:
    notes = [] if found.stopped is None else [found.stopped.note]
    predicted, n = found.drawn[0], len(found.drawn[0])
    undefined = n - int(np.isfinite(predicted).sum())
    if undefined:
        notes.append(msg("robustness.note.not-finite", count=undefined))
    if len(set(predicted.tolist())) == 1:
        notes.append(msg("robustness.note.constant-value"))
    elif "r2" in values and values["r2"].value <= 0:
        notes.append(msg("robustness.note.no-better-than-mean"))
    blind, flat = _blind(found), found.flat
    if flat is not None and blind is not None and max(flat / n, blind / found.n) > _SUSPICIOUS_SHARE:
        shares = {"zero": Quantity(flat / n, "ratio"), "blind": Quantity(blind / found.n, "ratio")}
        notes.append(msg("robustness.note.gradient-masking", **shares))
    if found.slow is not None and found.slow not in found.notes:
        notes.append(found.slow)
    if len({*params.curve, 1.0}) > 1 and not found.bounds.exact:
        notes.append(msg("robustness.note.curve", size=size_of(found.attacked.budget, params.eps)))
    return notes
