"""Black-box attacks of the Adversarial Robustness Toolbox: by decisions (HopSkipJump, boundary) and by scores (ZOO).

Sources: Chen, Jordan and Wainwright, IEEE S&P 2020 (arXiv 1904.02144); Brendel, Rauber and Bethge, ICLR 2018 (arXiv
1712.04248); Chen, Zhang, Sharma, Yi and Hsieh, AISec 2017 (arXiv 1708.03999); implementation:
adversarial-robustness-toolbox.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
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
_STEP = 0.05
"""First step along the boundary and towards the sample, relative to its distance; half the step of ZOO, in budgets."""
_TRIALS = 5
_TRIED = 20
"""Points that are tried at a time, and how often."""
_COORDINATES = 128
"""Features whose slope ZOO estimates at a time; the default of the toolbox."""
_DIFFERENCE = 0.05
"""Part of the budget over which a slope is estimated; the toolbox's 1e-4 is lost in single precision."""
_LARGE = 1e4
"""Weight of the class against the distance, which is bounded anyway; stands for scores that are infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What is attacked: a function from samples to class numbers."""

    predict: Predict
    classes: int
    queries: int
    """Queries a sample, about."""


ByDecisions = Callable[["Decisions", "Balls", "Array", int], "Array"]
"""From a model, allowed sets, labels and a seed to one candidate a sample."""


def hop_skip_jump(model: Decisions, balls: Balls, y: Array, seed: int) -> Array:
    """Return one candidate a sample: the nearest point of another class that was found, not yet moved into the ball.

    Works in units of the budget, so that sizes may differ between features; features that cannot be touched keep
    their value. A sample for which no starting point was found stays as it is.

    Raises:
        MissingExtraError: the toolbox is not installed.
    """
    settings = {
        "norm": np.inf if balls.norm == "linf" else 2,
        "max_iter": _iterations(model.queries),
        "max_eval": _MOST_EVALUATIONS,
        "init_eval": _FIRST_EVALUATIONS,
    }
    return _nearest("HopSkipJump", settings, model, balls, y, seed)


def boundary(model: Decisions, balls: Balls, y: Array, seed: int) -> Array:
    """Return one candidate a sample, as `hop_skip_jump` does, by a walk along the boundary; its distance is L2.

    Raises:
        MissingExtraError: the toolbox is not installed.
    """
    settings = {
        "targeted": False,
        "delta": _STEP,
        "epsilon": _STEP,
        "num_trial": _TRIALS,
        "sample_size": _TRIED,
        "max_iter": max(1, (model.queries - _INITIAL_SIZE) // (2 * _TRIED)),
    }
    return _nearest("BoundaryAttack", settings, model, balls, y, seed)


def zoo(scores: Predict, queries: int, balls: Balls, y: Array, seed: int) -> Array:
    """Return one candidate a sample, by gradients that are estimated from differences of scores, within the budget.

    Raises:
        MissingExtraError: the toolbox is not installed.
    """
    attacks = need("art.attacks.evasion", "robustness")
    estimators = need("art.estimators.classification", "robustness")
    unit = np.where(balls.eps > 0, balls.eps, 0.0)
    found = balls.x.astype(np.float64)
    for row in range(len(balls)):
        centre = found[row].copy()

        def answer(flat: Array, centre: Array = centre) -> Array:
            moved = centre + flat.astype(np.float64).reshape(len(flat), *centre.shape) * unit
            given = scores(moved.astype(balls.x.dtype))
            return np.nan_to_num(given, nan=0.0, posinf=_LARGE, neginf=-_LARGE).astype(np.float32)

        classes = answer(np.zeros((1, centre.size))).shape[1]
        classifier = estimators.BlackBoxClassifier(answer, (centre.size,), classes, clip_values=(-1.0, 1.0))
        beside = min(centre.size, _COORDINATES)
        attack = attacks.ZooAttack(
            classifier,
            learning_rate=_STEP * 2,
            max_iter=max(1, queries // (2 * beside + 1)),
            initial_const=_LARGE,
            use_resize=False,
            use_importance=False,
            nb_parallel=beside,
            variable_h=_DIFFERENCE,
            verbose=False,
        )
        with seeded(seed + row), _quiet():
            moved = attack.generate(np.zeros((1, centre.size), np.float32), y=one_hot(y[row : row + 1], classes))[0]
        found[row] = centre + moved.astype(np.float64).reshape(centre.shape) * unit
    return found


def _nearest(  # noqa: PLR0913, PLR0917  # an attack of the toolbox, its settings, and what every attack needs
    name: str, settings: Mapping[str, object], model: Decisions, balls: Balls, y: Array, seed: int
) -> Array:
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
        attack = getattr(attacks, name)(classifier, verbose=False, **settings)
        zero = np.zeros((1, *local.centre.shape), dtype=np.float32)
        with seeded(seed + row), _quiet():
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the toolbox from warning of every sample; what it found is tried again anyway."""
    logger = logging.getLogger("art")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
