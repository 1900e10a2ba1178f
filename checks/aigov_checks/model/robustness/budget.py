"""How far an input may be moved: size, box and immutable features, from parameters and declarations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, Quantity, UnsupportedInputError, msg
from aigov_checks.model.robustness.kinds import Kinds
from aigov_checks.model.robustness.kinds_reading import Allowed, Declared, Type, is_attackable, kinds_of, type_of
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

    `eps` is the half-width (linf), the semi-axis of the ellipsoid (l2) or the width of the box (l0), 0 where a value
    cannot be touched, and for categories.
    """

    norm: str
    eps: Array
    low: Array
    high: Array
    notes: tuple[Message, ...] = ()
    unit: str = ""
    """Unit of `eps` where one size and unit hold for every feature."""
    kinds: Kinds | None = None
    """What is no real number, and how many features may change, where there is such a thing."""

    def reach(self, multiple: float) -> Array:
        """Return how far each value may move at a multiple of the budget; with l0 anywhere in its range."""
        return self.eps if self.norm == "l0" else self.eps * multiple

    @property
    def size(self) -> float | None:
        """The size where it is the same for every feature that can be touched, otherwise None; for l0 their number."""
        if self.norm == "l0" and self.kinds is not None:
            return self.kinds.most
        sizes = np.unique(self.eps[self.eps > 0])
        return float(sizes[0]) if len(sizes) == 1 else None


def budget_of(model: Model, features: tuple[str, ...], x: Array, params: RobustnessParams) -> Budget:
    """Return the budget for samples `x` of shape (n, ...).

    Raises:
        UnsupportedInputError: a declaration is missing, unreadable, or does not match the shape of the samples.
    """
    declared = declarations(model, features, x.shape[1:])
    if params.budget == "sensor-accuracy" and not declared:
        raise UnsupportedInputError(msg("robustness.no-accuracy", input="*", model=model.name))
    sparse = params.norm == "l0"
    kinds, notes = kinds_of(declared, x, model, Allowed(round(params.eps) if sparse else None, params.category_changes))
    numbers = [(name, facts) for _, name, facts in declared if type_of(facts, name) is not Type.CATEGORICAL]
    if not declared or any(range_of(facts, name) is None for name, facts in numbers):
        notes = (msg("robustness.note.box-from-data"), *notes)
    low, high, eps = _reach(model, declared, x, params)
    if sparse:
        eps = np.where(eps > 0, np.maximum(high - low, 0.0), 0.0)
    for category in () if kinds is None else kinds.categories:
        low.reshape(-1)[category.places] = category.values.min(axis=0)
        high.reshape(-1)[category.places] = category.values.max(axis=0)
    if not (eps > 0).any() and (kinds is None or not kinds.categories):
        raise UnsupportedInputError(msg("robustness.nothing-attackable", model=model.name))
    units = set() if sparse else {str(facts.get("unit", "")) for _, facts in numbers}
    unit = units.pop() if len(units) == 1 else ""
    return Budget(params.norm, eps, low, high, notes, unit, kinds)


def _reach(model: Model, declared: list[Declared], x: Array, params: RobustnessParams) -> tuple[Array, Array, Array]:
    """Return the lowest and the highest value of each input, and how far it may be moved, as for numbers."""
    low, high = (np.broadcast_to(edge, x.shape[1:]).astype(np.float64).copy() for edge in _axes(x))
    eps = np.empty(x.shape[1:])
    eps[...] = params.eps * (_deviation(x) if params.budget == "std" else 1.0)
    for place, name, facts in declared:
        if type_of(facts, name) is Type.CATEGORICAL:
            eps[place] = 0.0
            continue
        limits = range_of(facts, name)
        if limits is not None:
            low[place], high[place] = limits
        if not is_attackable(facts, name):
            eps[place] = 0.0
        elif params.budget == "sensor-accuracy":
            eps[place] = accuracy_of(facts, name, limits, model.name)
    return low, high, eps


def declarations(model: Model, features: tuple[str, ...], shape: tuple[int, ...]) -> list[Declared]:
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


def accuracy_of(facts: Mapping[str, Any], name: str, limits: tuple[float, float] | None, model: str) -> float:
    """Return the declared accuracy in the unit of the input.

    `0.5 %FS` and `0.5 %` are shares of the span of `range` (accuracy class of IEC 60051 style instruments);
    `0.02 g` and `0.02` are absolute.

    Raises:
        UnsupportedInputError: it is not declared, cannot be read, or is a share of a range that is not declared.
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


def kinds_facts(budget: Budget) -> dict[str, int]:
    """Return how many inputs are whole numbers, how many categories may change, and how many of them at once."""
    if budget.kinds is None:
        return {}
    facts = {
        "whole_number_values": int(budget.kinds.whole.sum()),
        "attackable_categories": len(budget.kinds.categories),
    }
    return facts if budget.norm == "l0" else {**facts, "category_changes": int(budget.kinds.most)}


def size_of(budget: Budget, fallback: float) -> Quantity:
    """Return the size of the budget with its unit, or the multiple where sizes differ between features."""
    return Quantity(fallback if budget.size is None else budget.size, budget.unit if budget.size else "")
