"""Binomial intervals that hold at every number of samples at once, so that one may stop whenever they say enough.

The interval is that of Robbins' mixture martingale: with k of n right so far, p is excluded once the mean of the
likelihoods over a Beta(1/2, 1/2) distribution is 2 / (1 - confidence) times the likelihood of p. For the true p that
ratio is a martingale that starts at 1, and by Ville's inequality it ever reaches c with probability 1/c at most,
whenever one looks and whatever makes one stop. Each end errs with half of the error allowed, as with Clopper-Pearson.

Sources: Ville, Etude critique de la notion de collectif, 1939; Robbins, Ann. Math. Stat. 41 (1970), 1397-1409,
section 3; Howard, Ramdas, McAuliffe and Sekhon, Ann. Stat. 49 (2021), 1055-1080, section 3.2 (beta-binomial mixture).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial

from aigov import Interval, Measurement

Ratio = Callable[[int, int, float], Measurement]
"""From successes, samples and confidence to a share with its interval."""

_HALF = 0.5
"""Both parameters of the mixing distribution (Krichevsky and Trofimov, IEEE Trans. Inf. Theory 27 (1981), 199-207)."""
_MOST = 10_000_000
"""Samples beyond which nobody is told to draw more."""


def anytime(successes: float, n: int, confidence: float) -> tuple[float, float]:
    """Return both ends of the time-uniform interval, each in [0, 1]; expected successes need not be whole.

    Raises:
        ValueError: `successes` is not within 0..n, or `confidence` not within (0, 1).
    """
    if not 0 <= successes <= n or not 0 < confidence < 1:
        raise ValueError(f"no share with a confidence: {successes} of {n}, {confidence}")
    if n == 0:
        return 0.0, 1.0
    excess = partial(_excess, successes, n, math.log(2 / (1 - confidence)))
    share = successes / n
    low = 0.0 if successes == 0 else _edge(excess, share, 0.0)
    high = 1.0 if successes == n else _edge(excess, share, 1.0)
    return low, high


def anytime_ratio(successes: int, n: int, confidence: float) -> Measurement:
    """Return `successes / n` with its time-uniform interval; NaN over [0, 1] where n is 0."""
    low, high = anytime(successes, n, confidence)
    return Measurement(successes / n if n else math.nan, "ratio", Interval(low, high, confidence), n)


@cache
def enough(share: float, bound: float, confidence: float) -> int | None:
    """Return how many samples, to two digits, would exclude the bound at this share; None beyond 10^7."""
    n = 10
    while n <= _MOST and not _excluded(share, bound, n, confidence):
        n = n * 9 // 8 + 1
    if n > _MOST:
        return None
    step = int(10 ** max(0, len(str(n)) - 2))
    return math.ceil(n / step) * step


def _excluded(share: float, bound: float, n: int, confidence: float) -> bool:
    return _excess(share * n, n, math.log(2 / (1 - confidence)), bound) > 0


def _excess(successes: float, n: int, limit: float, p: float) -> float:
    """Return by how much the logarithm of the martingale of p exceeds the limit; p is excluded above 0."""
    failures = n - successes
    mixture = math.lgamma(_HALF + successes) + math.lgamma(_HALF + failures) - math.lgamma(1 + n) - math.log(math.pi)
    if (successes > 0 and p <= 0) or (failures > 0 and p >= 1):
        return math.inf
    likelihood = (successes * math.log(p) if successes else 0.0) + (failures * math.log1p(-p) if failures else 0.0)
    return mixture - likelihood - limit


def _edge(excess: Callable[[float], float], inside: float, outside: float) -> float:
    """Return the last p towards `outside`, which is excluded, that is not known to be so; by bisection."""
    while True:
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            return outside
        inside, outside = (inside, middle) if excess(middle) > 0 else (middle, outside)
