"""Parameters of `model.robustness`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aigov import UnsupportedInputError, msg

BUDGETS = ("absolute", "sensor-accuracy", "std")
ATTACKERS = ("hop-skip-jump", "boundary", "zoo")
NORMS = ("linf", "l2", "l0")
DENSE = NORMS[:2]
"""Norms within which every value moves."""
DEVICE = re.compile(r"(cpu|cuda|mps|xpu)(:\d{1,3})?")
"""Devices that can be asked for."""
MOST_KEPT = 10
"""Adversarial inputs that may be kept as evidence."""


@dataclass(frozen=True, slots=True)
class RobustnessParams:
    """What is attacked, how far an input may be moved, and how long the search may take."""

    model: str = ""
    """Name of the model; empty for the first one."""
    dataset: str = "test"
    """Name or purpose of the labelled data set."""
    budget: str = "absolute"
    """What the size of a perturbation is measured in: `absolute` (the input's own unit), `sensor-accuracy` (the
    accuracy class that aigov.yaml declares) or `std` (standard deviations of each feature)."""
    eps: float = 0.01
    """Size of the perturbation, in the unit of `budget`; unused with `sensor-accuracy`, which is declared. With `l0` a
    whole number of features."""
    tolerance: float = 0.0
    """Error of a predicted value that the process bears, in the unit of the output; 0 for the one that aigov.yaml
    declares for the output of the model. Unused for classes."""
    norm: str = "linf"
    """`linf` (every value by at most the budget), `l2` (the Euclidean norm over the budget at most 1) or `l0` (so many
    features, by any amount within their range; a feature is a column, a one-hot group, a point of time of a channel,
    or a pixel with all of its channels)."""
    category_changes: int = 1
    """Categorical inputs that may change to another category at once, within `linf` and `l2`; only those that
    aigov.yaml declares as attackable change at all. With `l0` they count as features."""
    samples: int = 300
    """Number of samples drawn from the data set without replacement; all of them where it has fewer."""
    seed: int = 0
    """Seed of the draw and of every random step of an attack."""
    confidence: float = 0.95
    """Confidence of the intervals."""
    bound: float = 0.0
    """Bound of the policy on `robust_accuracy`, such as its `$min_robust_accuracy`: samples are attacked part after
    part, and no more once the bound is decided with an error of 1 - `confidence` at most. All intervals then hold at
    whatever sample one stops, and are wider for it. 0 for none: all samples are attacked."""
    queries: int = 1000
    """Queries a sample that the score-based and the decision-based stage may use at most; after gradient stages the
    score-based one ends where an eighth of them in a row broke nothing."""
    attackers: tuple[str, ...] = ()
    """Attacks of the Adversarial Robustness Toolbox that must run besides, on what the searches left standing:
    `hop-skip-jump`, `boundary` (by decisions) and `zoo` (by scores); classes only, and not within `l0`."""
    curve: tuple[float, ...] = (0.5, 1.0, 2.0)
    """Multiples of the budget at which robust accuracy is also measured."""
    steps: int = 100
    """Steps of the thorough gradient stage."""
    nodes: int = 1000
    """Branch-and-bound nodes that one search for the exact answer may use, of which a sample of a forest may need one
    or two a class; a sample that needs more counts as undecided."""
    proofs: int = 300
    """Standing samples at most for which a proof is sought that nothing within the budget breaks them; 0 for none."""
    proof_work: float = 5e8
    """Numbers that the proofs at one size may handle, about; a network that needs more for ten samples has none."""
    smoothing: float = 0.0
    """Standard deviation of the noise of randomised smoothing, in units of the budget of each feature; 0 for none. What
    it certifies is the smoothed model, which votes over noisy copies of its input, and never the model itself."""
    smoothing_samples: int = 1000
    """Noisy copies of a sample with which the smoothed model is certified."""
    smoothing_first: int = 100
    """Noisy copies of a sample from which the class is guessed that is then certified."""
    smoothing_alpha: float = 0.001
    """Probability at most that the certificate of one sample does not hold."""
    seconds: float = 600.0
    """Wall clock that the attacks may take, about, judged by the first calls of the model. A slower model is asked
    about fewer samples, with fewer queries and steps; its robust accuracy then has no lower end. The search for an
    exact answer ends there, and what it has not settled counts as undecided."""
    call_seconds: float = 120.0
    """Wall clock that loading the model, or one call of it, may take; a model in a file that takes longer is stopped
    and not assessed."""
    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a pickle, trusted by its digest, may hold."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""
    device: str = "cpu"
    """Device of torch on which gradients are computed: `cpu`, `cuda`, `cuda:1`, `mps` or `xpu`. What they find is
    always tried on the original model where that runs."""
    evidence: int = 3
    """Adversarial inputs at most that are kept as evidence, drawn by seed, the first of them as a picture in the
    report; 0 for none, where no sample of the data set may be shown. At most 10. Training data are never shown."""
    batch_values: int = 65_536
    """Values (samples times sample size) that are attacked at a time, eight samples at least; bounds the memory."""


def validated(params: RobustnessParams) -> RobustnessParams:
    """Return the parameters, or say which one cannot be used.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    l0 = params.norm == "l0"
    ranges = {
        "budget": params.budget in BUDGETS,
        "norm": params.norm in NORMS,
        "category_changes": params.category_changes >= 0,
        "eps": 0 < params.eps < float("inf"),
        "tolerance": 0 <= params.tolerance < float("inf"),
        "samples": params.samples >= 1,
        "confidence": 0 < params.confidence < 1,
        "bound": 0 <= params.bound < 1,
        "queries": params.queries >= 1,
        "attackers": all(name in ATTACKERS for name in params.attackers),
        "curve": all(0 < point < float("inf") for point in params.curve),
        "steps": params.steps >= 1,
        "nodes": params.nodes >= 0,
        "proofs": params.proofs >= 0,
        "proof_work": 0 < params.proof_work < float("inf"),
        "smoothing": 0 <= params.smoothing < float("inf"),
        "smoothing_samples": params.smoothing_samples >= 1,
        "smoothing_first": params.smoothing_first >= 1,
        "smoothing_alpha": 0 < params.smoothing_alpha < 0.5,  # noqa: PLR2004  # a coin
        "seconds": 0 < params.seconds < float("inf"),
        "call_seconds": 0 < params.call_seconds < float("inf"),
        "device": DEVICE.fullmatch(params.device) is not None,
        "evidence": 0 <= params.evidence <= MOST_KEPT,
        "batch_values": params.batch_values >= 1,
        "seed": params.seed >= 0,
    }
    for name, usable in ranges.items():
        if not usable:
            value = str(getattr(params, name))
            raise UnsupportedInputError(msg("robustness.bad-parameter", parameter=name, value=value))
    if l0 and params.attackers:
        raise UnsupportedInputError(msg("robustness.attacker-l0", attacker=", ".join(params.attackers)))
    if l0 and (params.budget != "absolute" or params.eps != round(params.eps)):
        raise UnsupportedInputError(msg("robustness.l0-size", budget=params.budget, eps=f"{params.eps:g}"))
    return params
