"""The check itself: declared measurements, documentation, and the call into the copies."""

from __future__ import annotations

from aigov import Measured, NotPerformed, Subject, check
from aigov_checks.model.extraction.boxed import INNER
from aigov_checks.model.extraction.params import ExtractionParams, validated


@check(
    id="model.extraction",
    title="Model extraction: how good a copy its answers make",
    inputs=("model", "dataset"),
    measures={
        "copy_fidelity": "ratio",
        "copy_accuracy": "ratio",
        "clean_accuracy": "ratio",
        "majority_share": "ratio",
        "queries": "count",
        "samples": "count",
    },
    params=ExtractionParams,
    extras=("robustness", "torch"),
)
def extraction(subject: Subject, params: ExtractionParams) -> Measured | NotPerformed:
    """Measure how well a classifier can be copied by somebody who may only ask it.

    What it measures
    `copy_fidelity[queries=1000]`: share of samples held out on which a copy answers as the model does, after so many
    queries; `copy_fidelity` alone at the most queries. `copy_accuracy`: share of them that the copy answers as
    labelled, to be read beside `clean_accuracy`, that of the model. `majority_share`: the fidelity of a copy that
    always gives the commonest answer. `queries` and `samples`: queries behind the last copy, and samples held out.

    Why it matters
    Whoever copies a model takes what it cost to make, and can search the copy for adversarial inputs without being
    seen. How many queries that takes says what a limit on queries is worth.

    How
    Half of the drawn samples is the attacker's own, the other half is held out. The model is asked about the
    attacker's samples and then about mixtures of two of them, signals shifted in time. Copies learn from its answers,
    scores where it gives them: a linear model and a forest of extremely randomised trees of scikit-learn, the forest
    on spectra and envelope spectra of signals; for tables a perceptron; for signals and images, where torch is
    installed, a small convolutional network by KnockoffNets (scores) or CopycatCNN (labels) of the Adversarial
    Robustness Toolbox. The copy that agrees best on a
    fifth of the attacker's own samples is trained on all answers and compared with the model on what was held out.
    Intervals are Clopper-Pearson. A model in a file runs in the sandbox, as for `model.robustness`.

    Limits
    A copy that is found shows that there is one; a better attacker, with data or a pre-trained network of their own,
    makes a better copy, so that fidelity is a lower bound. The attacker is assumed to have samples of the same source,
    which in a plant only insiders and suppliers have. That a model can be copied is no fault of the model: it is kept
    by limits on queries, by answering less, and by who may ask. Classifiers only.

    References:
    Tramèr, Zhang, Juels, Reiter and Ristenpart, USENIX Security 2016 (arXiv 1609.02943): extraction by queries.
    Orekondy, Schiele and Fritz, CVPR 2019 (arXiv 1812.02766): KnockoffNets.
    Correia-Silva, Berriel, Badue, de Souza and Oliveira-Santos, IJCNN 2018 (arXiv 1806.05476): CopycatCNN.
    Jagielski, Carlini, Berthelot, Kurakin and Papernot, USENIX Security 2020 (arXiv 1909.01838): fidelity and accuracy.
    Clopper and Pearson, Biometrika 26 (1934), 404-413: exact binomial interval.
    """
    from aigov_checks.model.boxed.outside import observe_model  # with the scanner, which a listing needs not

    return observe_model(subject, validated(params), INNER)
