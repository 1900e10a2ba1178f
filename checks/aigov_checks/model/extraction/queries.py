"""What an attacker asks: own samples first, then mixtures of two of them, signals shifted in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.extraction.features import is_signal
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.samples import draw

if TYPE_CHECKING:
    from aigov import Dataset
    from aigov_checks.model.extraction.params import ExtractionParams


_CHOOSING = 5
"""One in so many of the attacker's own samples chooses the copy."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The attacker's own samples, and those that are held out, with their labels as the data set has them."""

    own: Array
    held: Array
    labels: Array


def split_of(dataset: Dataset, params: ExtractionParams) -> Split:
    """Return the samples in two random halves.

    Raises:
        MissingInputError: the data set has no files or no labels.
        UnsupportedInputError: it cannot be read.
    """
    drawn = draw(dataset, params)
    order = np.random.default_rng([params.seed, 1]).permutation(len(drawn.x))
    own, held = order[: len(order) // 2], np.sort(order[len(order) // 2 :])
    return Split(drawn.x[own], drawn.x[held], drawn.y[held])


def queries_of(own: Array, count: int, seed: int) -> Array:
    """Return so many queries; the first ones are the same whatever the count.

    Samples that choose the copy go into no mixture, or a copy would know them already.
    """
    missing = max(0, count - len(own))
    donors = own[~choosing(len(own))]
    draws = np.random.default_rng([seed, 2]).random((missing, 5))  # by rows: a longer list begins with a shorter one
    first, second = (_shifted(donors[(draws[:, at] * len(donors)).astype(np.int64)], draws[:, at + 1]) for at in (0, 2))
    share = (0.5 + 0.5 * draws[:, 4]).astype(own.dtype).reshape(-1, *[1] * (own.ndim - 1))
    return np.concatenate([own[:count], first * share + second * (1 - share)])


def choosing(n: int) -> Array:
    """Return which of the attacker's own samples choose between copies."""
    chosen: Array = np.arange(n) % _CHOOSING == 0
    return chosen


def _shifted(x: Array, shares: Array) -> Array:
    """Return windows of signals turned in time, each by a share of its length; anything else as it is."""
    if not is_signal(x.shape):
        return x
    length = x.shape[-1]
    places = (np.arange(length) + (shares * length).astype(np.int64)[:, None]) % length
    return np.take_along_axis(x, np.broadcast_to(places[:, None], x.shape), axis=-1)
