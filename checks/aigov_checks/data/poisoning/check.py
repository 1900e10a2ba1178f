"""The check itself: declared measurements, documentation, and the call into the evaluation."""

from __future__ import annotations

from aigov import Measured, Subject, check, need
from aigov_checks.data.poisoning.params import PoisoningParams, validated


@check(
    id="data.poisoning",
    title="Poisoned training data",
    version=2,
    inputs=("dataset",),
    measures={
        "backdoors": "count",
        "backdoor_flip_rate": "ratio",
        "control_flip_rate": "ratio",
        "rows_with_trigger": "count",
        "label_errors_suspected": "count",
        "label_error_recall": "ratio",
        "label_false_positive_rate": "ratio",
        "duplicate_share": "ratio",
        "largest_duplicate_group": "count",
        "test_rows_in_train": "count",
        "rows": "count",
    },
    params=PoisoningParams,
    extras=("robustness",),
)
def poisoning(subject: Subject, params: PoisoningParams) -> Measured:
    """Look for backdoors, wrong labels, floods of copies and test rows in a training set.

    What it measures
    `backdoors`: patterns in the training set that a causal test confirms as triggers. `backdoor_flip_rate`: share of
    clean rows of other classes to which the strongest of them gives its class when it is pasted on them;
    `control_flip_rate`: the same for what clean rows have in its place; both exactly 0 where none was found.
    `rows_with_trigger`: rows that hold a confirmed trigger. `label_errors_suspected`: rows whose neighbours are
    labelled otherwise, a suspicion whose interval therefore starts at 0. `label_error_recall` and
    `label_false_positive_rate`: what the same rule does with labels of this data set that were changed on purpose, and
    with those left alone; real errors count as false. `duplicate_share`: share of the rows that are copies, equal or
    nearly so, of another row. `largest_duplicate_group`: rows in the largest group of copies. `test_rows_in_train`:
    rows of the test set of which the training set has a copy. `rows`: rows of the training set.

    Why it matters
    Who can add one row in a hundred to a training set can make a model answer what he wants whenever a mark is there
    that only he knows; accuracy on clean data does not show it. Wrong labels and floods of copies bend a model more
    bluntly, and test rows in the training set make every figure about it too good.

    How
    Mine and transplant. Candidates are values, pairs of neighbouring values, patches at any place, single frequencies
    and added changes that some rows of one class share, tied to that class and rare elsewhere. Each is pasted on rows
    of other classes that were kept out, and so is its control: the same place as the clean rows of the class that come
    closest to it have it; a tone as strong at another frequency; a blend as strong with a clean row. The audited model
    is asked where there is one, and always a small network that is trained on the rest of the rows and sees, beside
    the values, which candidates are there. A backdoor needs two things. The trigger flips more than its control: exact
    McNemar test, Holm over all candidates and models, and by at least `least_effect`. And where it is taken out of all
    rows, those that held it are nearest to another class, and those of the class closest to it are not: binomial
    test, Bonferroni over all patterns tied to a class. So what is a natural feature of a class is none. Pictures are
    compared by their values or by their spectrum, whichever tells the classes of these data apart better. Labels are
    compared with the nearest neighbours by principal components. Copies are found by hashing, near ones by random
    projections, and every pair is measured. Filters of the Adversarial Robustness Toolbox are heard on request. A
    model in a file runs in the sandbox, as for `model.robustness`.

    Limits
    No backdoor found does not prove that there is none. Where similar rows do not tell the classes apart (a low
    `label_error_recall`), nothing can be confirmed: candidates then widen the interval of `backdoors`, or stay unseen.
    Triggers whose rows look like their class without them (clean-label attacks), triggers as natural as clean values,
    moving patches that are not copied exactly, blends other than an added tone (in images they are suspected at most,
    which widens the interval of `backdoors`, and never confirmed), patterns in fewer than four rows, and what is in
    rows that were not drawn are not found. Static triggers are found from about one row in a hundred, not always; the
    table that bench/poisoning.py prints says how often, and others. Suspected labels may be right and rare. Floods of
    rotated or shifted copies are not seen. Classification only.

    References:
    Gu, Dolan-Gavitt and Garg, 2017 (arXiv 1708.06733): backdoors in the training set.
    Chen, Liu, Li, Lu and Song, 2017 (arXiv 1712.05526): blended triggers.
    NIST AI 100-2 E2025, section 2.3: poisoning attacks (backdoor poisoning, NISTAML.023).
    McNemar, Psychometrika 12 (1947), 153-157: test of paired proportions.
    Holm, Scandinavian Journal of Statistics 6 (1979), 65-70: multiple tests.
    Brodley and Friedl, Journal of Artificial Intelligence Research 11 (1999), 131-167: mislabelled training data.
    Datar, Immorlica, Indyk and Mirrokni, SCG 2004: locality-sensitive hashing.
    """
    need("numpy", "robustness")
    from aigov_checks.data.poisoning.whole import whole  # needs numpy, an extra

    return whole(subject, validated(params))
