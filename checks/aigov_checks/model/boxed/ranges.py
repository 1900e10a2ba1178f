"""Parameters of a check that runs a model, held against what they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aigov import UnsupportedInputError, msg

if TYPE_CHECKING:
    from collections.abc import Mapping


def within(params: Any, usable: Mapping[str, bool]) -> None:  # the check's own dataclass
    """Say which parameter cannot be used, by name, where there is one.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    common = {
        "confidence": 0 < params.confidence < 1,
        "seconds": 0 < params.seconds < float("inf"),
        "call_seconds": 0 < params.call_seconds < float("inf"),
        "batch_values": params.batch_values >= 1,
        "seed": params.seed >= 0,
    }
    for name, good in {**usable, **common}.items():
        if not good:
            value = str(getattr(params, name))
            raise UnsupportedInputError(msg("robustness.bad-parameter", parameter=name, value=value))
