"""What an attacker who knows the trade looks at: rows of a table as they are, signals by their spectra.

The envelope spectrum is that of the rectified signal: Randall and Antoni, Mechanical Systems and Signal Processing 25
(2011), 485-520.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from collections.abc import Sequence

Rows = Callable[[Array], Array]
"""From samples (n, ...) to features (n, features)."""
_SIGNAL = 3
_WINDOW = 32
"""A last axis longer than this may be time."""
_BINS, _ENVELOPE = 8, 128
"""Bins of the spectrum that are averaged, and bins of the envelope spectrum, from the lowest."""
_SIDE = 32
"""Values along a side of a picture that are told apart."""
_LEAST = 1e-6


def is_signal(shape: Sequence[int]) -> bool:
    """Return whether samples (n, channels, time) are windows of signals."""
    return len(shape) == _SIGNAL and shape[-1] > _WINDOW


def flat(x: Array) -> Array:
    """Return samples as rows; pictures are averaged in blocks to 32 or fewer along each side."""
    if x.ndim > _SIGNAL:
        for axis in range(1, x.ndim):
            if x.shape[axis] > _SIDE:
                x = _blocks(x, axis)
    return x.reshape(len(x), -1).astype(np.float64)


def features(x: Array) -> Array:
    """Return spectra of signals, rows with spectra of what may be signals, and anything else as rows."""
    if x.shape[-1] <= _WINDOW or x.ndim > _SIGNAL:
        return flat(x)
    rectified = np.abs(x)
    envelope = _spectrum(rectified - rectified.mean(axis=-1, keepdims=True))[..., :_ENVELOPE]
    parts = [flat(_pooled(_spectrum(x))), flat(envelope)]
    return np.concatenate(parts if is_signal(x.shape) else [flat(x), *parts], axis=1)


def _blocks(x: Array, axis: int) -> Array:
    """Return means of equally long blocks along an axis; what is left over at its end is dropped."""
    length = -(-x.shape[axis] // _SIDE)
    count = x.shape[axis] // length
    kept = np.take(x, np.arange(count * length), axis=axis)
    means: Array = kept.reshape(*x.shape[:axis], count, length, *x.shape[axis + 1 :]).mean(axis=axis + 1)
    return means


def _spectrum(x: Array) -> Array:
    magnitudes: Array = np.log(np.abs(np.fft.rfft(x, axis=-1)) + _LEAST)
    return magnitudes


def _pooled(spectrum: Array) -> Array:
    bins = spectrum.shape[-1] // _BINS
    kept = spectrum[..., : bins * _BINS]
    means: Array = kept.reshape(*kept.shape[:-1], bins, _BINS).mean(axis=-1)
    return means
