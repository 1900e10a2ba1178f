"""HopSkipJump of the Adversarial Robustness Toolbox, for models that answer labels or piecewise constant scores.

Source: Chen, Jordan and Wainwright, IEEE S&P 2020 (arXiv 1904.02144); implementation: adversarial-robustness-toolbox.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aigov import need
from aigov_checks.model.robustness.predictor import UNDEFINED, Array, one_hot

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls

Predict = Callable[["Array"], "Array"]
_ROAM = 4.0
"""The search starts up to so many budgets away, and comes in from there."""
_FIRST_EVALUATIONS = 50
_MOST_EVALUATIONS = 200
_INITIAL_SIZE = 100
_SEARCH_EVALUATIONS = 30
"""Queries of one binary search and step-size search, about."""
_MOST_ITERATIONS = 50
"""The default of the toolbox."""


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What is attacked: a function from samples to class numbers."""

    predict: Predict
    classes: int
    queries: int
    """Queries a sample, about."""


def hop_skip_jump(model: Decisions, balls: Balls, y: Array, seed: int) -> Array:
    """Return one candidate a sample: the nearest point of another class that was found, not yet moved into the ball.

    Works in units of the budget, so that sizes may differ between features; features that cannot be touched keep
    their value. A sample for which no starting point was found stays as it is.

    Raises:
        MissingExtraError: the toolbox is not installed.
    """
    attacks = need("art.attacks.evasion", "robustness")
    estimators = need("art.estimators.classification", "robustness")
    unit = np.where(balls.eps > 0, balls.eps, 0.0)
    found = balls.x.astype(np.float64)
    for row in range(len(balls)):
        local = _Local(model, found[row].copy(), unit, balls.x.dtype)
        start = _start(local, int(y[row]), np.random.default_rng([seed, row]))
        if start is None:
            continue
        classifier = estimators.BlackBoxClassifier(
            local.answer, local.centre.shape, model.classes + 1, clip_values=(-_ROAM, _ROAM)
        )
        attack = attacks.HopSkipJump(
            classifier,
            norm=np.inf if balls.norm == "linf" else 2,
            max_iter=_iterations(model.queries),
            max_eval=_MOST_EVALUATIONS,
            init_eval=_FIRST_EVALUATIONS,
            verbose=False,
        )
        zero = np.zeros((1, *local.centre.shape), dtype=np.float32)
        with seeded(seed + row):
            nearest = attack.generate(zero, y=one_hot(y[row : row + 1], model.classes + 1), x_adv_init=start[None])[0]
        found[row] = local.centre + nearest * unit
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Local:
    """The model around one sample, in units of the budget."""

    model: Decisions
    centre: Array
    unit: Array
    dtype: np.dtype[np.floating]

    def classes(self, z: Array) -> Array:
        """Return the class of each point; one more class stands for an undefined answer."""
        points = (self.centre + z.astype(np.float64) * self.unit).astype(self.dtype)
        predicted = self.model.predict(points)
        return np.where(predicted == UNDEFINED, self.model.classes, predicted)

    def answer(self, z: Array) -> Array:
        """Return the classes as the toolbox wants them, one-hot."""
        return one_hot(self.classes(z), self.model.classes + 1).astype(np.float32)


def _start(local: _Local, label: int, rng: np.random.Generator) -> Array | None:
    """Return a point of another class, the nearest of some random ones.

    The toolbox would draw its own from a generator that cannot be seeded (`RandomState()` in `_init_sample`).
    """
    reach = np.linspace(_ROAM / _INITIAL_SIZE, _ROAM, _INITIAL_SIZE).reshape(-1, *[1] * local.centre.ndim)
    points = (rng.uniform(-1, 1, (_INITIAL_SIZE, *local.centre.shape)) * reach).astype(np.float32)
    others = np.flatnonzero(local.classes(points) != label)
    return points[others[0]] if len(others) else None


def _iterations(queries: int) -> int:
    """Return how many iterations fit into the queries: iteration i takes 50·sqrt(i) evaluations and a line search."""
    left, done = queries - _INITIAL_SIZE, 0
    while left > 0 and done < _MOST_ITERATIONS:
        done += 1
        left -= round(min(_FIRST_EVALUATIONS * math.sqrt(done), _MOST_EVALUATIONS)) + _SEARCH_EVALUATIONS
    return max(1, done)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which the toolbox uses, and put it back."""
    state = np.random.get_state()  # noqa: NPY002  # see above
    np.random.seed(seed % 2**32)  # noqa: NPY002  # see above
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002  # see above
