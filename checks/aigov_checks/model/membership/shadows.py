"""Shadow models: the training repeated on random halves of the samples, so that each sample is in half of them.

Members and non-members are treated alike, so that an attack gains nothing but by what the model keeps of its data.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Quantity, UnsupportedInputError, msg, need
from aigov_checks.model.membership.confidences import answers, log_odds
from aigov_checks.model.robustness.object_predictor import REFUSALS
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov import Message, Model
    from aigov_checks.model.boxed.setting import Setting
    from aigov_checks.model.membership.params import MembershipParams
    from aigov_checks.model.membership.pool import Pool
    from aigov_checks.model.robustness.predictor import Opened

Fit = Callable[[Array, Array, int], Any]  # samples, labels, seed -> a model
_PROBE = 8
"""The first training is of one in so many of the samples; all of them take at least so many times as long."""
_LEAST = 2
_LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Shadows:
    """What the shadow models said: log-odds of shape (shadows, samples), and on which samples each was trained."""

    odds: Array
    trained: Array
    accuracy: float
    """Mean accuracy of the shadow models on samples that they were not trained on."""


def repetition(model: Model, opened: Opened) -> Fit | None:
    """Return a function that trains the model anew, where there is one."""
    if model.retrain is not None:
        return lambda x, y, _: model.retrain(x, y)
    estimator = estimator_of(model, opened)
    return None if estimator is None else lambda x, y, seed: _fitted(estimator, x, y, seed)


def estimator_of(model: Model, opened: Opened) -> Any:  # an estimator of scikit-learn or like one of it
    """Return what can be cloned and trained, None where nothing can."""
    if opened.estimator is not None:
        return opened.estimator
    return model.value if hasattr(model.value, "get_params") and hasattr(model.value, "fit") else None


def _fitted(estimator: Any, x: Array, y: Array, seed: int) -> Any:  # a scikit-learn estimator
    fresh = need("sklearn.base", "robustness").clone(estimator)
    names = [str(name) for name in fresh.get_params()]
    seeds = {name: seed for name in names if name.rpartition("__")[2] == "random_state"}
    threads = {name: None for name in names if name.rpartition("__")[2] == "n_jobs"}
    fresh.set_params(**seeds, **threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fresh.fit(x, y)


def train_shadows(
    fit: Fit, pool: Pool, labels: tuple[object, ...], params: MembershipParams, setting: Setting
) -> tuple[Shadows | None, Message | None]:
    """Return the shadow models' answers, or why there are none; what the reader must know comes beside them."""
    try:
        return _trained(fit, pool, labels, params, setting)
    except UnsupportedInputError as error:
        return None, msg("membership.note.not-repeated", error=error.message)
    except REFUSALS as error:
        return None, msg("membership.note.not-repeated", error=type(error).__name__)


def _trained(
    fit: Fit, pool: Pool, labels: tuple[object, ...], params: MembershipParams, setting: Setting
) -> tuple[Shadows | None, Message | None]:
    limit = Quantity(params.seconds, "seconds")
    rng = np.random.default_rng([params.seed, 1])
    started = perf_counter()
    x, y = pool.training(np.ones(len(pool.x), dtype=bool))
    rows = rng.permutation(len(x))[: max(_LEAST, len(x) // _PROBE)]
    with setting.clock():
        fit(x[rows], y[rows], params.seed)
    if (perf_counter() - started) * _PROBE * _LEAST > params.seconds:
        return None, msg("membership.note.training-too-slow", seconds=limit)
    odds: list[Array] = []
    trained: list[Array] = []
    right: list[float] = []
    started, wanted = perf_counter(), params.shadows
    half = np.zeros(0, dtype=bool)
    while len(odds) < wanted:
        half = ~half if len(odds) % 2 else _half(len(pool.x), rng)
        with setting.clock():
            shadow = fit(*pool.training(half), params.seed + len(odds) + 1)
            scores = answers(shadow, pool.x, labels, int(pool.y.max()) + 1)
        odds.append(log_odds(scores, pool.y))
        trained.append(half)
        right.append(float((scores.argmax(axis=1) == pool.y)[~half].mean()))
        if len(odds) == 1:
            each = max(perf_counter() - started, 1e-9)
            wanted = min(wanted, max(_LEAST, int(params.seconds / each) // 2 * 2))
    found = Shadows(np.array(odds), np.array(trained), float(np.mean(right)))
    fewer = wanted < params.shadows
    return found, msg("membership.note.fewer-shadows", count=wanted, seconds=limit) if fewer else None


def _half(n: int, rng: np.random.Generator) -> Array:
    half = np.zeros(n, dtype=bool)
    half[rng.permutation(n)[: n // 2]] = True
    return half


def lira(odds: Array, shadows: Shadows) -> Array:
    """Return the log-likelihood ratio of each sample being a member.

    Both distributions are normal around the mean of the shadow models with and without the sample, with one spread
    for all samples, as is best for few shadow models. Source: Carlini et al., IEEE S&P 2022 (arXiv 2112.03570),
    algorithm 1 and section VI-B.
    """
    inside, outside = _mean(shadows, shadows.trained), _mean(shadows, ~shadows.trained)
    found = [_log_normal(odds, *part) for part in (inside, outside)]
    ratio: Array = found[0] - found[1]
    return ratio


def _mean(shadows: Shadows, chosen: Array) -> tuple[Array, float]:
    """Return the mean over the chosen shadow models, a sample each, and the spread around it over all samples."""
    count = chosen.sum(axis=0)
    mean = np.where(chosen, shadows.odds, 0).sum(axis=0) / count
    squares = float((np.where(chosen, shadows.odds - mean, 0) ** 2).sum())
    freedom = max(1, int((count - 1).sum()))
    return mean, max(_LEAST_SPREAD, float(np.sqrt(squares / freedom)))


def _log_normal(odds: Array, mean: Array, spread: float) -> Array:
    found: Array = -((odds - mean) ** 2) / (2 * spread**2) - np.log(spread)
    return found


def rmia(odds: Array, shadows: Shadows) -> Array:
    """Return the log of a sample's probability under the model, relative to its mean over the shadow models.

    Source: Zarifzadeh, Liu and Shokri, ICML 2024 (arXiv 2312.03262). Their score is the share of population samples
    that this ratio dominates; with one population for all samples it ranks them as the ratio does.
    """
    mean = (1 / (1 + np.exp(-shadows.odds))).mean(axis=0)
    found: Array = -np.logaddexp(0, -odds) - np.log(np.clip(mean, 1e-12, None))
    return found
