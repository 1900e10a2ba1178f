"""Exact binomial intervals, and how many samples would settle a bound."""

from __future__ import annotations

import math

from aigov.model import Interval, Measurement

CONFIDENCE = 0.95
_LARGEST_SAMPLE = 10_000_000


def ratio(successes: int, n: int, confidence: float = CONFIDENCE) -> Measurement:
    """Return `successes / n` with its two-sided Clopper-Pearson interval.

    With n = 0 the value is NaN over [0, 1], which can never pass a bound.

    Raises:
        ValueError: `successes` is not within 0..n, or `confidence` not within (0, 1).

    Source: Clopper and Pearson, Biometrika 26 (1934), 404-413.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must be within 0..n, got {successes} of {n}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be within (0, 1), got {confidence}")
    if n == 0:
        return Measurement(math.nan, "ratio", Interval(0.0, 1.0, confidence), 0)
    low, high = clopper_pearson(successes, n, confidence)
    return Measurement(successes / n, "ratio", Interval(low, high, confidence), n)


def count(value: int) -> Measurement:
    """Return an exact count."""
    return Measurement(float(value), "count")


def flag(value: bool) -> Measurement:  # noqa: FBT001  # it measures a truth value
    """Return an exact truth value: 1 for true, 0 for false."""
    return Measurement(float(value), "boolean")


def clopper_pearson(successes: float, n: int, confidence: float) -> tuple[float, float]:
    """Return both ends of the exact binomial interval, each in [0, 1]; expected successes need not be whole."""
    tail = (1 - confidence) / 2
    low = 0.0 if successes <= 0 else _beta_quantile(tail, successes, n - successes + 1)
    high = 1.0 if successes >= n else _beta_quantile(1 - tail, successes + 1, n - successes)
    return low, high


def samples_to_settle(share: float, bound: float, confidence: float = CONFIDENCE) -> int | None:
    """Return the smallest sample, to two digits, whose interval around `share` excludes `bound`; None beyond 10^7."""
    if share == bound or not 0 <= share <= 1:
        return None
    n = 10
    while n <= _LARGEST_SAMPLE:
        low, high = clopper_pearson(share * n, n, confidence)
        if bound < low or bound > high:
            return _two_digits(_first_settled(share, bound, n // 2, n, confidence))
        n *= 2
    return None


def _first_settled(share: float, bound: float, undecided: int, decided: int, confidence: float) -> int:
    while decided - undecided > max(1, decided // 100):
        middle = (undecided + decided) // 2
        low, high = clopper_pearson(share * middle, middle, confidence)
        if bound < low or bound > high:
            decided = middle
        else:
            undecided = middle
    return decided


def _two_digits(n: int) -> int:
    step: int = 10 ** max(0, len(str(n)) - 2)
    return math.ceil(n / step) * step


def _beta_quantile(p: float, a: float, b: float) -> float:
    """Return x with I_x(a, b) = p, by bisection to the last bits of a double."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _incomplete_beta(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b); DLMF 8.17.22 continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / a / _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Evaluate 1 + d1/(1 + d2/(1 + ...)) by the modified Lentz algorithm."""
    tiny = 1e-300
    value = c = 1.0
    d = 0.0
    for step in range(1, 100_000):
        m, odd = divmod(step, 2)
        if odd:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or tiny)
        c = 1 + term / c or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-15:  # noqa: PLR2004  # rounding of a double
            break
    return value
