"""Columns of numbers from live objects: arrays, pairs, mappings, pandas and Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aigov.check import need
from aigov.errors import UnsupportedInputError
from aigov.i18n import msg
from aigov.load.array_files import Columns
from aigov.load.array_tables import stack_columns, table_columns

if TYPE_CHECKING:
    from aigov.model import Dataset

_PAIR = 2


def object_columns(dataset: Dataset) -> Columns:
    """Return samples and labels of a live data set.

    A pair is (samples, labels); a mapping or table is read by `features` and `label` (a mapping without them by
    the keys `x` and `y`); everything else is an array of samples.

    Raises:
        UnsupportedInputError: a column is missing, or the object is none of these.
    """
    value = dataset.value
    if isinstance(value, tuple) and len(value) == _PAIR:
        return Columns(_array(dataset, value[0]), None if value[1] is None else _array(dataset, value[1]))
    if hasattr(value, "column_names") and hasattr(value, "column"):
        return _arrow(dataset, value)
    if isinstance(value, Mapping):
        return _by_name(dataset, [str(key) for key in value])
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        return _by_name(dataset, [str(name) for name in value.columns])
    return Columns(_array(dataset, value), None)


def _arrow(dataset: Dataset, table: Any) -> Columns:  # a pyarrow.Table
    features, label = _names(dataset, list(table.column_names))
    return Columns(*table_columns(table, features, label, dataset.name))


def _by_name(dataset: Dataset, names: list[str]) -> Columns:
    value = dataset.value
    if isinstance(value, Mapping) and not dataset.features and {"x"} <= set(names) <= {"x", "y"}:
        labels = value.get("y")
        return Columns(_array(dataset, value["x"]), None if labels is None else _array(dataset, labels))
    features, label = _names(dataset, names)
    columns = [_array(dataset, value[name]) for name in features]
    labels = None if label is None else _array(dataset, value[label])
    return Columns(stack_columns(columns, dataset.name), labels)


def _names(dataset: Dataset, names: list[str]) -> tuple[list[str], str | None]:
    wanted = [*dataset.features, *([dataset.label] if dataset.label else [])]
    missing = [name for name in wanted if name not in names]
    if missing:
        known = tuple(names[:20])
        raise UnsupportedInputError(msg("arrays.no-column", name=dataset.name, column=missing[0], known=known))
    return list(dataset.features) or [name for name in names if name != dataset.label], dataset.label


def _array(dataset: Dataset, value: object) -> Any:  # a numpy array
    np = need("numpy", "robustness")
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        kind = type(value).__name__
        raise UnsupportedInputError(msg("arrays.not-numeric", name=dataset.name, type=kind)) from error
