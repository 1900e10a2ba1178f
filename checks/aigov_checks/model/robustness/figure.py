"""One attacked sample before and after, as curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Figure, Message, Quantity, Trace, msg
from aigov_checks.model.robustness.predictor import UNDEFINED

if TYPE_CHECKING:
    from aigov_checks.model.robustness.measure import Result
    from aigov_checks.model.robustness.params import RobustnessParams
    from aigov_checks.model.robustness.predictor import Array

MAX_POINTS = 1024


def figures(result: Result, params: RobustnessParams) -> tuple[Figure, ...]:
    """Return the first broken sample, the channel or image row that was changed most; nothing where none broke."""
    if result.curve.example is None:
        return ()
    row, point, multiple = result.curve.example
    before, after, offset = _excerpt(result.attacked.x[row], point)
    predicted = int(result.attacked.model.predict(point[None])[0])
    budget = result.attacked.budget
    size = Quantity((budget.size or params.eps) * multiple, budget.unit if budget.size else "")
    places = tuple(float(offset + place) for place in range(len(before)))
    caption = msg(
        "robustness.figure.caption",
        sample=row,
        before=_name(result, int(result.attacked.y[row])),
        after=_name(result, predicted),
        size=size,
    )
    return (
        Figure(
            title=msg("robustness.figure.title"),
            caption=caption,
            x_label=msg("robustness.figure.place"),
            y_label=msg("robustness.figure.value", unit=budget.unit) if budget.unit else msg("robustness.figure.plain"),
            traces=(
                Trace(msg("robustness.figure.before"), places, tuple(map(float, before))),
                Trace(msg("robustness.figure.after"), places, tuple(map(float, after))),
            ),
        ),
    )


def _excerpt(before: Array, after: Array) -> tuple[Array, Array, int]:
    """Return the line along the last axis that changed most, at most `MAX_POINTS` around the largest change."""
    lines, changed = before.reshape(-1, before.shape[-1]), after.reshape(-1, after.shape[-1])
    change = np.abs(changed.astype(np.float64) - lines.astype(np.float64))
    line = int(change.sum(axis=1).argmax())
    middle = int(change[line].argmax())
    start = max(0, min(middle - MAX_POINTS // 2, lines.shape[1] - MAX_POINTS))
    part = slice(start, start + MAX_POINTS)
    return lines[line, part], changed[line, part], start


def _name(result: Result, number: int) -> str | Message:
    if number == UNDEFINED:
        return msg("robustness.figure.undefined")
    names = result.model.classes if result.model else ()
    known = result.opened.predictor.labels
    if number < len(names):
        return names[number]
    return str(known[number]) if number < len(known) else str(number)
