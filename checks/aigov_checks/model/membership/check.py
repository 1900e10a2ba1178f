"""The check itself: declared measurements, documentation, and the call into the attacks."""

from __future__ import annotations

from aigov import Measured, NotPerformed, Subject, check
from aigov_checks.model.membership.boxed import INNER
from aigov_checks.model.membership.params import MembershipParams, validated


@check(
    id="model.membership",
    title="Membership inference: whether a model tells what it was trained on",
    inputs=("model", "dataset"),
    measures={
        "membership_auc": "ratio",
        "membership_tpr": "ratio",
        "membership_advantage": "number",
        "generalisation_gap": "number",
        "second_opinion_auc": "ratio",
        "members": "count",
        "non_members": "count",
        "shadow_models": "count",
    },
    params=MembershipParams,
    extras=("robustness",),
)
def membership(subject: Subject, params: MembershipParams) -> Measured | NotPerformed:
    """Measure how well somebody who may ask a classifier can tell which samples it was trained on.

    What it measures
    `membership_tpr[fpr=0.01]` and `[fpr=0.001]`: share of the training samples that the attack recognises while it is
    wrong about one in a hundred, or in a thousand, of the samples that the model was not trained on.
    `membership_auc`: area under the ROC curve of the attack, 0.5 for guessing. `membership_advantage`: true less false
    positive rate at one threshold. `generalisation_gap`: accuracy on training samples less accuracy on others.
    `second_opinion_auc`: area under the curve of another attack. `members` and `non_members`: samples drawn of each.
    `shadow_models`: models that were trained for the attack.

    Why it matters
    A model that answers otherwise about its training data gives it away: that a person, a machine or a customer's
    process is in it, and in the end parts of the data itself. Membership is the mildest leak and the one that can be
    measured; a model without it has little else to tell.

    How
    The training set holds the members, the test set the non-members; test samples that are in the training set, too,
    are left out. Where the training can be repeated (a scikit-learn estimator, or a function `retrain` of the calling
    program), shadow models are trained on random halves of both, so that every sample is in half of them; LiRA ranks
    the samples by the likelihood of the model's confidence with and without them, RMIA (chosen below 64 shadow
    models) by its confidence relative to theirs. Otherwise the samples are ranked by their loss, with one threshold
    for all. Confidence is the log-odds of the label. Rates are those at which the given share of non-members ranks
    higher; their interval covers that threshold, by order statistics, and the share of members (Clopper-Pearson),
    each with half of the error. The interval of the area is Newcombe's. The advantage has its threshold from one
    half of the samples and its value from the other. The black-box attack of the Adversarial Robustness Toolbox, a
    random forest that learns from half of the members, gives the second opinion; nothing else depends on it.
    A model in a file is loaded, asked and trained anew in the sandbox, as for `model.robustness`.

    Limits
    Attacks give a lower bound of what a model tells: a better one may find more, and the threshold of the loss is a
    weak one, which a note says. It needs to know some members, as auditors do. Below about 4,400 non-members no rate at
    0.1 % can be shown, below about 440 none at 1 %; the lower end is then 0. Members and non-members must be of one
    source: where they differ otherwise (another line, another year), an attack finds the difference and calls it
    membership. Shadow models have half of the drawn samples fewer than the model. Classifiers only.

    References:
    Carlini, Chien, Nasr, Song, Terzis and Tramèr, IEEE S&P 2022 (arXiv 2112.03570): LiRA, and why few false positives.
    Zarifzadeh, Liu and Shokri, ICML 2024 (arXiv 2312.03262): RMIA.
    Yeom, Giacomelli, Fredrikson and Jha, CSF 2018 (arXiv 1709.01604): threshold of the loss, advantage.
    Shokri, Stronati, Song and Shmatikov, IEEE S&P 2017 (arXiv 1610.05820): shadow models, the black-box attack.
    Newcombe, Statistics in Medicine 25 (2006), 559-573: interval of the area, method 5.
    Clopper and Pearson, Biometrika 26 (1934), 404-413: exact binomial interval.
    """
    from aigov_checks.model.boxed.outside import observe_model  # with the scanner, which a listing needs not

    return observe_model(subject, validated(params), INNER)
