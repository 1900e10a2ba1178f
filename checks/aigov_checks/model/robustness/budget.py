"""How far an input may be moved: size, box and immutable features, from parameters and declarations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, Quantity, UnsupportedInputError, msg
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aigov import Model
    from aigov_checks.model.robustness.params import RobustnessParams

_ACCURACY = re.compile(r"^\s*(?:±|\+/-)?\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")
_SIGNAL_RANK = 2
_PAIR = 2


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """The allowed perturbation of one sample; every array has the shape of a sample.

    `eps` is the half-width (linf) or the semi-axis of the ellipsoid (l2), 0 where a feature cannot be touched.
    """

    norm: str
    eps: Array
    low: Array
    high: Array
    notes: tuple[Message, ...] = ()
    unit: str = ""
    """Unit of `eps` where one size and unit hold for every feature."""

    @property
    def size(self) -> float | None:
        """The size where it is the same for every feature that can be touched, otherwise None."""
        sizes = np.unique(self.eps[self.eps > 0])
        return float(sizes[0]) if len(sizes) == 1 else None


def budget_of(model: Model, features: tuple[str, ...], x: Array, params: RobustnessParams) -> Budget:
    """Return the budget for samples `x` of shape (n, ...).

    Raises:
        UnsupportedInputError: a declaration is missing, unreadable, or does not match the shape of the samples.
    """
    declared = declarations(model, features, x.shape[1:])
    spread = _axes(x)
    low, high = (np.broadcast_to(edge, x.shape[1:]).astype(np.float64).copy() for edge in spread)
    eps = np.empty(x.shape[1:])
    eps[...] = params.eps * (_deviation(x) if params.budget == "std" else 1.0)
    undeclared = not declared or any(range_of(facts, name) is None for _, name, facts in declared)
    notes = (msg("robustness.note.box-from-data"),) if undeclared else ()
    if params.budget == "sensor-accuracy" and not declared:
        raise UnsupportedInputError(msg("robustness.no-accuracy", input="*", model=model.name))
    for place, name, facts in declared:
        limits = range_of(facts, name)
        if limits is not None:
            low[place], high[place] = limits
        if facts.get("attackable", True) is False:
            eps[place] = 0.0
        elif params.budget == "sensor-accuracy":
            eps[place] = _accuracy(facts, name, limits, model.name)
    if not (eps > 0).any():
        raise UnsupportedInputError(msg("robustness.nothing-attackable", model=model.name))
    units = {str(facts.get("unit", "")) for _, _, facts in declared}
    return Budget(params.norm, eps, low, high, notes, units.pop() if len(units) == 1 else "")


def declarations(
    model: Model, features: tuple[str, ...], shape: tuple[int, ...]
) -> list[tuple[Any, str, Mapping[str, Any]]]:  # an index into a sample; values as parsed from YAML
    """Return index into a sample, name and declared facts of each input.

    Raises:
        UnsupportedInputError: several inputs are declared, and their number is not the length of the first axis.
    """
    inputs = model.inputs
    if not inputs:
        return []
    if len(inputs) == 1 and not (len(features) > 1 and next(iter(inputs)) in features):
        name, facts = next(iter(inputs.items()))
        return [(..., name, facts)]
    order = features if set(inputs) <= set(features) else tuple(inputs)
    if not shape or len(order) != shape[0]:
        written = "x".join(map(str, shape))
        raise UnsupportedInputError(
            msg("robustness.inputs-mismatch", model=model.name, inputs=tuple(inputs), shape=written)
        )
    return [(order.index(name), name, facts) for name, facts in inputs.items()] + [
        (place, name, {}) for place, name in enumerate(order) if name not in inputs
    ]


def range_of(facts: Mapping[str, Any], name: str) -> tuple[float, float] | None:  # as parsed from YAML
    """Return the declared range of an input, or None where there is none.

    Raises:
        UnsupportedInputError: it is no pair of finite numbers in order.
    """
    given = facts.get("range")
    if given is None:
        return None
    try:
        low, high = (float(edge) for edge in given)
    except (TypeError, ValueError) as error:
        raise UnsupportedInputError(msg("robustness.bad-range", input=name, value=str(given))) from error
    if not (np.isfinite([low, high]).all() and low < high):
        raise UnsupportedInputError(msg("robustness.bad-range", input=name, value=str(given)))
    return low, high


def _accuracy(facts: Mapping[str, Any], name: str, limits: tuple[float, float] | None, model: str) -> float:
    """Return the declared accuracy in the unit of the input.

    `0.5 %FS` and `0.5 %` are shares of the span of `range` (accuracy class of IEC 60051 style instruments);
    `0.02 g` and `0.02` are absolute.
    """
    given = facts.get("accuracy")
    if given is None:
        raise UnsupportedInputError(msg("robustness.no-accuracy", input=name, model=model))
    try:
        return amount_of(given, str(facts.get("unit", "")), limits)
    except LookupError as error:
        raise UnsupportedInputError(msg("robustness.no-range", input=name, value=str(given), model=model)) from error
    except ValueError as error:
        raise UnsupportedInputError(msg("robustness.bad-accuracy", input=name, value=str(given))) from error


def amount_of(given: object, unit: str, limits: tuple[float, float] | None) -> float:
    """Return an amount in a unit: `0.02 g` and `0.02` as they are, `0.5 %FS` and `0.5 %` as shares of the span.

    Raises:
        ValueError: it is no positive amount in that unit.
        LookupError: it is a share, and there are no limits.
    """
    found = _ACCURACY.match(str(given))
    if found is None or not 0 < float(found[1]) < float("inf"):
        raise ValueError(given)
    number, written = float(found[1]), found[2].replace(" ", "").upper()
    if written in ("%FS", "%", "%FSO", "%SPAN"):
        if limits is None:
            raise LookupError(given)
        return number / 100 * (limits[1] - limits[0])
    if written not in ("", unit.replace(" ", "").upper()):
        raise ValueError(given)
    return number


def _kept(x: Array) -> tuple[int, ...]:
    """Return the axes over which one feature extends: time, height and width, never the channel or a column."""
    return (0,) if x.ndim <= _SIGNAL_RANK else (0, *range(2, x.ndim))


def _axes(x: Array) -> tuple[Array, Array]:
    over = _kept(x)
    return x.min(axis=over, keepdims=True)[0], x.max(axis=over, keepdims=True)[0]


def _deviation(x: Array) -> Array:
    spread = x.std(axis=_kept(x), keepdims=True, dtype=np.float64)[0]
    return np.asarray(spread, dtype=np.float64)


def size_of(budget: Budget, fallback: float) -> Quantity:
    """Return the size of the budget with its unit, or the multiple where sizes differ between features."""
    return Quantity(fallback if budget.size is None else budget.size, budget.unit if budget.size else "")
