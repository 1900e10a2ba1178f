"""One picture of a ground steel surface: grinding marks under a lamp, and a scratch, a pit or a stain in the middle.

The line cuts out whatever catches its eye and the network says what it is, so that defects lie near the middle; where
there is none, the eye was caught by the grinding marks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLASSES = ("good", "scratch", "pit", "stain")
"""What is on the surface, in the order of the model's outputs."""
SIDE = 32
"""Pixels a side."""
WHITE = 255.0
"""The camera gives grey levels from 0 to 255."""
ACCURACY = 0.02 * WHITE
"""2 % of the span, in grey levels: what noise and the drift of the lamp alone may do to a pixel."""
_SMOOTH = 11
_DOWN, _RIGHT = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Part:
    """What lies under the camera."""

    defect: str
    strength: float
    """Contrast of the defect, 1 as usual; towards 0 it fades into the grinding marks."""


def picture(part: Part, rng: np.random.Generator) -> np.ndarray:
    """Return uint8 of shape (SIDE, SIDE) in grey levels."""
    image = _ground(rng)
    match part.defect:
        case "scratch":
            image += part.strength * _scratch(rng)
        case "pit":
            image += part.strength * _pit(rng)
        case "stain":
            image += part.strength * _stain(rng)
    noisy = image + rng.normal(0.0, 1.2, image.shape)
    return np.clip(np.round(noisy), 0, WHITE).astype(np.uint8)


def _ground(rng: np.random.Generator) -> np.ndarray:
    """Return grinding marks along one direction, under a lamp that is a little brighter on one side."""
    fine = rng.normal(0.0, 1.0, (SIDE, SIDE + _SMOOTH - 1))
    marks = np.stack([np.convolve(row, np.full(_SMOOTH, 1 / np.sqrt(_SMOOTH)), "valid") for row in fine])
    slope = rng.uniform(-0.3, 0.3, 2)
    lamp = slope[0] * (_DOWN - SIDE / 2) + slope[1] * (_RIGHT - SIDE / 2)
    return rng.uniform(124, 136) + 4.0 * marks + lamp


def _scratch(rng: np.random.Generator) -> np.ndarray:
    """Return a thin dark groove with a bright flank, as the guide of the conveyor cuts it: nearly across the marks."""
    middle, angle = SIDE / 2 + rng.normal(0, 0.8, 2), rng.normal(1.3, 0.12)
    along = (_DOWN - middle[0]) * np.sin(angle) + (_RIGHT - middle[1]) * np.cos(angle)
    across = (_RIGHT - middle[1]) * np.sin(angle) - (_DOWN - middle[0]) * np.cos(angle)
    half, width = rng.uniform(8, 14), rng.uniform(0.9, 1.3)
    ends = 1 / (1 + np.exp(2 * (np.abs(along) - half)))
    groove = np.exp(-((across / width) ** 2)) - 0.5 * np.exp(-(((across - 1.8) / width) ** 2))
    return -rng.uniform(45, 80) * groove * ends


def _pit(rng: np.random.Generator) -> np.ndarray:
    """Return a small dark hole whose far rim catches the light."""
    place, radius = SIDE / 2 + rng.normal(0, 0.8, 2), rng.uniform(1.8, 3.0)
    hole = np.exp(-(((_DOWN - place[0]) ** 2 + (_RIGHT - place[1]) ** 2) / radius**2))
    rim = np.exp(-(((_DOWN - place[0] - radius) ** 2 + (_RIGHT - place[1] - radius) ** 2) / radius**2))
    return rng.uniform(60, 100) * (0.5 * rim - hole)


def _stain(rng: np.random.Generator) -> np.ndarray:
    """Return a soft, irregular patch of oil, darker than the steel around it."""
    middle = SIDE / 2 + rng.normal(0, 1.0, 2)
    patch = np.zeros((SIDE, SIDE))
    for _ in range(int(rng.integers(3, 6))):
        place, radius = middle + rng.normal(0, 2.0, 2), rng.uniform(4.0, 6.0)
        patch = np.maximum(patch, np.exp(-((((_DOWN - place[0]) ** 2 + (_RIGHT - place[1]) ** 2) / radius**2) ** 2)))
    return -rng.uniform(22, 40) * patch
