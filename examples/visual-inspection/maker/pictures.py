"""The two data sets of pictures, as NPZ archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from maker.surface import CLASSES, Part, picture

if TYPE_CHECKING:
    from pathlib import Path

TRAIN_SEED, EVAL_SEED = 20250201, 20250202
TRAIN_SIZE, EVAL_SIZE = 2400, 300
_FAINT = 0.05
"""Share of parts whose defect hardly shows: no model can get all of these right."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures x (n, 1, 32, 32) uint8 in grey levels, and labels y (n,) int64."""

    x: np.ndarray
    y: np.ndarray


def take_pictures(size: int, seed: int) -> Pictures:
    """Return `size` pictures, the classes in equal shares and random order."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(size) % len(CLASSES))
    strength = np.where(rng.random(size) < _FAINT, rng.uniform(0.1, 0.3, size), rng.uniform(0.8, 1.2, size))
    parts = [Part(CLASSES[k], s) for k, s in zip(y, strength, strict=True)]
    x = np.stack([picture(part, rng) for part in parts])[:, None]
    return Pictures(x, y.astype(np.int64))


def write_npz(pictures: Pictures, path: Path) -> None:
    """Write the arrays `x` and `y`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=pictures.x, y=pictures.y)
