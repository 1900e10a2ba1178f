"""How many samples provably keep their class at each size of the budget: the lower end of the bracket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from aigov import Interval, Measurement, Message, MissingExtraError, msg, need, ratio
from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.model.robustness.anytime import Ratio
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.curve import Curve
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Gradients

_LEAST = 10
"""Samples below which a share of certified ones says nothing, and no proof is tried."""
_CAP = 4
"""The work allowed may be exceeded so many times, where the first sample was an easy one."""


@dataclass(frozen=True, slots=True, eq=False)
class Proved:
    """For which samples a proof was found, and the work that the search took."""

    certified: Array
    """Shape (n,)."""
    work: int
    """Numbers that went through the graph."""


class Prover(Protocol):
    """Whatever finds proofs."""

    def certified(self, balls: Balls, y: Array, work: int) -> Proved:
        """Return for which samples no point of the ball has another class; sound, not complete."""


@dataclass(frozen=True, slots=True)
class Certified:
    """Of `standing` samples out of `n` that no attack broke, `tried` were tried, and `count` of these are certified."""

    count: int
    tried: int
    standing: int
    n: int

    def share(self, confidence: float, of: Ratio = ratio) -> Measurement:
        """Return the certified share of all samples, with the intervals of `of`.

        Where not every standing sample was tried, the product of two shares, each with half of the error allowed.
        """
        if self.tried == self.standing:
            return of(self.count, self.n, confidence)
        each = 1 - (1 - confidence) / 2
        standing, proven = of(self.standing, self.n, each), of(self.count, self.tried, each)
        ends = Interval(standing.low * proven.low, standing.high * proven.high, confidence)
        return Measurement(standing.value * proven.value, "ratio", ends, self.tried)


@dataclass(slots=True)
class Proofs:
    """What was proved at each multiple of the budget, and why not where nothing was tried."""

    found: dict[float, Certified] = field(default_factory=dict)
    reason: Message | None = None
    method: str = "backward linear bounds"

    def share(self, multiple: float, confidence: float, of: Ratio = ratio) -> Measurement:
        """Return the certified share at a multiple; zero, and nothing excluded, where it is not known."""
        known = self.found.get(multiple)
        if known is None:
            return Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=self.reason)
        return known.share(confidence, of)


def exact_proofs(curve: Curve, n: int) -> Proofs:
    """Return what an exact stage proved: whatever stands and is settled."""
    proofs = Proofs(method="exact")
    for multiple, standing in curve.standing.items():
        settled = standing - curve.undecided[multiple]
        proofs.found[multiple] = Certified(settled, standing, standing, n)
    return proofs


def searched_proofs(
    attacked: Attacked, curve: Curve, correct: Array, twin: Gradients | None, params: RobustnessParams
) -> Proofs:
    """Return what linear bounds prove about a translated network, from the largest size to the smallest."""
    if not params.proofs:
        return Proofs(reason=msg("robustness.proofs.off"))
    if twin is None:
        return Proofs(reason=msg("robustness.proofs.no-network"))
    certifier = _certifier(twin, attacked.x[:1])
    if isinstance(certifier, Message):
        return Proofs(reason=msg("robustness.proofs.uncertifiable", reason=certifier))
    certifier = _apart(attacked, certifier)
    proofs = Proofs()
    order = np.random.default_rng((attacked.seed, len(correct))).permutation(correct)
    proven: set[int] = set()
    for multiple in sorted(curve.standing, reverse=True):
        broken = set(curve.broken[multiple].tolist())
        standing = [row for row in order.tolist() if row not in broken]
        if standing and not _countable(attacked, standing[0], multiple):
            proofs.reason = msg("robustness.proofs.l0")
            continue
        tried = standing[: params.proofs]
        search = _Search(attacked, certifier, multiple, int(params.proof_work))
        held = search.run(tried, proven)
        if held is None:
            proofs.reason = msg("robustness.proofs.work", work=params.proof_work)
            continue
        rows, certified = held
        proven |= certified
        proofs.found[multiple] = Certified(len(certified), len(rows), len(standing), len(attacked.x))
    return proofs


def _apart(attacked: Attacked, certifier: Prover) -> Prover:
    """Return the prover that takes sets apart which are no box or ellipsoid."""
    if attacked.budget.kinds is None:
        return certifier
    from aigov_checks.model.robustness.proof_boxes import OverFew  # uses this module
    from aigov_checks.model.robustness.proof_choices import OverChoices  # uses this module

    return OverFew(certifier) if attacked.budget.norm == "l0" else OverChoices(certifier)


def _countable(attacked: Attacked, row: int, multiple: float) -> bool:
    """Return whether the choices of features of a sample are few enough to be proved one by one."""
    if attacked.budget.norm != "l0":
        return True
    from aigov_checks.model.robustness.proof_boxes import choices  # uses this module

    return choices(attacked.balls(np.array([row]), multiple), 0) is not None


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    attacked: Attacked
    certifier: Prover
    multiple: float
    work: int

    def run(self, rows: list[int], proven: set[int]) -> tuple[list[int], set[int]] | None:
        """Return which rows were tried and which of them are certified, or None where too few can be afforded.

        What was proved at a larger size holds at this one. How many rows are tried depends on the work that the
        first one takes and on nothing else, so that what is hard is not left out.
        """
        fresh = [row for row in rows if row not in proven]
        if not fresh:
            return rows, set(rows)
        first, work = self._certified(fresh[:1], self.work)
        affordable = self.work // max(1, work)
        if affordable < min(_LEAST, len(fresh)):
            return None
        rows = rows[: max(_LEAST, affordable)]
        later = [row for row in fresh[1:] if row in set(rows)]
        found = first | self._certified(later, self.work * _CAP)[0]
        return rows, (found | proven) & set(rows)

    def _certified(self, rows: list[int], work: int) -> tuple[set[int], int]:
        if not rows:
            return set(), 0
        places = np.array(rows)
        balls = self.attacked.balls(places, self.multiple)
        proved = self.certifier.certified(balls, self.attacked.y[places], work)
        return set(places[proved.certified].tolist()), proved.work


def _certifier(twin: Gradients, sample: Array) -> Prover | Message:
    try:
        need("torch", "torch")
    except MissingExtraError as missing:
        return missing.message
    from aigov_checks.model.robustness.certify import UncertifiableError, certifier_of  # needs torch, an extra
    from aigov_checks.model.robustness.twin import OnnxTwin

    if not isinstance(twin, OnnxTwin):
        return msg("robustness.proofs.no-graph")
    try:
        return certifier_of(twin.on("cpu"), sample)
    except UncertifiableError as error:
        return error.message
