"""Parameters of `data.poisoning`."""

from __future__ import annotations

from dataclasses import dataclass

from aigov import UnsupportedInputError, msg
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.faults.params import AUTO

OPINIONS = ("art-activation", "art-spectral")


@dataclass(frozen=True, slots=True)
class PoisoningParams:
    """What is searched for, on how many rows, and when a trigger counts."""

    dataset: str = "train"
    """Name or purpose of the labelled data set that is examined."""
    test: str = "test"
    """Name or purpose of the data set whose rows must not be in it; empty for none."""
    model: str = ""
    """Name of the model that is asked; empty for the first one. Without one a surrogate alone is asked."""
    kind: str = AUTO
    """What samples are: `signal`, `table` or `image`; `auto` takes it from their shape and the declared inputs."""
    rows: int = 20_000
    """Rows in which backdoors and wrong labels are searched for, drawn without replacement."""
    candidates: int = 24
    """Candidate triggers of each family (static, moving, tone, blend) at most that are pasted on clean rows."""
    carriers: int = 200
    """Clean rows of other classes at most on which a candidate is pasted."""
    least_effect: float = 0.1
    """How much more often a trigger must flip the answer than its control."""
    error_rate: float = 0.02
    """Probability at most of one false alarm over all the candidates tried, as far as chance goes (Holm)."""
    neighbours: int = 10
    """Nearest rows that are asked about a label."""
    near: float = 0.05
    """Distance, in standard deviations (root mean square over the columns), below which rows are copies. It is at most
    a tenth of the usual distance to the nearest row, so that dense data are not taken for copies."""
    opinions: tuple[str, ...] = ()
    """Defences of the Adversarial Robustness Toolbox that are also heard, `art-activation` and `art-spectral`. They
    flag rows in clean data too: what they say is noted and never counted."""
    seed: int = 0
    """Seed of every draw."""
    seconds: float = 600.0
    """Wall clock that the search means to take, about; in the sandbox it is stopped well beyond it."""
    call_seconds: float = 120.0
    """Wall clock that loading the model, or one call of it, may take; beyond it only the surrogate is asked."""
    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a pickle, trusted by its digest, may hold."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""
    confidence: float = 0.95
    """Confidence of the intervals."""


def validated(params: PoisoningParams) -> PoisoningParams:
    """Return the parameters, or say which one cannot be used.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    ranges = {
        "kind": params.kind in {AUTO, *Kind},
        "rows": params.rows >= 1,
        "candidates": params.candidates >= 0,
        "carriers": params.carriers >= 1,
        "least_effect": 0 < params.least_effect < 1,
        "error_rate": 0 < params.error_rate < 1,
        "neighbours": params.neighbours >= 1,
        "near": 0 <= params.near < float("inf"),
        "opinions": set(params.opinions) <= set(OPINIONS),
        "seed": params.seed >= 0,
        "seconds": 0 < params.seconds < float("inf"),
        "call_seconds": 0 < params.call_seconds < float("inf"),
        "confidence": 0 < params.confidence < 1,
    }
    for name, usable in ranges.items():
        if not usable:
            value = str(getattr(params, name))
            raise UnsupportedInputError(msg("robustness.bad-parameter", parameter=name, value=value))
    return params
