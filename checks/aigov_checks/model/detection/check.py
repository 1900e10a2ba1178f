"""The check itself: declared measurements, documentation, and the call into the attacks."""

from __future__ import annotations

from aigov import Measured, NotPerformed, Subject, check
from aigov_checks.model.detection.boxed import INNER
from aigov_checks.model.detection.params import DetectionParams, validated


@check(
    id="model.adversarial-detection",
    title="Detection of adversarial inputs",
    inputs=("model", "dataset"),
    measures={
        "detection_rate": "ratio",
        "false_positive_rate": "ratio",
        "adaptive_detection_rate": "ratio",
        "guarded_accuracy": "ratio",
        "robust_accuracy": "ratio",
        "clean_accuracy": "ratio",
        "adversarial_inputs": "count",
        "samples": "count",
        "queries": "count",
    },
    params=DetectionParams,
    extras=("robustness", "torch"),
)
def detection(subject: Subject, params: DetectionParams) -> Measured | NotPerformed:
    """Measure what the declared detector of a classifier sees of adversarial inputs, and of clean ones.

    What it measures
    `detection_rate`: share of the adversarial inputs that raise an alarm, made by attacks that do not know the
    detector; `adversarial_inputs` says how many there were. `false_positive_rate`: share of clean samples that
    raise one. `adaptive_detection_rate`: the same where the attack knows the detector: the share of those samples
    for which it found no input that raises no alarm. `guarded_accuracy`: share of all samples that the model
    classifies as labelled and that nothing found moves unseen; `robust_accuracy` is the same without the detector,
    `clean_accuracy` without an attack. `samples` and `queries`: samples drawn, and samples that the model was asked
    about.

    Why it matters
    A detector is bought for the attacks that it knows, and an attacker who hears of it attacks both. One that sees
    nine of ten inputs made for the model alone may see none of those made for it; and each false alarm of a line
    that inspects a million parts is one that an operator learns to ignore.

    How
    A model names its detector in aigov.yaml: `detector: {model: guard, threshold: 0.5}`, where `guard` is another
    model of the subject: an ONNX file or another network that answers one number a sample, or two scores of which the
    second counts; a classifier of scikit-learn, whose probability counts; or a live object. `flags: below` is for low
    numbers that raise the alarm. The attacks of `model.robustness` search at the budget for inputs that the model gets
    wrong; each is confirmed on the original. The detector is asked about them and about the clean samples. Then model
    and
    detector are attacked together, with an input that is of another class and raises no alarm for a goal, on the
    samples that the first attacks broke: what is known already and was not seen; Auto-PGD on the larger of both
    margins and on their sum, where both have gradients; always two random searches on the larger
    margin, one along the edge of the budget (Square Attack) and one from the clean sample outwards. Each success is
    confirmed on both originals. Answers of the detector that are not finite count as alarms. Intervals are
    Clopper-Pearson. Both models run in the sandbox, as for `model.robustness`.

    Limits
    Rates against an attack that knows the detector are upper bounds: a better attack gets past it more often.
    Without gradients of both only the search knows the detector, and a note says so. The budget bounds both
    attacks; what lies beyond it is not tried. Detectors that look at several inputs in a row, at the model's inner
    layers or at anything but the input are not covered. Classifiers only.

    References:
    Carlini and Wagner, AISec 2017 (arXiv 1705.07263): detectors, and attacks that know them.
    Tramèr, Carlini, Brendel and Mądry, NeurIPS 2020 (arXiv 2002.08347): adaptive attacks.
    Croce and Hein, ICML 2020 (arXiv 2003.01690): Auto-PGD.
    Andriushchenko et al., ECCV 2020 (arXiv 1912.00049): Square Attack.
    Clopper and Pearson, Biometrika 26 (1934), 404-413: exact binomial interval.
    """
    from aigov_checks.model.boxed.outside import observe_model  # with the scanner, which a listing needs not

    return observe_model(subject, validated(params), INNER)
