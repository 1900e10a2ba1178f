"""A column that parts n-butane from n-pentane, at steady state: from how it is run to compositions and temperatures.

Constant molar overflow, ideal mixtures and a relative volatility that is constant over the column (McCabe and Thiele,
Industrial and Engineering Chemistry 17 (1925), 605-611).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STAGES, FEED_STAGE = 14, 7
"""Equilibrium stages with the reboiler, counted from below; stage 0 is the reboiler."""
_BUTANE, _PENTANE = (4.35576, 1175.581, -2.071), (3.9892, 1070.617, -40.454)
"""Antoine coefficients for log10(bar) and K (NIST Chemistry WebBook)."""
_BISECTIONS, _NEWTON = 50, 12


@dataclass(frozen=True, slots=True)
class Operation:
    """How the column is run; every field has the shape (n,)."""

    feed: np.ndarray
    """kmol/h of saturated liquid."""
    butane: np.ndarray
    """Mole fraction in the feed."""
    boilup: np.ndarray
    """kmol/h of vapour from the reboiler."""
    reflux: np.ndarray
    """kmol/h of liquid from the condenser."""
    pressure: np.ndarray
    """bar, absolute."""


@dataclass(frozen=True, slots=True)
class State:
    """What follows: mole fraction of butane in the bottoms (n,), and the temperature of each stage in K (n, stages)."""

    bottoms: np.ndarray
    temperature: np.ndarray


def steady_state(operation: Operation) -> State:
    """Return the steady state: the bottoms composition from which the stages lead to the distillate of the balance."""
    middle = boiling(np.full_like(operation.pressure, 0.5), operation.pressure)
    volatility = vapour_pressure(_BUTANE, middle) / vapour_pressure(_PENTANE, middle)
    low, high = np.full_like(middle, 1e-6), operation.butane - 1e-6
    for _ in range(_BISECTIONS):
        bottoms = (low + high) / 2
        stages, top = _climbed(operation, volatility, bottoms)
        too_rich = top > _distillate(operation, bottoms)
        low, high = np.where(too_rich, low, bottoms), np.where(too_rich, bottoms, high)
    stages, _ = _climbed(operation, volatility, bottoms)
    return State(bottoms, np.stack([boiling(x, operation.pressure) for x in stages], axis=1))


def _climbed(operation: Operation, volatility: np.ndarray, bottoms: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return liquid compositions stage by stage from below, and the vapour that leaves the last one."""
    liquid_below = operation.reflux + operation.feed
    drawn = liquid_below - operation.boilup
    x, stages = bottoms, []
    y = bottoms
    for stage in range(STAGES):
        stages.append(np.clip(x, 0, 1))
        y = volatility * x / (1 + (volatility - 1) * x)
        if stage < FEED_STAGE:
            x = (operation.boilup * y + drawn * bottoms) / liquid_below
        else:
            x = (operation.boilup * y + drawn * bottoms - operation.feed * operation.butane) / operation.reflux
        x = np.clip(x, 0, 1)
    return stages, y


def _distillate(operation: Operation, bottoms: np.ndarray) -> np.ndarray:
    """Return the composition of the distillate that closes the balance of the whole column."""
    distilled = operation.boilup - operation.reflux
    drawn = operation.feed - distilled
    return (operation.feed * operation.butane - drawn * bottoms) / distilled


def vapour_pressure(antoine: tuple[float, float, float], kelvin: np.ndarray) -> np.ndarray:
    """Return the vapour pressure in bar."""
    a, b, c = antoine
    return 10 ** (a - b / (kelvin + c))


def boiling(butane: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Return the boiling temperature in K of a liquid (Raoult's law), by Newton's method."""
    kelvin = np.full_like(pressure, 320.0)
    for _ in range(_NEWTON):
        light, heavy = vapour_pressure(_BUTANE, kelvin), vapour_pressure(_PENTANE, kelvin)
        gap = butane * light + (1 - butane) * heavy - pressure
        rise = np.log(10) * (
            butane * light * _BUTANE[1] / (kelvin + _BUTANE[2]) ** 2
            + (1 - butane) * heavy * _PENTANE[1] / (kelvin + _PENTANE[2]) ** 2
        )
        kelvin -= gap / rise
    return kelvin
