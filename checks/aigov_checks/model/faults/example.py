"""A picture under the worst fault, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Example, msg
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.robustness.pictures import raster_panels

if TYPE_CHECKING:
    from aigov_checks.model.faults.measure import Outcome, Shown


def example_of(outcome: Outcome, shown: Shown | None) -> tuple[Example, ...]:
    """Return an image that the worst fault made the model get wrong; waveforms and rows are figures."""
    if shown is None or outcome.kind is not Kind.IMAGE:
        return ()
    before, after, row = shown
    worst, unit = outcome.worst, ""
    for facts in outcome.model.inputs.values():
        unit = unit or str(facts.get("unit", ""))
    both = np.concatenate([before.ravel(), after.ravel()]).astype(np.float64)
    said = msg("faults.figure.caption", sample=row, fault=msg(f"faults.name.{worst.fault}"), severity=worst.severity)
    panels, how = raster_panels(before, after, (float(both.min()), float(both.max())), unit)
    return (Example(msg("faults.figure.title"), (said, how), rasters=panels),)
