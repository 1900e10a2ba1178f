"""The black-box attack of the Adversarial Robustness Toolbox: an attack model that learns from some members.

Source: Shokri et al., IEEE S&P 2017 (arXiv 1610.05820), as MembershipInferenceBlackBox; its attack model is a random
forest, trained on a random half of members and non-members and measured on the other half.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from aigov import Interval, Measurement, MissingExtraError, msg, need
from aigov_checks.model.membership.roc import Ranked, area
from aigov_checks.model.robustness.predictor import one_hot

if TYPE_CHECKING:
    from aigov import Message
    from aigov_checks.model.membership.params import MembershipParams
    from aigov_checks.model.membership.pool import Pool
    from aigov_checks.model.robustness.predictor import Array

_LEAST_LEAF = 5
"""Samples a leaf of the attack model: fewer, and it learns its own training samples by heart."""


def black_box(pool: Pool, scores: Array, params: MembershipParams) -> tuple[Measurement, Message | None]:
    """Return the area under its curve, and why it has none where that is so."""
    if params.second_opinion == "none":
        return _nothing(msg("membership.limits.no-opinion")), None
    try:
        attacks = need("art.attacks.inference.membership_inference", "robustness")
        estimators = need("art.estimators.classification", "robustness")
    except MissingExtraError as missing:
        reason = msg("membership.note.no-second-opinion", reason=missing.message)
        return _nothing(reason), reason
    classes = scores.shape[1]
    answers = np.where(np.isfinite(scores), scores, 0).astype(np.float32)
    model = estimators.BlackBoxClassifier(lambda x: np.zeros((len(x), classes)), (1,), classes)
    attack = attacks.MembershipInferenceBlackBox(model, attack_model_type="rf")  # it takes no unfitted forest of ours
    attack.attack_model.set_params(min_samples_leaf=_LEAST_LEAF, random_state=params.seed)
    y, rng = one_hot(pool.y, classes), np.random.default_rng(params.seed)
    inner, outer = rng.permutation(pool.members), pool.members + rng.permutation(len(pool.x) - pool.members)
    told = [part[: (len(part) + 1) // 2] for part in (inner, outer)]
    attack.fit(y=y[told[0]], pred=answers[told[0]], test_y=y[told[1]], test_pred=answers[told[1]])
    left = [part[(len(part) + 1) // 2 :] for part in (inner, outer)]
    found = [attack.infer(None, y=y[part], pred=answers[part], probabilities=True).reshape(-1) for part in left]
    return area(Ranked(*found), params.confidence), None


def _nothing(reason: Message) -> Measurement:
    return Measurement(math.nan, "ratio", Interval(0.0, 1.0), limits=reason)
