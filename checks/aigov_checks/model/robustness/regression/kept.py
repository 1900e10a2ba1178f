"""Inputs that push a predicted value out of its tolerance, kept as evidence and shown as an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Example, Message, Quantity, msg
from aigov_checks.model.robustness.example import example_of
from aigov_checks.model.robustness.kept import Kept, chosen
from aigov_checks.model.robustness.predictor import Array, Counted
from aigov_checks.model.robustness.regression.errors import within
from aigov_checks.model.robustness.regression.tolerance import unit_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.regression.extremes import Extremes
    from aigov_checks.model.robustness.regression.found import Found


def kept_values(found: Found, rows: Array, params: RobustnessParams) -> tuple[Kept, ...]:
    """Return up to `params.evidence` of them at the budget, or else at the next larger size of the curve.

    `rows` are the places of the samples in the data set. Only samples that are predicted within the tolerance are
    taken, and only inputs that hold when the model is asked once more. Of training data nothing is kept.
    """
    multiples = [multiple for multiple in sorted(found.sizes) if multiple >= 1]
    pushed = ((multiple, _pushed(found, found.sizes[multiple])) for multiple in multiples)
    multiple, places = next(((multiple, rows) for multiple, rows in pushed if len(rows)), (1.0, np.zeros(0, np.int64)))
    drawn = chosen(places, found, params)
    if not len(drawn):
        return ()
    points, stages = _furthest(found, found.sizes[multiple], drawn)
    model, balls = Counted(found.attacked.model.inner), found.attacked.balls(drawn, multiple)
    after = model.scores(points)[:, 0].astype(np.float64)
    outside = np.isfinite(after) & ~within(after, found.attacked.y[drawn], found.tolerance)
    holds = balls.contain(points) & outside
    return tuple(
        Kept(
            place=int(place),
            row=int(rows[place]),
            x=found.attacked.x[place],
            x_adv=points[i],
            before=float(found.predicted[place]),
            after=float(after[i]),
            multiple=multiple,
            stage=str(stages[i]),
        )
        for i, place in enumerate(drawn)
        if holds[i]
    )


def value_examples(found: Found) -> tuple[Example, ...]:
    """Return the first of the kept inputs as an example; nothing where none was kept."""
    return (example_of(found, found.kept[0], _said(found, found.kept[0])),) if found.kept else ()


def _pushed(found: Found, extremes: Extremes) -> Array:
    """Return the samples predicted within the tolerance that some point pushed out of it."""
    right = within(found.predicted, found.attacked.y, found.tolerance)
    return np.flatnonzero(right & ~found.holds(extremes.found))


def _furthest(found: Found, extremes: Extremes, rows: Array) -> tuple[Array, Array]:
    """Return the point with the largest error of each sample, and the search that found it."""
    y = found.attacked.y[rows]
    below = y - extremes.low[rows] > extremes.high[rows] - y
    shape = (-1, *[1] * (extremes.low_points.ndim - 1))
    points = np.where(below.reshape(shape), extremes.low_points[rows], extremes.high_points[rows])
    return points, np.where(below, extremes.low_by[rows], extremes.high_by[rows])


def _said(found: Found, kept: Kept) -> Message:
    unit = unit_of(found.model) if found.model else ""
    values = {
        "reference": found.attacked.y[kept.place],
        "before": kept.before,
        "after": kept.after,
        "tolerance": found.tolerance,
    }
    return msg(
        "robustness.example.said-value",
        dataset=found.dataset.name if found.dataset else "",
        row=kept.row,
        **{name: Quantity(float(f"{value:.6g}"), unit) for name, value in values.items()},
    )
