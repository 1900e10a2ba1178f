"""The check itself: declared measurements, documentation, and the call into the evaluation."""

from __future__ import annotations

from aigov import Measured, NotPerformed, Subject, check
from aigov_checks.model.robustness.boxed import INNER
from aigov_checks.model.robustness.params import RobustnessParams, validated


@check(
    id="model.robustness",
    title="Robustness against small perturbations",
    version=6,
    inputs=("model", "dataset"),
    measures={
        "clean_accuracy": "ratio",
        "robust_accuracy": "ratio",
        "certified_accuracy": "ratio",
        "majority_share": "ratio",
        "zero_gradient_share": "ratio",
        "search_only_share": "ratio",
        "undecided": "count",
        "nonfinite_outputs": "count",
        "deterministic": "boolean",
        "samples": "count",
        "queries": "count",
        "rmse": "number",
        "mae": "number",
        "r2": "number",
        "moved_share": "ratio",
        "worst_error": "number",
        "anomaly_recall": "ratio",
        "false_alarm_rate": "ratio",
        "hidden_share": "ratio",
        "samples_used": "count",
        "samples_saved": "count",
        "smoothed_certified_accuracy": "ratio",
        "smoothed_abstained": "count",
    },
    optional=(
        "rmse",
        "mae",
        "r2",
        "moved_share",
        "worst_error",
        "anomaly_recall",
        "false_alarm_rate",
        "hidden_share",
        "samples_used",
        "samples_saved",
        "smoothed_certified_accuracy",
        "smoothed_abstained",
    ),
    params=RobustnessParams,
    extras=("robustness", "torch", "keras"),
)
def robustness(subject: Subject, params: RobustnessParams) -> Measured | NotPerformed:
    """Measure how often a model is right, and how often it stays right under the worst perturbation found.

    What it measures
    `clean_accuracy`: share of the drawn samples that the model classifies as labelled. `robust_accuracy`: share that
    it classifies as labelled and that no attack within the budget moved to another class; also at multiples of the
    budget, `robust_accuracy[eps=0.02]`. `certified_accuracy`: share for which it is proved that nothing within the
    budget moves them; the truth lies between the two. `majority_share`: share of the samples that get the class
    predicted most often, 1 for a constant model. `zero_gradient_share`: share of the samples at which the loss has no
    slope. `search_only_share`: share that only a search without gradients broke, a sign of hidden gradients.
    `undecided`: samples on which an exact answer was sought and not reached within the work allowed; they count as
    standing. `nonfinite_outputs`: samples whose outputs are not finite; they count as wrong. `deterministic`: whether
    two identical calls answer alike. `samples` and `queries`: samples drawn, and samples that the model was asked
    about. Of a model that predicts a value (a soft sensor, a remaining life), right means within the tolerance that
    aigov.yaml declares for its output; besides, `rmse`, `mae` and `r2` without an attack, `worst_error`, the largest
    error that the attack reached (its interval ends where none larger is possible on these samples), and
    `moved_share`, the share of samples whose prediction some perturbation moves by more than the tolerance. Of a
    detector of anomalies, `anomaly_recall` and `false_alarm_rate` without an attack, and `hidden_share`, the share of
    the detected anomalies that the attack hides. With a `bound`, `samples_used` and `samples_saved`: samples that were
    attacked until it was decided, and drawn ones that were not; `robust_accuracy` and whatever else needs an attack is
    then of the former, accuracy and errors without an attack of all that were drawn.
    With `smoothing`, `smoothed_certified_accuracy` and `smoothed_abstained` speak of another model, the one that votes
    over noisy copies of its input: the share of samples that it provably classifies as labelled within an L2 distance,
    at the budget and over the curve, `smoothed_certified_accuracy[l2-eps=0.02]`, and on how many it abstains.

    Why it matters
    A sensor is only as exact as its class, and an attacker who reaches one value may move it that far unseen. A model
    that changes its answer within the accuracy of its own sensors answers by chance; accuracy on clean data does not
    show it.

    How
    Samples are drawn by seed. The budget is absolute, in standard deviations, or the accuracy class that aigov.yaml
    declares for each input; declared ranges are never left and features that are not attackable never touched. An
    input of the type integer takes whole numbers only; a categorical one (codes of one column, or a one-hot group of
    columns) stays as it is unless it is declared as attackable, and then changes to another declared category, so many
    inputs at once as `category_changes` says; attacks on numbers run from several choices of categories. With norm
    l0 so many features as `eps` says change by any amount within their range: by the slope of the margin, projected
    gradients (PGD-0), sigma-zero, and always a score-based search (Sparse-RS).
    Attacks run from cheap to dear on the samples still standing: for linear scikit-learn models the closed form; for
    trees, forests and boosted trees of scikit-learn, XGBoost, LightGBM and CatBoost (files are read without these
    libraries), and for ONNX graphs that are one tree ensemble, within linf, interval bounds, then the cells that their
    cuts leave, or a mixed-integer program (HiGHS) where these are many, which either find an adversarial input or prove
    that there is none, with whole numbers, categories and few features box by box;
    Auto-PGD with cross-entropy and with the difference of logits ratio, then targeted, then longer, on a torch
    translation of the ONNX graph that must agree with onnxruntime, or on the network itself where torch runs it
    (TorchScript, torch.export, Keras 3, a live module); always a score-based random search, which cannot
    be misled by hidden gradients; where rounding or quantisation takes the slope away, Auto-PGD once more with that of
    the identity in its place (BPDA); HopSkipJump of the Adversarial Robustness Toolbox where a model answers labels, or
    has no gradients and piecewise constant scores. Each success is confirmed on the original model, in its precision,
    inside budget and range. For what still stands, linear bounds are carried back through the translated network
    (CROWN), with the largest budget first; where not every standing sample can be afforded, a random part of them
    stands for the rest. A few of the adversarial inputs (those that change a class, hide an anomaly or push a value out
    of its tolerance), drawn by seed and verified once more, are kept as evidence in an NPZ beside the report, the first
    of them as a picture; `evidence=0` keeps and shows none, and training data are never shown. Intervals are
    Clopper-Pearson; undecided samples count as broken at their lower end.
    A predicted value is pushed both ways, to the lowest and the highest that can be reached: in closed form for linear
    models, by one mixed-integer program a direction for trees, else by projected gradient ascent and by random search,
    with linear bounds for what provably cannot be reached. Intervals of errors are percentiles of a bootstrap.
    With a `bound`, samples are attacked in parts, in an order drawn by seed: sixteen, then half as many again a time.
    After each part, and where gradients are followed also after the quick stages, the share that stands is compared
    with the bound by a beta-binomial mixture martingale, whose interval holds at every number of samples at once; the
    measurement ends once the interval leaves the bound. Every interval of an attacked share is of this kind.
    Randomised smoothing adds normal noise in units of the budget of each feature, guesses the class from some copies
    and certifies it with fresh ones, by the lower limit of Clopper and Pearson for its share of the votes. It needs no
    structure and works for any model that classifies. Values beyond the range saturate, which is a part of that model.
    A detector is a score with a threshold, declared in aigov.yaml or its own; the attack hides anomalies and raises
    false alarms. Isolation forests of scikit-learn are answered exactly, by their path lengths.
    A model in a file is loaded and attacked in a process of its own that has no network, sees no other file, starts no
    program and ends at its limits; the facts name the layers that held it. A live object stays where it is; a
    served model (Open Inference Protocol over HTTP, where the network is allowed) is asked from this process, and its
    robust accuracy has no lower end.

    Limits
    Robust accuracy found by attacks is an upper bound: a stronger attack may find more, so it shows weakness and never
    proves strength. Certified accuracy is a lower bound: a proof that is not found proves nothing. Proofs hold for the
    network in exact arithmetic with a margin for single precision; they are loose behind max pooling, and known for
    convolution, linear layers, normalisation, average and max pooling, rectifiers, sigmoid, tanh and sums of branches.
    Robust accuracy is exact for linear models (within l2 a bracket where inputs are whole numbers), and for trees
    within linf and l0 apart from undecided samples (searches cut off, more than 20,000 choices of features and
    categories, and ties that rounding decides). Within l0 a network is proved for each choice of features by itself, in
    pieces where that is too wide, with at most 512 boxes a sample; the decision-based stage does not run. Other sizes
    than the budget itself are attacked with the quick stages. A model too slow for the wall-clock limit is attacked
    less, says so, and gets no lower end; neither does one whose gradients torch could give where torch is not
    installed. Proofs are for ONNX files, linear models and trees. Models with one floating-point input that classify
    or predict one value; categories are numeric codes or one-hot columns, no text. The largest error is that of the
    samples drawn, and no bound for others. Perturbations are digital changes of the samples, no physical ones.
    Samples are taken as independent. The share at which a measurement in parts stopped lies, on average, a little
    further from the bound than the truth; its interval allows for that. What smoothing certifies holds for the
    smoothed model only: whoever ships the model itself has no such proof, and who ships the smoothed one runs it as
    often a sample as copies were drawn. Its distance is L2 whatever the `norm`.

    References:
    Croce and Hein, ICML 2020 (arXiv 2003.01690): Auto-PGD and the difference of logits ratio.
    Andriushchenko et al., ECCV 2020 (arXiv 1912.00049): Square Attack.
    Zhang, Weng, Chen, Hsieh and Daniel, NeurIPS 2018 (arXiv 1811.00866): linear bounds of networks.
    Cohen, Rosenfeld and Kolter, ICML 2019 (arXiv 1902.02918): randomised smoothing.
    Chen, Jordan and Wainwright, IEEE S&P 2020 (arXiv 1904.02144): HopSkipJump.
    Brendel, Rauber and Bethge, ICLR 2018 (arXiv 1712.04248): the boundary attack, where `attackers` demands it.
    Chen, Zhang, Sharma, Yi and Hsieh, AISec 2017 (arXiv 1708.03999): ZOO, where `attackers` demands it.
    Kantchelian, Tygar and Joseph, ICML 2016 (arXiv 1509.07892): trees as mixed-integer programs.
    Athalye, Carlini and Wagner, ICML 2018 (arXiv 1802.00420): obfuscated gradients and BPDA.
    Croce, Andriushchenko, Singh, Flammarion and Hein, AAAI 2022 (arXiv 2006.12834): Sparse-RS.
    Croce and Hein, ICCV 2019 (arXiv 1909.05040): projected gradients onto few features.
    Cinà et al., ICLR 2025 (arXiv 2402.01879): sigma-zero.
    Howard, Ramdas, McAuliffe and Sekhon, Ann. Stat. 49 (2021), 1055-1080: intervals that hold at any stopping time.
    Robbins, Ann. Math. Stat. 41 (1970), 1397-1409: the mixture martingale.
    Clopper and Pearson, Biometrika 26 (1934), 404-413: exact binomial interval.
    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3: percentile intervals.
    """
    from aigov_checks.model.boxed.outside import observe_model  # with the scanner, which a listing needs not

    return observe_model(subject, validated(params), INNER)
