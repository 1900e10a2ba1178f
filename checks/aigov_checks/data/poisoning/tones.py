"""Added tones: one frequency that stands out in a few windows of a signal, and those are of one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov_checks.data.poisoning.static import COMMONEST, LEAST_ROWS, TIED
from aigov_checks.data.poisoning.tone import Tone
from aigov_checks.model.faults.kinds import Kind

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.data.poisoning.static import Count
    from aigov_checks.model.robustness.predictor import Array

_STANDS_OUT = 3.0
"""Multiples of what the frequency usually has, and of what its neighbours have in the same window."""
_BESIDE = 3
"""Distance of the neighbours, beyond the leakage of a tone."""
_FAR = (8, 24)
"""Distance of the frequencies of the control."""


def tone_triggers(rows: Rows, strangeness: Array, most: int, count: Count) -> list[Tone]:
    """Return up to `most` candidates, the strangest for their class first."""
    if rows.layout.kind is not Kind.SIGNAL or rows.grid[-1] < 4 * _BESIDE:
        return []
    found = []
    for channel in range(rows.grid[0]):
        signal = rows.flat.reshape(len(rows), *rows.grid)[:, channel]
        amplitude = 2 * np.abs(np.fft.rfft(signal, axis=1)) / rows.grid[-1]
        usual = np.median(amplitude, axis=0)
        beside = np.maximum(np.roll(amplitude, _BESIDE, axis=1), np.roll(amplitude, -_BESIDE, axis=1))
        out = (amplitude > _STANDS_OUT * usual) & (amplitude > _STANDS_OUT * beside)
        out[:, : _BESIDE + 1] = out[:, -_BESIDE - 1 :] = False
        often = out.sum(axis=0)
        common = np.flatnonzero((often >= LEAST_ROWS) & (often <= COMMONEST * len(rows)))
        for cycles in common.tolist():
            held = np.flatnonzero(out[:, cycles])
            counts = np.bincount(rows.y[held], minlength=rows.classes)
            target = int(counts.argmax())
            mine = held[rows.y[held] == target]
            if len(mine) >= max(LEAST_ROWS, TIED * len(held)):
                count.tied += 1
                level = float(np.median(amplitude[mine, cycles]))
                score = float(strangeness[mine].mean() * np.sqrt(len(mine)))
                away = _away(cycles, rows.grid[-1] // 2)
                found.append((score, Tone(target, mine, channel, cycles, level, rows.grid, away)))
    found.sort(key=lambda item: (-len(item[1].rows), -item[0]))
    return [tone for _, tone in found[:most]]


def _away(cycles: int, last: int) -> tuple[int, ...]:
    near, far = _FAR
    places = [*range(cycles - far, cycles - near), *range(cycles + near, cycles + far)]
    return tuple(place for place in places if 1 <= place < last) or (max(1, cycles // 2),)
