"""A small model trained on the data, which learns a backdoor that any learner would."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import need
from aigov_checks.data.poisoning.content import Features
from aigov_checks.data.poisoning.trigger import Trigger
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.rows import Rows

_UNITS = 64
_EPOCHS = 40
_GAIN = 5.0
"""Input of the network where a candidate is there; it is 0 elsewhere."""
_LARGEST = 12.0
"""Standardised values are cut there: a column that hardly ever moves would drown the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """A network with one hidden layer on standardised values, the spectrum of signals, and which candidates are there.

    It sees the candidates because a learner may: a deep network sees a patch wherever it is, a deep tree one value.
    """

    network: Any  # a scikit-learn estimator
    features: Features
    mean: Array
    scale: Array
    candidates: tuple[Trigger, ...] = ()
    name: str = "surrogate"

    def inputs(self, flat: Array) -> Array:
        """Return what the network sees of flat rows."""
        seen = ((flat - self.mean) / self.scale).astype(np.float32)
        if self.features.kind is Kind.SIGNAL:
            seen = np.concatenate([seen, self.features(flat)], axis=1)
        there = [_GAIN * trigger.holds(flat) for trigger in self.candidates if trigger.family != "blend"]
        found: Array = np.clip(np.column_stack([seen, *there]), -_LARGEST, _LARGEST).astype(np.float32)
        return found

    def predict(self, flat: Array) -> Array:
        """Return the class code of flat rows."""
        found: Array = self.network.predict(self.inputs(flat))
        return found


def surrogate(rows: Rows, features: Features, candidates: tuple[Trigger, ...], seed: int) -> Surrogate:
    """Return a surrogate trained on rows."""
    networks = need("sklearn.neural_network", "robustness")
    exceptions = need("sklearn.exceptions", "robustness")
    network = networks.MLPClassifier(
        (_UNITS,),
        alpha=1e-4,
        batch_size=min(64, len(rows)),
        learning_rate_init=2e-3,
        max_iter=_EPOCHS,
        random_state=seed,
    )
    deviation = rows.flat.std(axis=0)
    made = Surrogate(network, features, rows.flat.mean(axis=0), np.where(deviation > 0, deviation, 1.0), candidates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)  # few epochs are what is wanted
        network.fit(made.inputs(rows.flat), rows.y)
    return made
