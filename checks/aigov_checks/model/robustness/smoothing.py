"""What randomised smoothing certifies: another model, which takes a vote over noisy copies of its input.

Cohen, Rosenfeld and Kolter, ICML 2019 (arXiv 1902.02918): if the base model answers class A for a share of at least
p > 1/2 of the copies x + N(0, s^2), the vote is A for every input within the L2 distance s * Phi^-1(p) of x (theorem 1
with p_B = 1 - p). Here noise and distance are in units of the budget of each feature, in which the noise is isotropic,
so that a feature that cannot be touched gets none.
"""

from __future__ import annotations

import math
from collections import Counter as Tally
from dataclasses import dataclass
from itertools import islice
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from aigov import FrozenMap, Interval, Measurement, Message, Quantity, clopper_pearson, count, msg
from aigov_checks.model.robustness.cascade import Attacked
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Array, Counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aigov_checks.model.robustness.anytime import Ratio

_LEAST = 10
"""Samples below which a share of certified ones says nothing."""
ABSTAINED = -2
"""Class of a vote without a clear winner; no model predicts it."""


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """What the smoothed model answers for each of n samples, and within which distance of them."""

    classes: Array
    """Class with the most votes, `ABSTAINED` where it is not certain to have more than half of them."""
    radius: Array
    """L2 distance in units of the budget within which the answer provably stays, 0 where it abstains."""
    rows: Array
    """Places of the samples."""
    queries: int


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """A vote on labelled samples, and how it was taken."""

    vote: Vote
    right: Array
    """Which answers are those of the labels."""
    params: RobustnessParams
    dimensions: int
    """Values that may be moved."""

    def share(self, multiple: float, ratio: Ratio) -> Measurement:
        """Return the share of samples that are right within that multiple of the budget.

        Each proof fails with a probability of at most alpha, hence the share of proofs that do not hold is at most
        that on average, by which the interval reaches further down.
        """
        held = int((self.right & (self.vote.radius >= multiple)).sum())
        found = ratio(held, len(self.right), self.params.confidence)
        low = max(0.0, found.low - self.params.smoothing_alpha)
        return Measurement(found.value, "ratio", Interval(low, found.high, self.params.confidence), found.n)

    @property
    def abstained(self) -> int:
        """Samples on which the vote has no clear winner."""
        return int((self.vote.classes == ABSTAINED).sum())

    @property
    def facts(self) -> FrozenMap[str, str | int | float]:
        """How the vote was taken."""
        return FrozenMap(
            {
                "smoothing.sigma": self.params.smoothing,
                "smoothing.samples": self.params.smoothing_samples,
                "smoothing.first": self.params.smoothing_first,
                "smoothing.alpha": self.params.smoothing_alpha,
                "smoothing.norm": "l2",
                "smoothing.dimensions": self.dimensions,
                "smoothing.queries": self.vote.queries,
                "smoothing.median_radius": float(f"{np.median(np.where(self.right, self.vote.radius, 0.0)):.6g}"),
            }
        )


def smoothed(attacked: Attacked, params: RobustnessParams, seconds: float) -> Smoothed | Message:
    """Return what the smoothed model provably gets right, or why there is nothing to say.

    `seconds` is what a call of the model with one sample takes, about; what does not fit into the limit is left out.
    """
    if attacked.budget.norm == "l0":
        return msg("robustness.smoothing.l0")
    copies = params.smoothing_first + params.smoothing_samples
    most = int(params.seconds / max(seconds * copies, 1e-9))
    n = len(attacked.x)
    if most < min(_LEAST, n):
        return msg("robustness.smoothing.too-slow", copies=copies)
    rows = np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
    vote = voted(attacked, rows, params)
    return Smoothed(vote, vote.classes == attacked.y[rows], params, int((attacked.budget.eps > 0).sum()))


def smoothed_measurements(
    found: Smoothed | Message | None, points: Mapping[str, float], ratio: Ratio
) -> dict[str, Measurement]:
    """Return the share certified at the budget and at the points of a curve, each an ending with its multiple."""
    if found is None:
        return {}
    name = "smoothed_certified_accuracy"
    if isinstance(found, Message):
        return {name: Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=found)}
    shares = {f"{name}{ending}": found.share(multiple, ratio) for ending, multiple in {"": 1.0, **points}.items()}
    return {**shares, "smoothed_abstained": count(found.abstained)}


