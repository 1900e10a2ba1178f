"""Every fault at every severity on the same samples: which of them the model still gets right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import Measured, Subject, UnsupportedInputError, msg
from aigov_checks.model.boxed.setting import HERE, Setting
from aigov_checks.model.faults.channels import Layout, channels_of, layout_of
from aigov_checks.model.faults.fault import Channels, Fault
from aigov_checks.model.faults.images import IMAGE_FAULTS
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.faults.measure import Outcome, Run, measured
from aigov_checks.model.faults.signals import SIGNAL_FAULTS
from aigov_checks.model.faults.tables import TABLE_FAULTS
from aigov_checks.model.faults.values import right, tolerated
from aigov_checks.model.robustness.detector import anomaly_labels, is_detector
from aigov_checks.model.robustness.opening import open_model
from aigov_checks.model.robustness.predictor import Answer, Array, Opened, classes_of
from aigov_checks.model.robustness.regression.tolerance import references
from aigov_checks.model.robustness.samples import Drawn, check_order, class_numbers, draw, shaped, sized

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aigov import Model
    from aigov_checks.model.faults.params import FaultParams

FAULTS: dict[Kind, tuple[Fault, ...]] = {
    Kind.SIGNAL: SIGNAL_FAULTS,
    Kind.TABLE: TABLE_FAULTS,
    Kind.IMAGE: IMAGE_FAULTS,
}
_FEW = 8
"""Samples of the first call, which is timed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """A model with the samples that it is asked about."""

    opened: Opened
    layout: Layout
    channels: Channels
    batch: int

    def predict(self, x: Array) -> Array:
        """Return the class, or the predicted value, of samples as the data set has them."""
        predictor = self.opened.predictor
        ready = shaped(x, self.opened).astype(predictor.dtype)
        parts = [predictor.scores(ready[at : at + self.batch]) for at in range(0, len(ready), self.batch)]
        scores = np.concatenate(parts)
        return scores[:, 0].astype(np.float64) if predictor.answer is Answer.VALUES else classes_of(scores)

    def faulty(self, x: Array, fault: Fault, severity: int, seed: Sequence[int]) -> Array:
        """Return samples with a fault; the same seed gives the same samples."""
        random = np.random.default_rng(seed)
        return self.layout.gathered(fault.inflict(self.layout.spread(x), severity, self.channels, random))


def run(subject: Subject, params: FaultParams, setting: Setting = HERE) -> Measured:
    """Return the accuracy of a model under every fault.

    Raises:
        MissingInputError: no model, no data set, or no labels.
        UnsupportedInputError: a format, a shape, labels or declarations that do not fit, an unknown fault.
        MissingExtraError: a runtime that the model needs is not installed.
    """
    model, dataset = subject.model(params.model), subject.dataset(params.dataset)
    drawn = draw(dataset, params)
    if is_detector(model):
        drawn = replace(drawn, y=anomaly_labels(drawn.y))
    tolerance = tolerated(model, params)
    model = sized(model, drawn.y) if tolerance is None else model
    layout = layout_of(model, drawn.x.shape[1:], params.kind)
    channels = channels_of(model, dataset.features, drawn.everything, layout)
    chosen = chosen_faults(layout.kind, len(channels.mean), params.faults)
    severities = sorted({int(severity) for severity in params.severities})
    open_with, calls = partial(open_model, model, setting=setting), len(chosen) * len(severities)
    bench, drawn = _opened(open_with, drawn, layout, channels, calls, params)
    check_order(dataset.features, bench.opened)
    y = _expected(bench, drawn, model) if tolerance is None else references(drawn.y)
    clean = bench.predict(drawn.x)
    runs = []
    for fault in chosen:
        for severity in severities:
            seed = (params.seed, *fault.name.encode(), severity)
            predicted = bench.predict(bench.faulty(drawn.x, fault, severity, seed))
            runs.append(Run(fault.name, severity, right(predicted, y, tolerance), seed, predicted))
    outcome = Outcome(model, clean, y, tuple(runs), layout.kind, bench.opened, tolerance)
    secret = not params.evidence or dataset.purpose == "train"
    return measured(outcome, params, lambda worst: None if secret else _shown(bench, drawn, worst, chosen))


def chosen_faults(kind: Kind, channels: int, names: tuple[str, ...]) -> tuple[Fault, ...]:
    """Return the faults to try.

    Raises:
        UnsupportedInputError: a name that no fault of the kind has.
    """
    known = {fault.name: fault for fault in FAULTS[kind]}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UnsupportedInputError(msg("faults.unknown", names=tuple(unknown), known=tuple(known)))
    return tuple(f for f in FAULTS[kind] if f.channels <= channels and (not names or f.name in names))


def _opened(  # noqa: PLR0913, PLR0917  # all that decides what the model is asked
    open_with: Callable[[Array], Opened],
    drawn: Drawn,
    layout: Layout,
    channels: Channels,
    runs: int,
    params: FaultParams,
) -> tuple[_Bench, Drawn]:
    """Return the model, and the samples that it can be asked about so many times within the limit."""
    few = drawn.x[:_FEW]
    opened = open_with(few)
    bench = _Bench(opened, layout, channels, max(_FEW, params.batch_values // max(1, drawn.x[0].size)))
    seconds = params.seconds
    for _ in range(2):  # what happens once only, at a first call, is no cost of a call
        started = perf_counter()
        bench.predict(few)
        seconds = min(seconds, perf_counter() - started)
    most = int(_FEW * params.seconds / max(seconds * (runs + 2), 1e-9))
    if most < _FEW:
        raise UnsupportedInputError(msg("faults.too-slow", calls=runs + 2, seconds=params.seconds))
    if most < len(drawn.x):
        rows = np.linspace(0, len(drawn.x) - 1, most).astype(np.int64)
        drawn = drawn.take(rows)
    if opened.from_samples and len(drawn.x) > _FEW:
        bench = replace(bench, opened=open_with(drawn.x))
    return bench, drawn


def _expected(bench: _Bench, drawn: Drawn, model: Model) -> Array:
    """Return the labels as numbers of the model's outputs."""
    predictor = bench.opened.predictor
    ready = shaped(drawn.x[:1], bench.opened).astype(predictor.dtype)
    return class_numbers(drawn.y, model, predictor.labels, int(predictor.scores(ready).shape[1]))


def _shown(bench: _Bench, drawn: Drawn, worst: Run, chosen: Sequence[Fault]) -> tuple[Array, Array, int] | None:
    """Return a sample that a fault made the model get wrong, before and after, as (channels, ...), and its row."""
    rows = np.flatnonzero(~worst.correct)
    if not len(rows):
        return None
    fault = next(fault for fault in chosen if fault.name == worst.fault)
    after = bench.layout.spread(bench.faulty(drawn.x, fault, worst.severity, worst.seed))
    row = int(rows[0])
    return bench.layout.spread(drawn.x)[row], after[row], int(drawn.rows[row])
