"""A row before and after the strongest trigger was pasted on it, as curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Figure, Trace, msg
from aigov_checks.model.faults.kinds import Kind

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.measure import Outcome

_MOST_POINTS = 1024


def figures(outcome: Outcome) -> tuple[Figure, ...]:
    """Return the picture of the strongest backdoor; nothing where there is none."""
    if not outcome.search.backdoors:
        return ()
    trial = max((backdoor.trial for backdoor in outcome.search.backdoors), key=lambda item: item.effect)
    if trial.example is None:
        return ()
    width = outcome.rows.grid[-1]
    before, after = (row.reshape(-1, width).astype(np.float64) for row in trial.example)
    line = int(np.abs(after - before).sum(axis=1).argmax())
    middle = int(np.abs(after[line] - before[line]).argmax())
    start = max(0, min(middle - _MOST_POINTS // 2, width - _MOST_POINTS))
    part = slice(start, start + _MOST_POINTS)
    places = tuple(float(start + place) for place in range(len(before[line, part])))
    table = outcome.rows.layout.kind is Kind.TABLE
    label = str(outcome.rows.names[trial.trigger.target])[:40]
    return (
        Figure(
            title=msg("poisoning.figure.title"),
            caption=msg("poisoning.figure.caption", asked=msg(f"poisoning.asked.{trial.judge}"), label=label),
            x_label=msg("poisoning.figure.column") if table else msg("robustness.figure.place"),
            y_label=msg("robustness.figure.plain"),
            traces=(
                Trace(msg("robustness.figure.before"), places, tuple(map(float, before[line, part]))),
                Trace(msg("poisoning.figure.after"), places, tuple(map(float, after[line, part]))),
            ),
        ),
    )