def smoothed_notes(found: Smoothed | Message | None, norm: str) -> list[Message]:
    """Return what must be known of a figure that is of another model, and perhaps of another norm."""
    if found is None or isinstance(found, Message):
        return [] if found is None else [found]
    copies = found.params.smoothing_samples
    size = Quantity(found.params.smoothing, "number")
    notes = [msg("robustness.note.smoothed", copies=copies, sigma=size, samples=len(found.right))]
    if norm != "l2":
        share = Quantity(round(1 / math.sqrt(found.dimensions), 4), "number")
        notes.append(msg("robustness.note.smoothed-l2", dimensions=found.dimensions, share=share))
    return notes


def voted(attacked: Attacked, rows: Array, params: RobustnessParams) -> Vote:
    """Return the answers of the smoothed model (algorithm CERTIFY of the paper).

    The class is guessed from `smoothing_first` copies and certified with `smoothing_samples` fresh ones, so that the
    guess costs no confidence. The lower limit of its share is that of Clopper and Pearson, at 1 - alpha, one-sided.
    """
    model = Counted(attacked.model.inner)  # what is asked here is no query of an attack
    noisy = _Noisy(attacked, model, params.smoothing)
    randoms = [np.random.default_rng((attacked.seed, row, 1)) for row in rows.tolist()]
    guesses = [votes.most_common(1)[0][0] for votes in noisy.votes(rows, params.smoothing_first, randoms)]
    certified = noisy.votes(rows, params.smoothing_samples, randoms)
    classes, radius = np.full(len(rows), ABSTAINED), np.zeros(len(rows))
    for place, (guess, votes) in enumerate(zip(guesses, certified, strict=True)):
        least = clopper_pearson(votes[guess], params.smoothing_samples, 1 - 2 * params.smoothing_alpha)[0]
        if least > 0.5:  # noqa: PLR2004  # more than all other classes together
            classes[place] = guess
            radius[place] = params.smoothing * NormalDist().inv_cdf(least)
    return Vote(classes, radius, rows, model.queries)


@dataclass(frozen=True, slots=True, eq=False)
class _Noisy:
    """The base model: values beyond what the sensors can say saturate, in limits that are the same for every sample."""

    attacked: Attacked
    model: Counted
    sigma: float

    def votes(self, rows: Array, copies: int, randoms: Sequence[np.random.Generator]) -> list[Tally[int]]:
        """Return how often each class is answered for noisy copies of each sample."""
        votes: list[Tally[int]] = [Tally() for _ in rows]
        batch = self.attacked.batch
        pieces = [(place, min(batch, copies - at)) for place in range(len(rows)) for at in range(0, copies, batch)]
        for together in _grouped(pieces, batch):
            made = [self._copies(int(rows[place]), size, randoms[place]) for place, size in together]
            answers = iter(self.model.predict(np.concatenate(made)).tolist())
            for place, size in together:
                votes[place].update(islice(answers, size))
        return votes

    def _copies(self, row: int, size: int, random: np.random.Generator) -> Array:
        budget, centre = self.attacked.budget, self.attacked.x[row].astype(np.float64)
        touchable = budget.eps > 0
        low, high = np.where(touchable, budget.low, -np.inf), np.where(touchable, budget.high, np.inf)
        noise = self.sigma * budget.eps * random.standard_normal((size, *centre.shape))
        copies: Array = np.clip(centre + noise, low, high)
        if budget.kinds is not None:  # whole numbers stay whole: a part of the base model
            copies = np.where(budget.kinds.whole.reshape(centre.shape), np.round(copies), copies)
        return np.asarray(copies.astype(self.attacked.model.inner.dtype))


def _grouped(pieces: Sequence[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    """Yield pieces together as long as their sizes sum to `most`."""
    together: list[tuple[int, int]] = []
    for piece in pieces:
        if together and sum(size for _, size in together) + piece[1] > most:
            yield together
            together = []
        together.append(piece)
    if together:
        yield together
