"""The causal test: a candidate is pasted on clean rows of other classes, and so is its control; who flips more?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from aigov import need
from aigov_checks.data.poisoning.trigger import Paste, Trigger
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.data.poisoning.params import PoisoningParams
    from aigov_checks.data.poisoning.rows import Rows


class Judge(Protocol):
    """A model that is asked: the audited one, or a surrogate."""

    @property
    def name(self) -> str:
        """What it is."""

    def predict(self, flat: Array) -> Array:
        """Return the class code of flat rows, -1 where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What one judge says about one candidate."""

    trigger: Trigger
    judge: str
    n: int
    """Rows on which it was pasted."""
    flips: int
    control: int
    probability: float
    """That a pattern without effect of its own flips so many more than its control (exact McNemar test, one-sided)."""
    example: tuple[Array, Array] | None = None
    """A row before and after, flat, that flipped."""

    @property
    def effect(self) -> float:
        """How much more often the trigger flips than the control."""
        return (self.flips - self.control) / self.n if self.n else 0.0


def trial(trigger: Trigger, judge: Judge, rows: Rows, carriers: Array, params: PoisoningParams) -> Trial:
    """Return what a judge says; `carriers` are flat rows of other classes that it answers with their label."""
    if not len(carriers):
        return Trial(trigger, judge.name, 0, 0, 0, 1.0)
    seed = [params.seed, *trigger.family.encode(), trigger.target]
    holds = np.zeros(len(rows), dtype=bool)
    holds[trigger.rows] = True
    donors = np.flatnonzero((rows.y == trigger.target) & ~holds)
    if not len(donors):
        donors = np.flatnonzero(~holds)
    pasted = trigger.paste(Paste(carriers, rows.flat[donors], np.random.default_rng(seed)))
    control = trigger.control(Paste(carriers, rows.flat[donors], np.random.default_rng([*seed, 1])))
    flipped = judge.predict(pasted) == trigger.target
    by_control = judge.predict(control) == trigger.target
    only, reverse = int((flipped & ~by_control).sum()), int((by_control & ~flipped).sum())
    stats = need("scipy.stats", "robustness")
    probability = float(stats.binom.sf(only - 1, only + reverse, 0.5)) if only + reverse else 1.0
    shown = np.flatnonzero(flipped & ~by_control)
    example = (carriers[shown[0]], pasted[shown[0]]) if len(shown) else None
    return Trial(trigger, judge.name, len(carriers), int(flipped.sum()), int(by_control.sum()), probability, example)


def proven(trials: Sequence[Trial], params: PoisoningParams) -> list[Trial]:
    """Return the trials that are backdoors: a large enough effect, and significant over all of them (Holm).

    Source: Holm, Scand. J. Statist. 6 (1979), 65-70.
    """
    found = []
    for rank, one in enumerate(sorted(trials, key=lambda item: item.probability)):
        if one.probability > params.error_rate / (len(trials) - rank):
            break
        if one.effect >= params.least_effect:
            found.append(one)
    return found
