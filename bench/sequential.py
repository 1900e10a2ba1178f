"""What the sequential mode of `model.robustness` saves, and how often it is wrong, beside a repeated ordinary interval.

    python bench/sequential.py [--bound 0.6] [--runs 4000]

No model is attacked: whether a sample stands is drawn, with a known share. The looks and the decision are those of the
check. The error of the repeated interval is the chance that it excludes the truth at one look or more.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from aigov import clopper_pearson
from aigov_checks.model.robustness.anytime import anytime
from aigov_checks.model.robustness.sequential import Decision, Gate, parts

if TYPE_CHECKING:
    from collections.abc import Callable

    Ends = Callable[[int, int, float], tuple[float, float]]

MOST, CONFIDENCE = 2000, 0.95
SHARES = (0.30, 0.50, 0.55, 0.65, 0.70, 0.80, 0.90, 0.95)
LOOKS = tuple(end for _, end in parts(MOST))


def edges(gate: Gate) -> dict[int, tuple[int, int]]:
    """Return for each look how many standing samples are too few for the bound, and how many are enough."""
    found = {}
    for n in LOOKS:
        decided = [gate.decide(k, k, n) for k in range(n + 1)]
        found[n] = decided.count(Decision.BELOW), n + 1 - decided.count(Decision.ABOVE)
    return found


def measured(share: float, limits: dict[int, tuple[int, int]], random: np.random.Generator) -> tuple[int, Decision]:
    """Return the samples used by one measurement, and what it decided."""
    stands = np.cumsum(random.random(MOST) < share)
    for n in LOOKS:
        few, enough = limits[n]
        if stands[n - 1] < few:
            return n, Decision.BELOW
        if stands[n - 1] >= enough:
            return n, Decision.ABOVE
    return MOST, Decision.OPEN


def missed(share: float, looks: tuple[int, ...], ends: Ends) -> float:
    """Return the exact probability that an interval excludes the truth at one of the looks."""
    alive, gone = np.ones(1), 0.0
    for n in range(1, max(looks) + 1):
        alive = np.append(alive * (1 - share), 0) + np.append(0, alive * share)
        if n in looks:
            outside = [not low <= share <= high for low, high in (ends(k, n, CONFIDENCE) for k in range(n + 1))]
            gone += alive[outside].sum()
            alive[outside] = 0
    return gone


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bound", type=float, default=0.6)
    parser.add_argument("--runs", type=int, default=4000)
    given = parser.parse_args()
    gate, random = Gate(given.bound, CONFIDENCE), np.random.default_rng(0)
    limits = edges(gate)
    print(f"bound {given.bound}, looks after {', '.join(map(str, LOOKS))} samples, {given.runs} measurements a row\n")
    print(f"{'truth':>6}{'mean samples':>14}{'open':>9}{'wrong':>9}")
    for share in SHARES:
        found = [measured(share, limits, random) for _ in range(given.runs)]
        wrong = Decision.ABOVE if share < given.bound else Decision.BELOW
        counts = [sum(decision is kind for _, decision in found) / given.runs for kind in (Decision.OPEN, wrong)]
        print(f"{share:6.2f}{np.mean([used for used, _ in found]):14.0f}{counts[0]:9.2%}{counts[1]:9.2%}")
    print("\nerror of a 95 % interval that is looked at after each of 120 samples, exact")
    print(f"{'truth':>6}{'time-uniform':>14}{'Clopper-Pearson':>17}")
    for share in (0.3, 0.6, 0.9):
        errors = [missed(share, tuple(range(1, 121)), ends) for ends in (anytime, clopper_pearson)]
        print(f"{share:6.2f}{errors[0]:14.2%}{errors[1]:17.2%}")


if __name__ == "__main__":
    main()
