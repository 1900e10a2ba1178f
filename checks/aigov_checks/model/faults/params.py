"""Parameters of `model.faults`."""

from __future__ import annotations

from dataclasses import dataclass

from aigov import UnsupportedInputError, msg
from aigov_checks.model.faults.kinds import SEVERITIES, Kind

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class FaultParams:
    """Which faults are tried, how strong, and on how many samples."""

    model: str = ""
    """Name of the model; empty for the first one."""
    dataset: str = "test"
    """Name or purpose of the labelled data set."""
    kind: str = AUTO
    """What samples are: `signal`, `table` or `image`; `auto` takes it from their shape and the declared inputs."""
    faults: tuple[str, ...] = ()
    """Names of the faults to try, such as `stuck-at`; empty for all that have a meaning for the samples."""
    tolerance: float = 0.0
    """Error of a predicted value that the process bears, in the unit of the output; 0 for the one that aigov.yaml
    declares for the output of the model. Unused for classes."""
    severities: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 5.0)
    """Severities from 1 to 5 that are tried."""
    samples: int = 300
    """Number of samples drawn from the data set without replacement; all of them where it has fewer."""
    seed: int = 0
    """Seed of the draw and of every random part of a fault."""
    confidence: float = 0.95
    """Confidence of the intervals."""
    seconds: float = 300.0
    """Wall clock that the model may take, about; a slower model is asked about fewer samples."""
    call_seconds: float = 120.0
    """Wall clock that loading the model, or one call of it, may take; a model in a file that takes longer is stopped
    and not assessed."""
    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a pickle, trusted by its digest, may hold."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""
    evidence: int = 1
    """Samples that are shown before and under the worst fault: 1, or 0 for none, where no sample of the data set may be
    shown. Training data are never shown."""
    batch_values: int = 4_194_304
    """Values (samples times sample size) that the model is given at a time; bounds the memory."""


def validated(params: FaultParams) -> FaultParams:
    """Return the parameters, or say which one cannot be used.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    ranges = {
        "kind": params.kind in {AUTO, *Kind},
        "severities": bool(params.severities) and set(params.severities) <= set(SEVERITIES),
        "tolerance": 0 <= params.tolerance < float("inf"),
        "samples": params.samples >= 1,
        "confidence": 0 < params.confidence < 1,
        "seconds": 0 < params.seconds < float("inf"),
        "call_seconds": 0 < params.call_seconds < float("inf"),
        "evidence": 0 <= params.evidence <= 1,
        "batch_values": params.batch_values >= 1,
        "seed": params.seed >= 0,
    }
    for name, usable in ranges.items():
        if not usable:
            value = str(getattr(params, name))
            raise UnsupportedInputError(msg("robustness.bad-parameter", parameter=name, value=value))
    return params
