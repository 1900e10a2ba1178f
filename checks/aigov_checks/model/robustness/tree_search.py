"""Whether a sum of trees can be moved to another class within bounds, exact: cell by cell, or by a program."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.model.robustness.tree_cells import Reduced, best_cells, reduced
from aigov_checks.model.robustness.tree_program import MOST_LEAVES, Box, Program, point_of, program_of

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array
    from aigov_checks.model.robustness.trees import Ensemble

_TIE = 1e-5
"""Leads below this share of the largest leaf value are beyond the tolerance of the solver."""
_SHORTEST = 0.01
"""Seconds that the solver is given at least."""
_PROVEN = 2
"""Status of `scipy.optimize.milp` for a program without a solution."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much one search may take."""

    nodes: int
    """Branch-and-bound nodes of a search."""
    deadline: float = math.inf
    """Reading of `perf_counter` after which nothing is searched, and interval bounds must do."""

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - perf_counter()


class Verdict(Enum):
    """What is known of a sample."""

    STANDS = "stands"
    """No point within the bounds is of another class."""
    MOVED = "moved"
    """A point was found; the model itself has the last word on it."""
    OPEN = "open"
    """The work allowed did not suffice, or the classes tie."""


def settle(ensemble: Ensemble, box: Box, reached: Array, least: Array, effort: Effort) -> tuple[Verdict, Array]:
    """Return what is known of a sample, and a point of another class where one was found, otherwise the sample.

    `reached` are the nodes within the bounds (N,), `least` the lower bounds of the lead over each class (classes,),
    `effort` what each search may take.
    """
    scale = max(1e-300, float(np.abs(ensemble.value).max()))
    least_lead = max(_TIE * scale, 2 * ensemble.slack)
    rivals = [int(rival) for rival in np.argsort(least) if least[rival] <= least_lead]
    if not rivals:
        return Verdict.STANDS, box.x
    if effort.left <= 0 or reached[ensemble.leaves].sum() > MOST_LEAVES:
        return Verdict.OPEN, box.x
    few, program = reduced(ensemble, reached), None
    verdict, nearest = Verdict.STANDS, box.x
    for rival in rivals:
        cells = _by_cells(ensemble, box, few, rival)
        if cells is not None:
            found, point = cells
        else:
            program = program_of(ensemble, reached) if program is None else program
            lead = (ensemble.value[program.leaves, box.y] - ensemble.value[program.leaves, rival]) / scale
            margin = (ensemble.offset[rival] - ensemble.offset[box.y]) / scale
            found, point = _against(ensemble, box, program, (lead, margin), effort)
        if found is Verdict.MOVED:
            return found, point
        if found is Verdict.OPEN:
            verdict, nearest = found, point
    return verdict, nearest


def _by_cells(ensemble: Ensemble, box: Box, few: Reduced, rival: int) -> tuple[Verdict, Array] | None:
    """Return what the cells say of one rival, None where there are too many of them."""
    ahead = ensemble.value[:, rival] - ensemble.value[:, box.y]
    found = best_cells(ensemble, box, few, ahead)
    if found is None:
        return None
    offset, rounding = float(ensemble.offset[rival] - ensemble.offset[box.y]), 2 * ensemble.slack
    best, point = found.value + offset, found.point
    if best + found.rounding < -rounding:
        return Verdict.STANDS, box.x
    if best - found.rounding > rounding or (not rounding and ensemble.scores(point[None])[0].argmax() != box.y):
        return Verdict.MOVED, point
    return Verdict.OPEN, point


def _against(
    ensemble: Ensemble, box: Box, program: Program, lead: tuple[Array, float], effort: Effort
) -> tuple[Verdict, Array]:
    """Search for a lead of at most what rounding may turn; where only a tie is found, for one clearly below."""
    rounding = 2 * ensemble.slack / max(1e-300, float(np.abs(ensemble.value).max()))
    solved, point = _solve(box, program, lead[0], lead[1] + rounding, effort)
    if solved is not Verdict.MOVED or (not rounding and ensemble.scores(point[None])[0].argmax() != box.y):
        return solved, point
    solved, better = _solve(box, program, lead[0], lead[1] - rounding - _TIE, effort)
    return (solved, better) if solved is Verdict.MOVED else (Verdict.OPEN, point)


def _solve(box: Box, program: Program, lead: Array, most: float, effort: Effort) -> tuple[Verdict, Array]:
    """Return a point at which the leaf values sum to `most` at most, or that there is none."""
    optimize, sparse = need("scipy.optimize", "robustness"), need("scipy.sparse", "robustness")
    binaries = len(program.cut)
    width = binaries + len(program.leaves)
    weight = sparse.csr_array(np.concatenate([np.zeros(binaries), lead])[None])
    found = optimize.milp(
        np.zeros(width),
        integrality=(np.arange(width) < binaries).astype(int),
        bounds=optimize.Bounds(0.0, 1.0),
        constraints=optimize.LinearConstraint(
            sparse.vstack([program.rows, weight]), np.append(program.lower, -np.inf), np.append(program.upper, most)
        ),
        options={"node_limit": effort.nodes, "time_limit": max(_SHORTEST, effort.left)},
    )
    if found.status == _PROVEN:
        return Verdict.STANDS, box.x
    if found.x is None:
        return Verdict.OPEN, box.x
    return Verdict.MOVED, point_of(box, program, found.x[:binaries] > 0.5)  # noqa: PLR2004  # a binary
