"""Samples and labels of a data set as numpy arrays, from files or from live objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov.check import need
from aigov.errors import Place, UnsupportedInputError
from aigov.i18n import msg
from aigov.load.array_files import Columns, read_columns
from aigov.load.array_objects import object_columns
from aigov.model import Window

if TYPE_CHECKING:
    from aigov.model import Dataset

_NUMERIC = "fiub"
_SIGNAL_RANK = 3


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPair:
    """Samples `x` of shape (n, ...), finite numbers, and labels `y` of shape (n,), or None where there are none."""

    x: Any  # a numpy array; numpy is not imported by the core
    y: Any  # a numpy array of integers, floats or strings, or None


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads NPZ, NPY, Parquet and CSV, and live arrays and tables; implements `aigov.model.Reader`."""

    def arrays(self, dataset: Dataset) -> ArrayPair:
        """Return samples and labels.

        NPZ: keys `x` and `y` unless the data set declares others; NPY: samples only; Parquet and CSV: `features`
        (by default every column but the label), scalar columns as (n, columns), one list column as (n, time), several
        as (n, channels, time).

        Raises:
            MissingInputError: there is no file.
            UnsupportedInputError: broken, empty, not numeric, not finite, or samples and labels of different number.
            MissingExtraError: numpy or pyarrow is not installed.
        """
        parts = [object_columns(dataset)] if dataset.live else [read_columns(dataset, file) for file in dataset.files]
        if not parts:
            raise UnsupportedInputError(msg("arrays.empty", name=dataset.name))
        samples = _checked_samples(dataset, [part.x for part in parts])
        labels = _checked_labels(dataset, parts, len(samples))
        return ArrayPair(samples, labels)

    def windows(self, dataset: Dataset) -> tuple[Window, ...]:
        """Return the samples as windows of signal: (n, time) is one channel, (n, channels, time) several.

        Raises:
            UnsupportedInputError: the samples are no signals, or as for `arrays`.
        """
        samples = self.arrays(dataset).x
        if samples.ndim not in (_SIGNAL_RANK - 1, _SIGNAL_RANK):
            raise UnsupportedInputError(
                msg("arrays.not-signals", name=dataset.name, shape=_shape(samples)), _place(dataset)
            )
        signals = samples[:, None, :] if samples.ndim < _SIGNAL_RANK else samples
        return tuple(Window(tuple(tuple(map(float, channel)) for channel in sample)) for sample in signals)


def _checked_samples(dataset: Dataset, parts: list[Any]) -> Any:  # numpy arrays
    np = need("numpy", "robustness")
    for part in parts:
        if part.dtype.kind not in _NUMERIC:
            raise UnsupportedInputError(
                msg("arrays.not-numeric", name=dataset.name, type=str(part.dtype)), _place(dataset)
            )
        if part.ndim == 0 or part.shape[1:] != parts[0].shape[1:]:
            shapes = tuple(sorted({_shape(item) for item in parts}))
            raise UnsupportedInputError(msg("arrays.ragged", name=dataset.name, shapes=shapes), _place(dataset))
    samples = np.concatenate(parts) if len(parts) > 1 else parts[0]
    if samples.size == 0:
        raise UnsupportedInputError(msg("arrays.empty", name=dataset.name), _place(dataset))
    finite = np.isfinite(samples).reshape(len(samples), -1)
    if not finite.all():
        row = int(np.flatnonzero(~finite.all(axis=1))[0])
        count = int(finite.size - finite.sum())
        hint = msg("arrays.not-finite.hint")
        raise UnsupportedInputError(
            msg("arrays.not-finite", name=dataset.name, count=count, row=row), _place(dataset), hint
        )
    return samples


def _checked_labels(dataset: Dataset, parts: list[Columns], n: int) -> Any:  # a numpy array
    np = need("numpy", "robustness")
    given = [part.y for part in parts if part.y is not None]
    if not given:
        return None
    labels = np.concatenate([item.reshape(len(item)) if item.size == len(item) else item for item in map(_rows, given)])
    if labels.ndim != 1:
        raise UnsupportedInputError(msg("arrays.label-shape", name=dataset.name, shape=_shape(labels)), _place(dataset))
    if len(labels) != n:
        raise UnsupportedInputError(
            msg("arrays.length", name=dataset.name, samples=n, labels=len(labels)), _place(dataset)
        )
    if labels.dtype.kind not in "fiubUS":
        raise UnsupportedInputError(
            msg("arrays.label-type", name=dataset.name, type=str(labels.dtype)), _place(dataset)
        )
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        row = int(np.flatnonzero(~np.isfinite(labels))[0])
        raise UnsupportedInputError(msg("arrays.label-missing", name=dataset.name, row=row), _place(dataset))
    return labels


def _rows(labels: Any) -> Any:  # a numpy array
    """Return labels with at least one axis, strings of objects as strings."""
    np = need("numpy", "robustness")
    rows = np.atleast_1d(labels)
    if rows.dtype.kind == "O" and all(isinstance(item, str) for item in rows.ravel()):
        return rows.astype(str)
    return rows


def _shape(array: Any) -> str:  # a numpy array
    return "x".join(str(size) for size in array.shape)


def _place(dataset: Dataset) -> Place | None:
    return Place(dataset.found[0].name) if dataset.found else None
