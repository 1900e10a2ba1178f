"""Parameters of `model.adversarial-detection`."""

from __future__ import annotations

from dataclasses import dataclass

from aigov_checks.model.boxed.ranges import within
from aigov_checks.model.robustness.params import BUDGETS, DENSE, DEVICE, RobustnessParams


@dataclass(frozen=True, slots=True)
class DetectionParams:
    """Which detector is tried, with which attacks, and how long it may take."""

    model: str = ""
    """Name of the model that the detector guards; empty for the first one."""
    dataset: str = "test"
    """Name or purpose of the labelled data set."""
    budget: str = "absolute"
    """What the size of a perturbation is measured in: `absolute` (the input's own unit), `sensor-accuracy` (the
    accuracy class that aigov.yaml declares) or `std` (standard deviations of each feature)."""
    eps: float = 0.01
    """Size of the perturbation, in the unit of `budget`; unused with `sensor-accuracy`, which is declared."""
    norm: str = "linf"
    """`linf` (every value by at most the budget) or `l2` (the Euclidean norm over the budget at most 1)."""
    samples: int = 200
    """Number of samples drawn from the data set without replacement; all of them where it has fewer."""
    seed: int = 0
    """Seed of the draw and of every random step of an attack."""
    confidence: float = 0.95
    """Confidence of the intervals."""
    queries: int = 200
    """Queries a sample that a search without gradients may use at most."""
    steps: int = 30
    """Steps of the thorough gradient stages."""
    nodes: int = 200
    """Branch-and-bound nodes that one search for the exact answer of a forest may use."""
    seconds: float = 300.0
    """Wall clock that the attacks may take, about, judged by the first calls of model and detector; slower ones are
    asked less, and the rates against an attack that knows the detector then have no lower end."""
    call_seconds: float = 120.0
    """Wall clock that loading the model or the detector, or one call of it, may take; one in a file that takes longer
    is stopped and not assessed."""
    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a pickle, trusted by its digest, may hold."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""
    device: str = "cpu"
    """Device of torch on which gradients are computed: `cpu`, `cuda`, `cuda:1`, `mps` or `xpu`. What they find is
    always tried on the original model where that runs."""
    batch_values: int = 65_536
    """Values (samples times sample size) that are attacked at a time, eight samples at least; bounds the memory."""

    @property
    def attack(self) -> RobustnessParams:
        """The same as parameters of the attacks on the model alone, without curve and proofs."""
        return RobustnessParams(
            budget=self.budget,
            eps=self.eps,
            norm=self.norm,
            samples=self.samples,
            seed=self.seed,
            queries=self.queries,
            curve=(),
            steps=self.steps,
            nodes=self.nodes,
            proofs=0,
            seconds=self.seconds / 2,
            batch_values=self.batch_values,
            device=self.device,
        )


def validated(params: DetectionParams) -> DetectionParams:
    """Return the parameters, or say which one cannot be used.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    usable = {
        "budget": params.budget in BUDGETS,
        "norm": params.norm in DENSE,
        "eps": 0 < params.eps < float("inf"),
        "samples": params.samples >= 1,
        "queries": params.queries >= 1,
        "steps": params.steps >= 1,
        "device": DEVICE.fullmatch(params.device) is not None,
        "nodes": params.nodes >= 0,
    }
    within(params, usable)
    return params
