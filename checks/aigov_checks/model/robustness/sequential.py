"""Attacks on a growing part of the samples, until the bound of a policy is decided.

The samples are in an order drawn by seed. After each part the time-uniform interval of the share that stands is
compared with the bound; who looks at such an interval as often as he likes errs no more often than stated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from aigov import FrozenMap, Measurement, Message, Quantity, count, msg
from aigov_checks.model.robustness.anytime import anytime, enough
from aigov_checks.model.robustness.cascade import Attacked, Broken, attack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov_checks.model.robustness.cascade import Stage
    from aigov_checks.model.robustness.pace import Pace
    from aigov_checks.model.robustness.predictor import Array
    from aigov_checks.model.robustness.samples import Drawn

FIRST = 16
"""Samples of the first part; each later one is half as large as all before it together."""


class Decision(StrEnum):
    """Where the share lies, at the stated error."""

    ABOVE = "above"
    """At the bound or above it."""
    BELOW = "below"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound on the robust accuracy, and how often it may be decided wrongly."""

    bound: float
    confidence: float
    weak: bool = False
    """Whether the attack is weaker than it can be, so that what stands proves nothing."""
    most: int | None = None
    """Samples that can be attacked in time; None for all of them."""

    @property
    def error(self) -> float:
        """Probability at most of a wrong decision, without the rounding of a difference."""
        return round(1 - self.confidence, 12)

    def of(self, n: int) -> int:
        """Return how many of n samples can be attacked."""
        return n if self.most is None else min(n, self.most)

    def decide(self, standing: int, settled: int, n: int) -> Decision:
        """Return what is known when of n samples `standing` are unbroken and `settled` of these are sure to be so."""
        if anytime(standing, n, self.confidence)[1] < self.bound:
            return Decision.BELOW
        if not self.weak and anytime(settled, n, self.confidence)[0] >= self.bound:
            return Decision.ABOVE
        return Decision.OPEN


@dataclass(frozen=True, slots=True, eq=False)
class Stopped:
    """How a measurement in parts ended."""

    gate: Gate
    decision: Decision
    used: int
    drawn: int
    looks: int
    cut: bool = False
    """Whether samples of the last part still stood when the bound was decided, and met no dearer stage."""

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Samples that were attacked, and samples that need not be."""
        return {"samples_used": count(self.used), "samples_saved": count(self.saved)}

    @property
    def saved(self) -> int:
        """Samples that need not be attacked; where nothing was decided, none was saved."""
        return 0 if self.decision is Decision.OPEN else self.drawn - self.used

    @property
    def facts(self) -> FrozenMap[str, str | int | float]:
        """How the measurement went on."""
        return FrozenMap(
            {
                "sequential.bound": self.gate.bound,
                "sequential.decision": self.decision.value,
                "sequential.error": self.gate.error,
                "sequential.looks": self.looks,
            }
        )

    @property
    def note(self) -> Message:
        """What the reader must know."""
        sizes = {"used": self.used, "drawn": self.drawn, "saved": self.saved}
        limits = {"bound": Quantity(self.gate.bound, "ratio"), "error": Quantity(self.gate.error, "ratio")}
        return Message(f"robustness.note.sequential.{self.decision.value}", FrozenMap({**sizes, **limits}))

    def of(self, attacked: Attacked) -> Attacked:
        """Return the samples that were attacked."""
        return replace(attacked, x=attacked.x[: self.used], y=attacked.y[: self.used])

    def limits(self, share: float) -> Message | None:
        """Return why the interval of the share is wide, None where the bound was decided."""
        if self.decision is not Decision.OPEN:
            return None
        needed = enough(share, self.gate.bound, self.gate.confidence)
        if needed is None:
            return msg("robustness.limits.sequential-close", n=self.used)
        return msg("robustness.limits.sequential", n=self.used, enough=max(needed, self.used + 1))


def shuffled(drawn: Drawn, seed: int) -> Drawn:
    """Return the samples in an order drawn by seed, so that every part of them is a random one."""
    return drawn.take(np.random.default_rng((seed, len(drawn.x))).permutation(len(drawn.x)))


def parts(n: int) -> Iterator[tuple[int, int]]:
    """Return start and end of each part of n samples."""
    start = 0
    while start < n:
        end = min(n, start + max(FIRST, start // 2))
        yield start, end
        start = end


def part_of(attacked: Attacked, start: int, end: int) -> Attacked:
    """Return some of the samples, with a seed of their own."""
    seed = _seed(attacked.seed, start)
    return replace(attacked, x=attacked.x[start:end], y=attacked.y[start:end], seed=seed)


def gate_of(pace: Pace, weaker: Message | None) -> Gate:
    """Return the bound of the parameters, and how long there is to decide it."""
    return Gate(pace.params.bound, pace.params.confidence, weaker is not None, pace.most)


def attack_in_parts(
    attacked: Attacked, right: Array, stages: tuple[Sequence[Stage], Sequence[Stage]], gate: Gate
) -> tuple[Broken, Stopped]:
    """Attack part after part at the budget itself until the bound is decided, and return what broke and why it ended.

    `right` tells which samples are classified as labelled, shape (n,). The first of the `stages` run on every part;
    where these decide that the share is below the bound, what the dearer ones might break changes nothing.
    """
    found, looks, end = Broken([]), 0, 0
    decision, cut, quick, dear = Decision.OPEN, False, *stages
    for start, end in parts(gate.of(len(attacked.x))):
        part, looks = part_of(attacked, start, end), looks + 1
        rows = np.flatnonzero(right[start:end])
        broken = attack(part, quick, rows, 1.0)
        if dear:
            left = np.setdiff1d(rows, [*broken.points, *broken.proven])
            sofar = int(right[:end].sum()) - len(found.points) - len(broken.points)
            cut = bool(len(left)) and gate.decide(sofar, 0, end) is Decision.BELOW
            if not cut:
                again = replace(part, seed=_seed(part.seed, 1))
                _join(broken, attack(again, dear, left, 1.0), 0)
        _append(found, broken, start)
        standing = int(right[:end].sum()) - len(found.points)
        settled = standing - len(found.unsettled(np.flatnonzero(right[:end])))
        decision = gate.decide(standing, settled, end)
        if decision is not Decision.OPEN:
            break
    return found, Stopped(gate, decision, end, len(attacked.x), looks, cut)


def _seed(*values: int) -> int:
    return int(np.random.SeedSequence(values).generate_state(1)[0])


def _append(found: Broken, part: Broken, start: int) -> None:
    found.by.extend([""] * len(part.by))
    _join(found, part, start)


def _join(found: Broken, part: Broken, start: int) -> None:
    for row, name in enumerate(part.by):
        if name:
            found.by[start + row] = name
    found.points.update({start + row: point for row, point in part.points.items()})
    found.proven.update(start + row for row in part.proven)
    found.exact |= part.exact
