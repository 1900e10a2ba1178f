"""The labelled rows that are examined: flat, with class codes, and where each stands in the data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Dataset, FrozenMap, Model, Role, UnsupportedInputError, msg
from aigov_checks.model.faults.channels import Layout, layout_of
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.samples import draw

if TYPE_CHECKING:
    from aigov_checks.data.poisoning.params import PoisoningParams

LEAST_ROWS = 50
_MOST_CLASSES = 1000
_ROWS_A_CLASS = 5


@dataclass(frozen=True, slots=True)
class _All:
    samples: int = 2**62
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Labelled rows. `flat` is (n, values) in the order of the layout: channels first."""

    flat: Array
    y: Array
    """Class codes 0..classes-1, shape (n,)."""
    names: Array
    """Label of each code, as the data set has it."""
    places: Array
    """Row of each in the data set."""
    layout: Layout
    grid: tuple[int, ...]
    """Shape of a row as (channels, ...); (columns,) for a table."""

    def __len__(self) -> int:
        return len(self.y)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.names)

    def taken(self, chosen: Array) -> Rows:
        """Return some of the rows."""
        return replace(self, flat=self.flat[chosen], y=self.y[chosen], places=self.places[chosen])

    def labels(self, chosen: Array) -> Rows:
        """Return some of the rows, of which any may be chosen often, with their labels and without their values."""
        return replace(self, flat=self.flat[:0], y=self.y[chosen], places=self.places[chosen])

    def given(self, flat: Array) -> Array:
        """Return flat rows in the shape of the data set."""
        return self.layout.gathered(flat.reshape(len(flat), *self.grid))


def read_rows(dataset: Dataset, model: Model | None, params: PoisoningParams) -> Rows:
    """Return all rows of a labelled data set.

    Raises:
        MissingInputError: no files, or no labels.
        UnsupportedInputError: it cannot be read, is too small, or its labels are not those of a classification.
    """
    drawn = draw(dataset, _All())
    names, y = np.unique(drawn.y, return_inverse=True)
    n = len(y)
    if n < LEAST_ROWS:
        raise UnsupportedInputError(msg("poisoning.few-rows", dataset=dataset.name, rows=n, least=LEAST_ROWS))
    if len(names) == 1:
        raise UnsupportedInputError(msg("poisoning.one-class", dataset=dataset.name, label=str(names[0])[:40]))
    if len(names) > min(_MOST_CLASSES, n // _ROWS_A_CLASS):
        raise UnsupportedInputError(msg("poisoning.no-classes", dataset=dataset.name, labels=len(names), rows=n))
    layout = layout_of(_declared(dataset, model), drawn.x.shape[1:], params.kind)
    spread = layout.spread(drawn.x)
    flat = np.ascontiguousarray(spread.reshape(n, -1)) + 0.0  # no negative zeros
    return Rows(flat, y.reshape(n).astype(np.int64), names, np.arange(n), layout, spread.shape[1:])


def _declared(dataset: Dataset, model: Model | None) -> Model:
    """Return the model whose inputs say what the samples are; without one, the columns of the data set do."""
    if model is not None and model.inputs:
        return model
    inputs: dict[str, FrozenMap[str, Any]] = {name: FrozenMap({}) for name in dataset.features}  # as of a Model
    return Model("", Role.MODEL, inputs=FrozenMap(inputs))


def sampled(rows: Rows, most: int, seed: int) -> Rows:
    """Return up to `most` rows, drawn without replacement, in their order."""
    if most >= len(rows):
        return rows
    return rows.taken(np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False)))
