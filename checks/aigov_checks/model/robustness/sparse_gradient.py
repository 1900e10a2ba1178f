"""Attacks on few features that follow gradients, for a function of samples to values and gradients.

`saliency`: the features that a linear function would change, chosen one after the other (after Papernot et al.,
"The limitations of deep learning in adversarial settings", EuroS&P 2016, arXiv 1511.07528). `pgd_zero`: projected
gradient ascent onto few features (Croce and Hein, "Sparse and imperceivable adversarial attacks", ICCV 2019, arXiv
1909.05040). `sigma_zero`: descent of loss and of a smooth count of the changed features, with a threshold
that adapts (Cinà et al., "Sigma-zero", ICLR 2025, arXiv 2402.01879).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.ball import flat
from aigov_checks.model.robustness.linear_choices import furthest

if TYPE_CHECKING:
    from aigov_checks.model.robustness.ball import Balls
    from aigov_checks.model.robustness.predictor import Array

Pull = Callable[["Array", "Array"], "tuple[Array, Array]"]
"""From samples (k, ...) and their rows among all to values (k,), which are to grow, and gradients (k, ...).

A sample is done where its value is above zero, unless another end is given."""
_ROUNDS = 10
"""Gradients that the choice of features takes at most."""
_MOMENTUM = 0.75
_SMOOTH, _THRESHOLD, _THRESHOLD_STEP = 1e-3, 0.3, 0.01
"""Smoothing of the count, first threshold, and its step, for values in units of their range."""
_LEAST_RATE = 0.1
"""Last rate of a descent, as a share of the first one."""


def saliency(pull: Pull, balls: Balls) -> Array:
    """Return points with features changed in a few rounds, each where the slope promises most."""
    best, standing = balls.x.copy(), np.arange(len(balls))
    rounds = min(_ROUNDS, balls.most)
    for number in range(1, rounds + 1):
        value, gradient = pull(best[standing], standing)
        standing, gradient = standing[~(value > 0)], gradient[~(value > 0)]
        if not len(standing):
            break
        some = _limited(balls.take(standing), -(-balls.most * number // rounds))
        # what was chosen before may be given back where the slope has turned
        best[standing] = furthest(some, np.nan_to_num(gradient)).points
    return best


def pgd_zero(pull: Pull, balls: Balls, steps: int, random: np.random.Generator, end: float = 0.0) -> Array:
    """Return the point of the highest value that was seen, for each sample; one with a value above `end` is done."""
    kinds = balls.kinds
    best, highest = balls.x.copy(), np.full(len(balls), -np.inf)
    if kinds is None or not balls.most:
        return best
    x, low, high = (flat(item) for item in (balls.x, balls.low, balls.high))
    span = np.where(high > low, high - low, 1.0)
    inside = balls.permitted(balls.x + balls.eps * random.uniform(-0.5, 0.5, balls.x.shape))
    points, before, standing = balls.project(inside), balls.x.copy(), np.arange(len(balls))
    for step in range(steps):
        value, gradient = pull(points[standing], standing)
        better = value > highest[standing]
        best[standing[better]], highest[standing[better]] = points[standing[better]], value[better]
        standing, slope = standing[~(value > end)], flat(np.nan_to_num(gradient))[~(value > end)]
        if not len(standing):
            break
        part = balls.take(standing)
        scaled = np.where(high[standing] > low[standing], slope * span[standing], 0.0)
        rate = _falling(step, steps)
        now, last = flat(points[standing]), flat(before[standing])
        ahead = now + rate * span[standing] * _topped(scaled, kinds.features, balls.most)
        ahead += (1 - _MOMENTUM) * (now - last)
        before[standing] = points[standing]
        points[standing] = _nearest(part, ahead, x[standing], span[standing])
    return best


def sigma_zero(pull: Pull, balls: Balls, steps: int) -> Array:
    """Return the first point of each sample that is done within the set, otherwise the last point."""
    kinds, best, standing = balls.kinds, balls.x.copy(), np.arange(len(balls))
    if kinds is None or not balls.most:
        return best
    x, low, high = (flat(item) for item in (balls.x, balls.low, balls.high))
    span, moved = np.where(high > low, high - low, 0.0), np.zeros(x.shape)
    threshold = np.full((len(x), 1), _THRESHOLD)
    for step in range(steps):
        part = balls.take(standing)
        points = part.permitted((x[standing] + moved[standing] * span[standing]).reshape(part.x.shape))
        value, gradient = pull(points, standing)
        inside = part.contain(points)
        best[standing] = points
        done = (value > 0) & inside
        going = ~done
        standing, value, gradient = standing[going], value[going], gradient[going]
        if not len(standing):
            break
        here, away = moved[standing], flat(np.nan_to_num(gradient)) * span[standing]
        away = away / np.maximum(np.abs(away).max(axis=1, keepdims=True), 1e-30) * ~(value > 0)[:, None]
        count = 2 * here * _SMOOTH / (here**2 + _SMOOTH) ** 2 / here.shape[1]
        total = count - away
        rate = _falling(step, steps)
        here = here - rate * total / np.maximum(np.abs(total).max(axis=1, keepdims=True), 1e-30)
        reach = np.where(span[standing] > 0, span[standing], 1.0)
        here = np.clip(here, (low - x)[standing] / reach, (high - x)[standing] / reach)
        sizes = kinds.spread(kinds.summed(np.abs(here)) > threshold[standing], uncounted=False)
        moved[standing] = np.where(sizes, here, 0.0)
        turn = np.where((value > 0)[:, None], _THRESHOLD_STEP, -_THRESHOLD_STEP)
        threshold[standing] = np.clip(threshold[standing] + turn * rate, 0.0, 1.0)
    return best


def _falling(step: int, steps: int) -> float:
    """Return a rate from 1 down along a cosine."""
    return float(_LEAST_RATE + (1 - _LEAST_RATE) * (1 + np.cos(np.pi * step / max(1, steps))) / 2)


def _topped(scaled: Array, features: int, most: int) -> Array:
    """Return slopes in units of the smallest of the largest `most`, so that as many values reach an end at once."""
    place = max(0, scaled.shape[1] - min(most, features, scaled.shape[1]))
    unit = np.partition(np.abs(scaled), place, axis=1)[:, place : place + 1]
    largest = np.maximum(np.abs(scaled).max(axis=1, keepdims=True), 1e-30)
    found: Array = scaled / np.maximum(unit, 1e-3 * largest)
    return found


def _nearest(balls: Balls, ahead: Array, x: Array, span: Array) -> Array:
    """Return the nearest points of the set: the features stay changed by which most distance is saved."""
    kinds = balls.kinds
    clipped = flat(balls.permitted(ahead.reshape(balls.x.shape)))
    if kinds is None:
        return balls.project(clipped.reshape(balls.x.shape))
    saved = (((ahead - x) / span) ** 2 - ((ahead - clipped) / span) ** 2).clip(0)
    found = kinds.limited(clipped, x, balls.most, kinds.summed(saved))
    nearest: Array = found.reshape(balls.x.shape).astype(balls.x.dtype)
    return nearest


def _limited(balls: Balls, most: int) -> Balls:
    return replace(balls, most=min(most, balls.most))
