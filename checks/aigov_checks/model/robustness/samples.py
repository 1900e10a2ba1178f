"""The samples that are attacked: drawn by seed, shaped for the model, their labels as class numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from aigov import Dataset, MissingInputError, Model, UnsupportedInputError, msg
from aigov_checks.model.robustness.predictor import Array

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Opened


_MOST_LABELS = 10_000


class Drawing(Protocol):
    """What says which samples are drawn."""

    @property
    def samples(self) -> int:
        """Number of samples at most."""

    @property
    def seed(self) -> int:
        """Seed of the draw."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A sample of the data set: `x` of shape (n, ...), labels `y` as given, and all samples for their spread."""

    x: Array
    y: Array
    everything: Array


def draw(dataset: Dataset, params: Drawing) -> Drawn:
    """Return up to `params.samples` rows, drawn without replacement, in the order of the data set.

    Raises:
        MissingInputError: the data set has no files or no labels.
        UnsupportedInputError: it cannot be read.
    """
    arrays = dataset.arrays()
    if arrays.y is None:
        raise MissingInputError(msg("robustness.no-labels", dataset=dataset.name))
    x, y = np.asarray(arrays.x), np.asarray(arrays.y)
    if x.ndim == 1:
        x = x[:, None]
    if x.dtype.kind != "f":
        x = x.astype(np.float64 if x.dtype.itemsize > 2 else np.float32)  # noqa: PLR2004  # float32 holds 24 bits
    rows = np.arange(len(x))
    if params.samples < len(x):
        rows = np.sort(np.random.default_rng(params.seed).choice(len(x), params.samples, replace=False))
    return Drawn(x[rows], y[rows], x)


def sized(model: Model, y: Array) -> Model:
    """Return the model with its number of classes taken from numeric labels where none are declared."""
    if model.classes or y.dtype.kind not in "iub" or not len(y):
        return model
    highest = int(y.max())
    return replace(model, classes=tuple(map(str, range(highest + 1)))) if 0 <= highest < _MOST_LABELS else model


def shaped(x: Array, opened: Opened) -> Array:
    """Return samples in the shape that the model takes; axes of length 1 are added or dropped.

    Raises:
        UnsupportedInputError: the shapes do not match.
    """
    wanted = opened.shape
    if wanted is None or _fits(x.shape[1:], wanted):
        return x
    if _squeezed(x.shape[1:]) == _squeezed(wanted) or (
        None in wanted and _fits(_squeezed(x.shape[1:]), _squeezed(wanted))
    ):
        sizes = iter(_squeezed(x.shape[1:]))
        return x.reshape(len(x), *(1 if axis == 1 else next(sizes) for axis in wanted))
    text = "x".join("?" if axis is None else str(axis) for axis in wanted)
    given = "x".join(map(str, x.shape[1:]))
    raise UnsupportedInputError(msg("robustness.shape", wanted=text, given=given))


def _fits(given: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(given) == len(wanted) and all(
        axis is None or axis == size for size, axis in zip(given, wanted, strict=True)
    )


def _squeezed(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    return tuple(axis for axis in shape if axis != 1)


def check_order(features: tuple[str, ...], opened: Opened) -> None:
    """Let no data set pass whose columns are those of the model in another order.

    Raises:
        UnsupportedInputError: they are.
    """
    names = opened.names
    if features and set(features) == set(names) and features != names:
        wanted = next(name for name, given in zip(names, features, strict=True) if name != given)
        raise UnsupportedInputError(msg("robustness.feature-order", place=names.index(wanted) + 1, feature=wanted[:80]))


def class_numbers(y: Array, model: Model, known: tuple[object, ...], outputs: int) -> Array:
    """Return labels as indices of the model's outputs.

    `known` are the labels that the model itself names (`classes_`); otherwise text is looked up in the declared
    classes, and numbers are the indices.

    Raises:
        UnsupportedInputError: a label that the model has no output for, or more declared classes than outputs.
    """
    if len(model.classes) > outputs:
        raise UnsupportedInputError(
            msg("robustness.more-classes", model=model.name, classes=len(model.classes), outputs=outputs)
        )
    values = y.tolist()
    names = _names(values, model, known)
    if names is not None:
        place = {name: index for index, name in enumerate(names)}
        numbers = np.array([place.get(value, -1) for value in values], dtype=np.int64)
    elif y.dtype.kind in "US":
        raise UnsupportedInputError(msg("robustness.text-labels", model=model.name))
    else:
        whole = y.astype(np.float64)
        numbers = np.where(whole == np.round(whole), whole, -1).astype(np.int64)
    wrong = np.flatnonzero((numbers < 0) | (numbers >= outputs))
    if len(wrong):
        raise UnsupportedInputError(
            msg("robustness.label-out-of-range", count=len(wrong), label=str(values[wrong[0]])[:40], outputs=outputs)
        )
    return numbers


def _names(values: list[object], model: Model, known: tuple[object, ...]) -> tuple[object, ...] | None:
    """Return the labels in the order of the outputs, or None where labels are the indices themselves."""
    if known and set(values) & set(known):
        return known
    if model.classes and any(isinstance(value, str) for value in values):
        return model.classes
    return None
