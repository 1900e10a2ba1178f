"""How well a number tells members from non-members: area under the curve, and true positives at few false ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from aigov import Interval, Measurement, clopper_pearson, msg, ratio
from aigov_checks.model.robustness.predictor import Array

_HALVINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """One number a sample, higher for likelier members: shape (members,) and (non-members,)."""

    members: Array
    others: Array


def area(ranked: Ranked, confidence: float) -> Measurement:
    """Return the area under the ROC curve: the chance that a member ranks above a non-member, ties counting half.

    The interval is Newcombe's method 5 (Statistics in Medicine 25 (2006), 559-573), which keeps a width at 0 and 1.
    """
    m, n = len(ranked.members), len(ranked.others)
    ordered = np.sort(ranked.others)
    below = np.searchsorted(ordered, ranked.members, side="left")
    upto = np.searchsorted(ordered, ranked.members, side="right")
    value = float((below + upto).sum() / (2 * m * n))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    low, high = _end(value, 0.0, (m, n), z), _end(value, 1.0, (m, n), z)
    return Measurement(value, "ratio", Interval(low, high, confidence), m + n)


def _end(value: float, towards: float, sizes: tuple[int, int], z: float) -> float:
    """Return the area furthest towards one side that is still within z standard errors, by bisection."""
    inside, outside = value, towards
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if abs(middle - value) <= z * math.sqrt(_variance(middle, *sizes)):
            inside = middle
        else:
            outside = middle
    return inside


def _variance(area_: float, m: int, n: int) -> float:
    """Return the variance of Hanley and McNeil, with both sizes in it replaced by their mean."""
    more = (m + n) / 2 - 1
    spread = 1 + more * (1 - area_) / (2 - area_) + more * area_ / (1 + area_)
    return area_ * (1 - area_) * spread / (m * n)


def true_positives_at(ranked: Ranked, rate: float, confidence: float) -> Measurement:
    """Return the share of members that rank above all but `rate` of the non-members.

    The interval covers two things that are not known: where the threshold lies whose false positive rate is `rate`
    (order statistics of the non-members), and the share of members beyond it (Clopper-Pearson); each end gets half of
    the error. Too few non-members to place the threshold leave the lower end at 0.
    """
    m, n = len(ranked.members), len(ranked.others)
    descending = -np.sort(-ranked.others)
    each = (1 - confidence) / 4
    cumulative = _binomial(n, rate)
    strict = int((cumulative <= each).sum()) - 1
    loose = int((1 - cumulative > each).sum())
    value = _beyond(ranked.members, descending, int(rate * n)) / m
    halved = 1 - 2 * each
    low = clopper_pearson(_beyond(ranked.members, descending, strict), m, halved)[0] if strict >= 0 else 0.0
    high = clopper_pearson(_beyond(ranked.members, descending, loose), m, halved)[1] if loose < n else 1.0
    limits = None
    if strict < 0:
        wanted = math.ceil(math.log(each) / math.log(1 - rate))
        limits = msg("membership.limits.few", others=n, wanted=wanted)
    return Measurement(value, "ratio", Interval(min(low, value), max(high, value), confidence), m, limits)


def _beyond(members: Array, descending: Array, rank: int) -> int:
    """Return how many members lie strictly above the non-member of a rank, 0 for the highest."""
    return int((members > descending[min(rank, len(descending) - 1)]).sum())


def _binomial(n: int, p: float) -> Array:
    """Return P(at most j of n) for j = 0..n."""
    j = np.arange(n + 1)
    factorials = np.cumsum(np.log(np.maximum(j, 1)))
    logs = factorials[n] - factorials - factorials[::-1] + j * math.log(p) + (n - j) * math.log1p(-p)
    cumulative: Array = np.minimum(np.cumsum(np.exp(logs)), 1.0)
    return cumulative


def advantage(ranked: Ranked, seed: int, confidence: float) -> Measurement:
    """Return true less false positive rate at one threshold for all samples.

    The threshold is Youden's, chosen on a random half of both; both rates are measured on the other half, each with
    half of the error. Source: Yeom et al., CSF 2018 (arXiv 1709.01604), definition 4.
    """
    rng = np.random.default_rng(seed)
    members, others = rng.permutation(ranked.members), rng.permutation(ranked.others)
    m, n = len(members) // 2, len(others) // 2
    threshold = _youden(members[:m], others[:n])
    each = 1 - (1 - confidence) / 2
    hits = ratio(int((members[m:] >= threshold).sum()), len(members) - m, each)
    alarms = ratio(int((others[n:] >= threshold).sum()), len(others) - n, each)
    interval = Interval(hits.low - alarms.high, hits.high - alarms.low, confidence)
    return Measurement(hits.value - alarms.value, "number", interval, len(members) - m + len(others) - n)


def _youden(members: Array, others: Array) -> float:
    candidates = np.unique(np.concatenate([members, others]))
    hits = len(members) - np.searchsorted(np.sort(members), candidates, side="left")
    alarms = len(others) - np.searchsorted(np.sort(others), candidates, side="left")
    gain = hits / max(1, len(members)) - alarms / max(1, len(others))
    return float(candidates[int(gain.argmax())])
