"""What happens to the pictures of an inspection line: optics, lighting, dirt, motion, mounting, transmission.

Motion and defocus blur, brightness, contrast, noise and compression follow the common corruptions of Hendrycks and
Dietterich (ICLR 2019, arXiv 1903.12261); dust and droplets what lies on lenses (Li, Zhang, Liao and Sander, arXiv
2104.08852); compression the quantised cosine transform of JPEG (ITU-T T.81). A line adds glare, a lamp that lights one
side less, vibration, and a camera that was knocked. Levels are our own, in shares of the picture's height or of the
span of its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import need
from aigov_checks.model.faults.fault import Draw, Fault

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array

_BLOCK = 8
"""Side of the blocks that JPEG transforms."""


def motion_blur(x: Array, draw: Draw) -> Array:
    """Average along the belt over the level of the width."""
    width = max(2, round(draw.level * x.shape[-1]))
    found: Array = _filters().uniform_filter1d(x, width, axis=-1, mode="nearest")
    return found


def defocus(x: Array, draw: Draw) -> Array:
    """Blur by a Gaussian whose deviation is the level of the height."""
    found: Array = _filters().gaussian_filter(x, (0, 0, draw.level * x.shape[-2], draw.level * x.shape[-2]))
    return found


def exposure(x: Array, draw: Draw) -> Array:
    """Scale the light above black by the level."""
    low = draw.channels.spread(draw.channels.low, x.ndim)
    return low + (x - low) * draw.level


def uneven(x: Array, draw: Draw) -> Array:
    """Take the level of the light away at one side of each picture, less and less towards the other side."""
    height, width = x.shape[-2:]
    angle = draw.random.uniform(0, 2 * np.pi, (len(x), 1, 1, 1))
    across = np.arange(width).reshape(1, 1, 1, -1) / max(1, width - 1) - 0.5
    down = np.arange(height).reshape(1, 1, -1, 1) / max(1, height - 1) - 0.5
    way = np.cos(angle) * across + np.sin(angle) * down
    low, high = way.min(axis=(2, 3), keepdims=True), way.max(axis=(2, 3), keepdims=True)
    share = (way - low) / np.maximum(high - low, 1e-12)
    black = draw.channels.spread(draw.channels.low, x.ndim)
    lit: Array = black + (x - black) * (1 - draw.level * share)
    return lit


def contrast(x: Array, draw: Draw) -> Array:
    """Scale around the middle of each picture by the level."""
    middle = x.mean(axis=(-2, -1), keepdims=True)
    flat: Array = middle + (x - middle) * draw.level
    return flat


def glare(x: Array, draw: Draw) -> Array:
    """Add a bright spot whose radius is the level of the height."""
    spot = _spots(x, 1, draw.level, draw)
    lit: Array = x + spot * _span(x, draw)
    return lit


def dust(x: Array, draw: Draw) -> Array:
    """Darken as many small specks as the level says."""
    specks = np.zeros_like(x[:, :1])
    for _ in range(int(draw.level)):
        specks = np.maximum(specks, _spots(x, 1, 0.03, draw))
    low = draw.channels.spread(draw.channels.low, x.ndim)
    dusty: Array = x + (low - x) * np.minimum(specks * 2, 1.0)
    return dusty


def droplets(x: Array, draw: Draw) -> Array:
    """Blur and lighten what is behind as many droplets as the level says."""
    drops = np.zeros_like(x[:, :1])
    for _ in range(int(draw.level)):
        drops = np.maximum(drops, _spots(x, 1, 0.12, draw))
    size = max(1.0, 0.08 * x.shape[-2])
    blurred = _filters().gaussian_filter(x, (0, 0, size, size)) + 0.1 * _span(x, draw)
    wet: Array = x + (blurred - x) * np.minimum(drops * 2, 1.0)
    return wet


def compression(x: Array, draw: Draw) -> Array:
    """Round the coefficients of the cosine transform of blocks of 8 by 8, in steps of the level of the span."""
    fft = need("scipy.fft", "robustness")
    height, width = (-(-size // _BLOCK) * _BLOCK for size in x.shape[-2:])
    padded = np.pad(x, ((0, 0), (0, 0), (0, height - x.shape[-2]), (0, width - x.shape[-1])), mode="edge")
    blocks = padded.reshape(*x.shape[:2], height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    found = fft.dctn(blocks, axes=(3, 5), norm="ortho")
    frequency = 1 + np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK))[None, None, None, :, None, :]
    step = draw.level * frequency * _span(x, draw)[..., None, None]
    restored = fft.idctn(np.round(found / step) * step, axes=(3, 5), norm="ortho").reshape(padded.shape)
    kept: Array = restored[..., : x.shape[-2], : x.shape[-1]]
    return kept


def vibration(x: Array, draw: Draw) -> Array:
    """Shift every row sideways at random by up to the level of the width."""
    reach = max(1, round(draw.level * x.shape[-1]))
    shift = draw.random.integers(-reach, reach + 1, (len(x), 1, x.shape[-2], 1))
    place = np.clip(np.arange(x.shape[-1]) + shift, 0, x.shape[-1] - 1)
    return np.take_along_axis(x, np.broadcast_to(place, x.shape), axis=-1)


def misalignment(x: Array, draw: Draw) -> Array:
    """Move every picture by the level of its size, in a random direction; the edge is repeated."""
    shift = np.round(draw.random.uniform(-1, 1, (2, len(x))) * draw.level * x.shape[-2]).astype(np.int64)
    down = np.clip(np.arange(x.shape[-2])[None] + shift[0][:, None], 0, x.shape[-2] - 1)
    right = np.clip(np.arange(x.shape[-1])[None] + shift[1][:, None], 0, x.shape[-1] - 1)
    rows = np.take_along_axis(x, np.broadcast_to(down[:, None, :, None], x.shape), axis=-2)
    return np.take_along_axis(rows, np.broadcast_to(right[:, None, None, :], x.shape), axis=-1)


def rotation(x: Array, draw: Draw) -> Array:
    """Turn every picture by the level in degrees."""
    turned: Array = _filters().rotate(x, draw.level, axes=(-1, -2), reshape=False, order=1, mode="nearest")
    return turned


def noise(x: Array, draw: Draw) -> Array:
    """Add the noise of a short exposure, a deviation of the level of the span."""
    return x + draw.random.normal(size=x.shape) * draw.level * _span(x, draw)


def _spots(x: Array, strength: float, radius: float, draw: Draw) -> Array:
    """Return a bell at a random place of every picture, shape (n, 1, height, width)."""
    height, width = x.shape[-2:]
    place = draw.random.random((2, len(x), 1, 1, 1))
    down = np.arange(height).reshape(1, 1, -1, 1) / height - place[0]
    right = (np.arange(width).reshape(1, 1, 1, -1) / width - place[1]) * (width / height)
    spots: Array = strength * np.exp(-(down**2 + right**2) / (2 * radius**2))
    return spots


def _span(x: Array, draw: Draw) -> Array:
    return draw.channels.spread(draw.channels.high - draw.channels.low, x.ndim)


def _filters() -> Any:  # scipy has no types
    return need("scipy.ndimage", "robustness")


IMAGE_FAULTS = (
    Fault("motion-blur", (0.05, 0.1, 0.15, 0.25, 0.4), motion_blur, analog=True),
    Fault("defocus-blur", (0.01, 0.02, 0.04, 0.06, 0.1), defocus, analog=True),
    Fault("under-exposure", (0.8, 0.6, 0.4, 0.25, 0.1), exposure, analog=True),
    Fault("over-exposure", (1.2, 1.5, 2, 3, 5), exposure, analog=True),
    Fault("uneven-lighting", (0.15, 0.3, 0.45, 0.6, 0.8), uneven, analog=True),
    Fault("low-contrast", (0.75, 0.5, 0.35, 0.2, 0.1), contrast, analog=True),
    Fault("glare", (0.05, 0.1, 0.15, 0.25, 0.4), glare, analog=True),
    Fault("dust", (2, 5, 10, 20, 40), dust, analog=True),
    Fault("droplets", (1, 2, 4, 6, 10), droplets, analog=True),
    Fault("compression", (0.02, 0.05, 0.1, 0.2, 0.4), compression, analog=True),
    Fault("vibration", (0.02, 0.04, 0.08, 0.12, 0.2), vibration),
    Fault("misalignment", (0.02, 0.05, 0.1, 0.15, 0.25), misalignment),
    Fault("rotation", (2, 5, 10, 20, 45), rotation, analog=True),
    Fault("noise", (0.02, 0.05, 0.1, 0.2, 0.4), noise, analog=True),
)
"""Levels by severity; shares of the height, width or span of values, factors, degrees, or numbers of specks."""
