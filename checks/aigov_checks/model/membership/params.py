"""Parameters of `model.membership`."""

from __future__ import annotations

from dataclasses import dataclass

from aigov_checks.model.boxed.ranges import within

METHODS = ("auto", "lira", "rmia", "loss")
OPINIONS = ("art", "none")


@dataclass(frozen=True, slots=True)
class MembershipParams:
    """Whose membership is sought, how, and how long it may take."""

    model: str = ""
    """Name of the model; empty for the first one."""
    train: str = "train"
    """Name or purpose of the labelled data set that the model was trained on: the members."""
    test: str = "test"
    """Name or purpose of a labelled data set that it was not trained on, from the same source: the non-members."""
    method: str = "auto"
    """`lira`, `rmia` (both train shadow models), `loss` (threshold of the loss), or `auto`: the strongest that the
    model and the time allow."""
    shadows: int = 16
    """Shadow models that are trained where the training can be repeated; 0 for none."""
    second_opinion: str = "art"
    """`art` for the black-box attack of the Adversarial Robustness Toolbox beside ours, or `none`."""
    samples: int = 1000
    """Members, and non-members, drawn at most."""
    seed: int = 0
    """Seed of the draw, of the shadow models and of the attack models."""
    confidence: float = 0.95
    """Confidence of the intervals."""
    seconds: float = 60.0
    """Wall clock that the shadow models may take, about, judged by a first training; fewer are trained where they
    would take longer, and none where two would."""
    call_seconds: float = 120.0
    """Wall clock that loading the model, one call of it, or one training may take; a model in a file that takes
    longer is stopped and not assessed."""
    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a pickle, trusted by its digest, may hold."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""
    batch_values: int = 4_194_304
    """Values (samples times sample size) that the model is given at a time; bounds the memory."""


def validated(params: MembershipParams) -> MembershipParams:
    """Return the parameters, or say which one cannot be used.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    usable = {
        "method": params.method in METHODS,
        "second_opinion": params.second_opinion in OPINIONS,
        "shadows": params.shadows >= 0,
        "samples": params.samples >= 1,
    }
    within(params, usable)
    return params
