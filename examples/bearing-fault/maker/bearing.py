"""A rolling-element bearing: from its geometry to the rates at which a local fault strikes."""

from __future__ import annotations

import math
from dataclasses import dataclass

CLASSES = ("healthy", "outer-race", "inner-race", "ball")
"""Conditions of the bearing, in the order of the model's outputs."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """Geometry of a deep-groove ball bearing; the defaults are those of a 6205 (lengths in mm)."""

    balls: int = 9
    ball_diameter: float = 7.94
    pitch_diameter: float = 39.04
    contact_angle: float = 0.0
    """In radians."""

    @property
    def _ratio(self) -> float:
        return self.ball_diameter / self.pitch_diameter * math.cos(self.contact_angle)

    @property
    def cage(self) -> float:
        """Cage (fundamental train) frequency in turns a shaft turn."""
        return (1 - self._ratio) / 2

    def strikes(self, fault: str) -> float:
        """Return strikes a shaft turn: BPFO, BPFI, or twice BSF because a ball's flaw meets both races.

        Source: the kinematic equations of rolling bearings, for instance Randall and Antoni, "Rolling
        element bearing diagnostics: a tutorial", Mechanical Systems and Signal Processing 25 (2011), eq. 1-4.
        """
        match fault:
            case "outer-race":
                return self.balls * (1 - self._ratio) / 2
            case "inner-race":
                return self.balls * (1 + self._ratio) / 2
            case "ball":
                return self.pitch_diameter / self.ball_diameter * (1 - self._ratio**2)
            case _:
                raise ValueError(f"no strikes for {fault!r}")
