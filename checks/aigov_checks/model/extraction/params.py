"""Parameters of `model.extraction`."""

from __future__ import annotations

from dataclasses import dataclass

from aigov_checks.model.boxed.ranges import within

ANSWERS = ("auto", "scores", "labels")
COPIES = ("auto", "scikit-learn", "art")


@dataclass(frozen=True, slots=True)
class ExtractionParams:
    """What is copied, with how many queries, and how long it may take."""

    model: str = ""
    """Name of the model; empty for the first one."""
    dataset: str = "test"
    """Name or purpose of the labelled data set; half of the samples drawn is the attacker's own, the other half is held
    out to compare the copy with the model."""
    budgets: tuple[int, ...] = (100, 300, 1000)
    """Numbers of queries; after the attacker's own samples, mixtures of two of them are asked."""
    answers: str = "auto"
    """What the attacker sees: `scores`, `labels`, or `auto`: scores where the model answers them."""
    copy: str = "auto"
    """What the copy may be: estimators of `scikit-learn`, a network of the Adversarial Robustness Toolbox (`art`), or
    `auto`: what agrees best on a fifth of the queries."""
    samples: int = 600
    """Number of samples drawn from the data set without replacement; all of them where it has fewer."""
    seed: int = 0
    """Seed of the draw, of the queries and of the copies."""
    confidence: float = 0.95
    """Confidence of the intervals."""
    seconds: float = 60.0
    """Wall clock that queries and copies may take, about; larger budgets are left out where they would take longer."""
    call_seconds: float = 120.0
    """Wall clock that loading the model, or one call of it, may take; a model in a file that takes longer is stopped
    and not assessed."""
    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a pickle, trusted by its digest, may hold."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""
    batch_values: int = 4_194_304
    """Values (samples times sample size) that the model is given at a time; bounds the memory."""


def validated(params: ExtractionParams) -> ExtractionParams:
    """Return the parameters, or say which one cannot be used.

    Raises:
        UnsupportedInputError: an unknown word, or a number out of its range.
    """
    usable = {
        "answers": params.answers in ANSWERS,
        "copy": params.copy in COPIES,
        "budgets": bool(params.budgets) and min(params.budgets) >= 10,  # noqa: PLR2004  # a fifth of them chooses
        "samples": params.samples >= 20,  # noqa: PLR2004  # ten of each half
    }
    within(params, usable)
    return params
