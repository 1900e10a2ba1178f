"""What was predicted, what should have been, and how far an attacker can push it, as curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Figure, Trace, msg
from aigov_checks.model.robustness.regression.tolerance import unit_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.regression.found import Found

_MOST = 120
"""Samples drawn; evenly spread over the references where there are more."""


def band(found: Found) -> tuple[Figure, ...]:
    """Return the samples in the order of their references, with the lowest and the highest value reached."""
    extremes, y = found.sizes[1.0], found.attacked.y
    fine = np.flatnonzero(np.isfinite(extremes.found).all(axis=1))
    if not len(fine):
        return ()
    ordered = fine[np.argsort(y[fine], kind="stable")]
    rows = ordered[np.unique(np.linspace(0, len(ordered) - 1, min(_MOST, len(ordered))).astype(np.int64))]
    places = tuple(float(place) for place in range(len(rows)))
    unit = unit_of(found.model) if found.model else ""
    lines = (
        ("robustness.band.reference", y),
        ("robustness.band.predicted", found.predicted),
        ("robustness.band.low", extremes.low),
        ("robustness.band.high", extremes.high),
    )
    return (
        Figure(
            title=msg("robustness.band.title"),
            caption=msg("robustness.band.caption", count=len(rows)),
            x_label=msg("robustness.band.place"),
            y_label=msg("robustness.figure.value", unit=unit) if unit else msg("robustness.figure.plain"),
            traces=tuple(Trace(msg(name), places, tuple(map(float, line[rows]))) for name, line in lines),
        ),
    )
