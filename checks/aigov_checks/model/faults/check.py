"""The check itself: declared measurements, documentation, and the call into the runs."""

from __future__ import annotations

from aigov import Measured, NotPerformed, Subject, check
from aigov_checks.model.faults.boxed import INNER
from aigov_checks.model.faults.params import FaultParams, validated


@check(
    id="model.faults",
    title="Accuracy under sensor faults and corruptions",
    inputs=("model", "dataset"),
    measures={
        "clean_accuracy": "ratio",
        "worst_fault_accuracy": "ratio",
        "mean_fault_accuracy": "ratio",
        "majority_share": "ratio",
        "faults": "count",
        "samples": "count",
        "fault_accuracy": "ratio",
        "rmse": "number",
        "worst_fault_rmse": "number",
        "fault_rmse": "number",
    },
    optional=("rmse", "worst_fault_rmse", "fault_rmse"),
    version=3,
    params=FaultParams,
    extras=("robustness",),
)
def faults(subject: Subject, params: FaultParams) -> Measured | NotPerformed:
    """Measure how often a model is still right when its sensors or camera fail as they do in a plant.

    What it measures
    `fault_accuracy[fault=stuck-at]`: share of the drawn samples that the model classifies as labelled under a fault, at
    the severity of 1 to 5 at which it is lowest. `worst_fault_accuracy`: the lowest of all faults and severities, whose
    interval holds for all of them at once. `mean_fault_accuracy`: the mean over all faults and severities.
    `clean_accuracy`, `majority_share`: as in `model.robustness`. `faults` and `samples`: how many were tried. Of a
    model that predicts a value, right means within the tolerance declared for its output; besides, its root mean
    squared error without a fault (`rmse`), under each at the severity that costs most (`fault_rmse[fault=stuck-at]`),
    and under the worst of them (`worst_fault_rmse`).

    Why it matters
    Sensors drift, stick, saturate and lose packets every day; nobody has to attack for that. A model that answers with
    confidence while its sensor is dead stops a line, or lets a damaged machine run.

    How
    Signals get twenty faults: noise, bias, drift, gain loss and rise, stuck-at, spikes, dropout, packet loss, clock
    jitter and skew, clipping, quantisation, bursts of electromagnetic interference, mains hum of 50 Hz (by the
    declared sampling rate), low-pass, missing and swapped channels, wrong units, polarity. Rows of tables get sixteen,
    a column being a sensor. Images get fourteen: motion and defocus blur, under- and over-exposure, uneven lighting,
    low contrast, glare, dust and droplets, compression, vibration, misalignment, rotation, noise. Severities are in
    standard deviations of the channel over the data set, in shares of the window, the channels or the picture, or
    factors; the numbers stand in signals.py, tables.py and images.py of the pack. What happens before the converter
    saturates at the range that aigov.yaml declares. Every fault is drawn by seed, the same samples are used throughout.
    Intervals are Clopper-Pearson; that of the worst fault is Bonferroni-corrected over all runs, that of the mean
    Hoeffding's. Those of errors are percentiles of a bootstrap, each for its own run. A model in a file runs in the
    sandbox, as for `model.robustness`. One sample is shown before and under the worst fault; `evidence=0` shows none,
    and training data are never shown.

    Limits
    Faults are simulated, each alone and in all samples; a plant has them rarely, together, and in forms of its own. The
    levels are our choice: they order models, and are no failure rates. A model too slow for the
    wall-clock limit is asked about fewer samples. Columns with categories are treated as numbers.

    References:
    Balaban, Saxena, Bansal, Goebel and Curran, IEEE Sensors Journal 9 (2009), 1907-1917: modes of sensor faults.
    Hendrycks and Dietterich, ICLR 2019 (arXiv 1903.12261): common corruptions with five severities.
    Li, Zhang, Liao and Sander, 2021 (arXiv 2104.08852): dust, dirt and moisture on lenses.
    IEC 61000-4-4: electrical fast transients (bursts).
    Hoeffding, J. Am. Stat. Assoc. 58 (1963), 13-30: interval of a mean of bounded values.
    """
    from aigov_checks.model.boxed.outside import observe_model  # with the scanner, which a listing needs not

    return observe_model(subject, validated(params), INNER)
