"""Claims of accuracy, clean and under attack, beside what model.robustness measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import Measured, Measurement, Message, Model, Observation, Quantity, Subject, msg
from aigov_checks.record.claim import Checked, Claim, beyond, compared, unsettled
from aigov_checks.record.fields import Field, named, shown_share
from aigov_checks.record.file_claims import digest_of_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLEAN = frozenset({"clean_accuracy", "accuracy", "top1_accuracy"})
_ROBUST = frozenset({"robust_accuracy"})
_ERRORS = frozenset({"rmse", "mae", "r2"})
"""Of models that predict a value; others have them not, and a claim of them is beyond what is measured."""
_SAME = 1e-6  # relative; two writings of one size of perturbation


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a check of a model measured, and of what; `observation` is None where no policy asked for it."""

    subject: Subject
    observation: Observation | None
    tolerance: float
    """How far outside the measured interval a claim may lie, for rounding."""

    @property
    def outcome(self) -> Measured | None:
        """The measurements, where there are some."""
        found = self.observation.outcome if self.observation else None
        return found if isinstance(found, Measured) else None

    def is_of(self, model: Model) -> bool:
        """Return whether it was this model that was measured."""
        wanted = str(self.observation.parameters.get("model") or "") if self.observation else ""
        return wanted == model.name or (not wanted and model in self.subject.models[:1])

    def is_on(self, said: Field) -> bool:
        """Return whether a data set or split, where the record names one, is that which was measured on."""
        wanted = str(self.observation.parameters.get("dataset") or "test") if self.observation else "test"
        sets = [d for d in self.subject.datasets if wanted in (d.name, d.purpose)][:1]
        return not said.present or said.text in {wanted, *(d.name for d in sets), *(d.purpose for d in sets)}


def claims_figures(entry: Field) -> bool:
    """Return whether the entry declares an accuracy that can be measured again."""
    known = _CLEAN | _ROBUST | _ERRORS
    named_figures = any(item.child("name").text in known for item in entry.child("metrics").items())
    attacks = entry.child("robustness").items()
    return named_figures or any(item.child("clean").present or item.child("robust").present for item in attacks)


def figure_claims(entry: Field, model: Model, rerun: Rerun) -> Iterator[Checked]:
    """Yield what an entry of `models` says in `metrics` and `robustness`."""
    for item in entry.child("metrics").items():
        yield from _metric(item, entry, model, rerun)
        data = item.child("dataset").text or item.child("split").text
        yield from digest_of_dataset(item.child("dataset_hash"), rerun.subject, data)
    for item in entry.child("robustness").items():
        yield from _attack(item, entry, model, rerun)


def _metric(item: Field, entry: Field, model: Model, rerun: Rerun) -> Iterator[Checked]:
    name, value = item.child("name"), item.child("value")
    if not name.present or not value.present:
        return
    words = "record.claim.accuracy" if name.text in _CLEAN else "record.claim.robust" if name.text in _ROBUST else ""
    other = msg("record.claim.metric", model=named(entry), metric=name.shown, value=value.shown)
    error = name.text in _ERRORS and (rerun.outcome is None or name.text in rerun.outcome.measurements)
    if not words and not error:
        yield beyond(Claim(value, other), msg("record.why.other-metric"))
        return
    claim = Claim(value, msg(words, model=named(entry), value=shown_share(value)) if words else other)
    if item.child("slice").present:
        yield beyond(claim, msg("record.why.slice"))
        return
    measurement = str(name.text) if error else "clean_accuracy" if name.text in _CLEAN else "robust_accuracy"
    yield _beside(claim, item, measurement, model, rerun)


def _attack(item: Field, entry: Field, model: Model, rerun: Rerun) -> Iterator[Checked]:
    clean, robust = item.child("clean"), item.child("robust")
    if clean.present:
        claim = Claim(clean, msg("record.claim.accuracy", model=named(entry), value=shown_share(clean)))
        yield _beside(claim, item, "clean_accuracy", model, rerun)
    if robust.present:
        size = item.child("eps").shown
        claim = Claim(robust, msg("record.claim.robust-at", model=named(entry), value=shown_share(robust), eps=size))
        measurement = _at(item, rerun)
        if isinstance(measurement, Message):
            yield beyond(claim, measurement)
        else:
            yield _beside(claim, item, measurement, model, rerun)


def _beside(claim: Claim, item: Field, measurement: str, model: Model, rerun: Rerun) -> Checked:  # 5
    """Compare a declared figure with a measurement of model.robustness."""
    if rerun.outcome is None:
        return unsettled(claim, msg("record.why.not-planned", check="model.robustness"))
    if not rerun.is_of(model):
        return beyond(claim, msg("record.why.other-model", name=model.name))
    if not (rerun.is_on(item.child("dataset")) and rerun.is_on(item.child("split"))):
        return beyond(claim, msg("record.why.other-data"))
    found = rerun.outcome.measurements.get(measurement)
    if found is None or not found.finite:
        return unsettled(claim, msg("record.why.no-measurement", measurement=measurement))
    if claim.field.number is None:
        return unsettled(claim, msg("record.why.unreadable", value=claim.field.shown))
    return _judged(claim, claim.field.number, found, (measurement.startswith("robust"), rerun.tolerance))


def _judged(claim: Claim, said: float, found: Measurement, how: tuple[bool, float]) -> Checked:
    """Return whether a figure lies in the measured interval; what attacks leave standing bounds from above only."""
    robust, tolerance = how
    words = "record.measured.at-most" if robust else "record.measured.share"
    low, high = Quantity(found.low, found.unit), Quantity(found.high, found.unit)
    measured = msg(words, value=found.quantity, low=low, high=high, n=found.n or 0)
    return compared(claim, measured, same=said <= found.high + tolerance and (robust or said >= found.low - tolerance))


def _at(item: Field, rerun: Rerun) -> str | Message:
    """Return the measurement at the declared size of perturbation, or why there is none."""
    if rerun.outcome is None:
        return "robust_accuracy"
    facts, size, norm = rerun.outcome.facts, item.child("eps"), item.child("norm")
    if norm.present and norm.text != facts.get("norm"):
        return msg("record.why.other-norm", norm=str(facts.get("norm", "?")))
    if not size.present:
        return "robust_accuracy"
    measured = facts.get("eps")
    if facts.get("budget") == "std" or not isinstance(measured, int | float) or size.number is None:
        return msg("record.why.other-budget", eps=size.shown)
    if math.isclose(size.number, measured, rel_tol=_SAME):
        return "robust_accuracy"
    return next(
        (n for n in rerun.outcome.measurements if _is_point(n, size.number)),
        msg("record.why.other-budget", eps=size.shown),
    )


def _is_point(name: str, size: float) -> bool:
    """Return whether a measurement is the point of the robustness curve at this size: `robust_accuracy[eps=0.02]`."""
    start, end = "robust_accuracy[eps=", "]"
    if not (name.startswith(start) and name.endswith(end)):
        return False
    try:
        return math.isclose(float(name[len(start) : -len(end)]), size, rel_tol=_SAME)
    except ValueError:
        return False
