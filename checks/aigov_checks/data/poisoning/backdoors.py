"""From rows to backdoors: candidates are mined, judged by transplant and removal, and merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.data.poisoning.blends import blend_triggers
from aigov_checks.data.poisoning.content import Features, cores_of
from aigov_checks.data.poisoning.moving import moving_triggers
from aigov_checks.data.poisoning.removal import Removal, removal
from aigov_checks.data.poisoning.static import Count, static_triggers
from aigov_checks.data.poisoning.surrogate import Surrogate, surrogate
from aigov_checks.data.poisoning.tones import tone_triggers
from aigov_checks.data.poisoning.transplant import Judge, Trial, proven, trial
from aigov_checks.data.poisoning.trigger import Trigger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.data.poisoning.params import PoisoningParams
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.model.robustness.predictor import Array

_HELD_OUT = 400
_SHARE_HELD_OUT = 4
_TRAINED_ON = 5000
_LEAST_STRANGE, _LEAST_OF_REST = 0.5, 0.6
"""How much more of a backdoor's rows must look like another class, without it, than of the others of its class; or,
where many of these do, as a share of the most that there could be."""
_BLIND = 0.4
"""Share of strange rows in a clean class, beyond which the removal can confirm nothing."""
_BLEND_EFFECT = 0.3
"""How much more a blend must flip than its control to be suspected."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdoor:
    """A candidate that both halves of the causal test confirm."""

    trial: Trial
    removal: Removal


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What was tried and what was found."""

    candidates: tuple[Trigger, ...]
    tied: int
    """Number of patterns tied to a class, out of which they were chosen."""
    trials: tuple[Trial, ...]
    backdoors: tuple[Backdoor, ...]
    undecided: int
    """Candidates that flip more than their control and cannot be confirmed: blends, or neighbours are of no help."""


def candidates_of(rows: Rows, x: Array, params: PoisoningParams) -> tuple[tuple[Trigger, ...], int]:
    """Return the candidates of every family, and out of how many patterns; `x` are the features of the rows."""
    most = params.candidates
    if not most:
        return (), 0
    cores = cores_of(x, rows.y, rows.classes)
    count = Count(rows.classes)
    found: tuple[Trigger, ...] = (
        *static_triggers(rows, cores.strangeness, most, count),
        *moving_triggers(rows, cores.strangeness, most, count),
        *tone_triggers(rows, cores.strangeness, most, count),
        *blend_triggers(rows, x, cores)[:most],
    )
    return found, count.tied


def search(rows: Rows, x: Array, judge: Judge | None, params: PoisoningParams) -> Search:
    """Return the backdoors; `x` are the features of the rows, `judge` is the audited model where there is one."""
    features = Features.of(rows)
    candidates, tied = candidates_of(rows, x, params)
    if not candidates:
        return Search((), tied, (), (), 0)
    carriers, made = _surrogate(rows, features, candidates, params)
    if not len(carriers):
        return Search(candidates, tied, (), (), 0)
    trials = []
    for each in (made, judge):
        if each is None:
            continue
        right = carriers[each.predict(rows.flat[carriers]) == rows.y[carriers]]
        for candidate in candidates:
            fit = right[(rows.y[right] != candidate.target) & ~np.isin(right, candidate.rows)][: params.carriers]
            trials.append(trial(candidate, each, rows, rows.flat[fit], params))
    level = params.error_rate / max(tied, len(trials))
    telling = Features.telling(rows)
    good = [(one, removal(one.trigger, rows, telling, params.seed)) for one in proven(trials, params)]
    open_ = {id(one.trigger) for one, rid in good if _open(one, rid)}
    return Search(candidates, tied, tuple(trials), _confirmed(good, level), len(open_))


def _surrogate(
    rows: Rows, features: Features, candidates: tuple[Trigger, ...], params: PoisoningParams
) -> tuple[Array, Surrogate]:
    """Return rows that hold no candidate, kept out, and a surrogate trained on rows that do and other ones."""
    held = np.zeros(len(rows), dtype=bool)
    for candidate in candidates:
        held[candidate.rows] = True
    random = np.random.default_rng([params.seed, 1])
    free = random.permutation(np.flatnonzero(~held))
    out = np.sort(free[: min(_HELD_OUT, len(rows) // _SHARE_HELD_OUT, len(free) // 2)])
    rest = np.setdiff1d(np.arange(len(rows)), out)
    if len(rest) > _TRAINED_ON:  # of rows with and without in equal shares, so that rare stays rare
        rest = np.sort(random.choice(rest, _TRAINED_ON, replace=False))
    return out, surrogate(rows.taken(rest), features, candidates, params.seed)


def _confirmed(good: Sequence[tuple[Trial, Removal]], level: float) -> tuple[Backdoor, ...]:
    """Return what the removal confirms too, each pattern once, as the audited model sees it if it does.

    `level` is the error rate shared out over all the patterns out of which candidates were chosen (Bonferroni).
    """
    found: list[Backdoor] = []
    for one, rid in sorted(good, key=lambda item: (item[0].judge, -len(item[0].trigger.rows) * item[0].effect)):
        if rid.probability > level or rid.effect < min(_LEAST_STRANGE, _LEAST_OF_REST * (1 - rid.usual)):
            continue
        if one.trigger.family == "blend":
            continue
        if not any(_part(one.trigger, known.trial.trigger) for known in found):
            found.append(Backdoor(one, rid))
    return tuple(found)


def _open(one: Trial, rid: Removal) -> bool:
    """Whether a candidate can be neither confirmed nor excluded.

    A blend that stands out is a suspicion only, since blends are sought in rows that look strange already; for the same
    reason one does not stand out where many rows look strange anyway.
    """
    if one.trigger.family == "blend":
        return one.effect >= _BLEND_EFFECT and rid.effect >= _LEAST_STRANGE
    return rid.usual > _BLIND


def _part(one: Trigger, of: Trigger) -> bool:
    """Whether most rows of the smaller pattern hold the other one too."""
    shared = len(np.intersect1d(one.rows, of.rows))
    return one.target == of.target and 2 * shared >= min(len(one.rows), len(of.rows))
