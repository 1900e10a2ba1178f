"""From how the attacks rank members and non-members to measurements, notes and a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import Figure, FrozenMap, Measured, Measurement, Message, Quantity, Trace, count, msg
from aigov_checks.model.membership.pool import Pool
from aigov_checks.model.membership.roc import Ranked, advantage, area, true_positives_at
from aigov_checks.model.membership.shadows import Shadows
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.model.membership.params import MembershipParams

RATES = (0.01, 0.001)
"""False positive rates at which true positives are counted, as in Carlini et al., IEEE S&P 2022."""
_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Everything that was found out about a model."""

    pool: Pool
    method: str
    values: Array
    """One number a sample, higher for likelier members."""
    right: Array
    """Whether the model answers each sample as labelled."""
    shadows: Shadows | None
    opinion: Measurement
    facts: FrozenMap[str, str]
    notes: tuple[Message, ...]


def measured(found: Found, params: MembershipParams) -> Measured:
    """Return the observation."""
    ranked = Ranked(found.values[: found.pool.members], found.values[found.pool.members :])
    members = len(ranked.members)
    gap = float(found.right[:members].mean() - found.right[members:].mean())
    values = {
        "membership_auc": area(ranked, params.confidence),
        **{f"membership_tpr[fpr={rate:g}]": true_positives_at(ranked, rate, params.confidence) for rate in RATES},
        "membership_advantage": advantage(ranked, params.seed, params.confidence),
        "generalisation_gap": Measurement(gap, "number"),
        "second_opinion_auc": found.opinion,
        "members": count(members),
        "non_members": count(len(ranked.others)),
        "shadow_models": count(0 if found.shadows is None else len(found.shadows.odds)),
    }
    facts: dict[str, str | int | float | bool] = {"method": found.method, "seed": params.seed, **found.facts}
    if found.shadows is not None:
        facts["shadow_accuracy"] = round(found.shadows.accuracy, 6)
    return Measured(
        FrozenMap(values),
        facts=FrozenMap(facts),
        figures=(_curve(ranked),),
        notes=(*found.notes, *_notes(found, values)),
    )


def _notes(found: Found, values: dict[str, Measurement]) -> list[Message]:
    notes = []
    if found.pool.shared:
        notes.append(msg("membership.note.shared", count=found.pool.shared))
    if found.method == "loss":
        notes.append(msg("membership.note.weak"))
    main, opinion = values["membership_auc"], found.opinion
    if opinion.finite and opinion.low > main.high:
        shares = {"other": Quantity(opinion.value, "ratio"), "ours": Quantity(main.value, "ratio")}
        notes.append(msg("membership.note.second-opinion-higher", **shares))
    return notes


def _curve(ranked: Ranked) -> Figure:
    """Return the ROC curve."""
    rates = np.unique(np.linspace(0, len(ranked.others) - 1, min(_POINTS, len(ranked.others))).astype(np.int64))
    descending = -np.sort(-ranked.others)
    hits = [float((ranked.members > descending[rank]).mean()) for rank in rates.tolist()]
    alarms = [rank / len(descending) for rank in rates.tolist()]
    return Figure(
        title=msg("membership.figure.title"),
        caption=msg("membership.figure.caption", members=len(ranked.members), others=len(ranked.others)),
        x_label=msg("membership.figure.false"),
        y_label=msg("membership.figure.true"),
        traces=(
            Trace(msg("membership.figure.attack"), tuple(alarms), tuple(hits)),
            Trace(msg("membership.figure.guess"), (0.0, 1.0), (0.0, 1.0)),
        ),
    )
