"""Columns of an Arrow table as arrays: scalar columns, list columns, labels."""

from __future__ import annotations

from typing import Any

from aigov.check import need
from aigov.errors import UnsupportedInputError
from aigov.i18n import msg


def table_columns(
    table: Any, features: list[str], label: str | None, name: str
) -> tuple[Any, Any]:  # an Arrow table; numpy arrays
    """Return samples and labels of a `pyarrow.Table`; `name` is the data set's, for errors.

    Raises:
        UnsupportedInputError: empty cells, lists of unequal length, or columns that are no numbers.
    """
    columns = [_column(table.column(feature), feature, name) for feature in features]
    labels = None if label is None else _labels(table.column(label), label, name)
    return stack_columns(columns, name), labels


def stack_columns(columns: list[Any], name: str) -> Any:  # numpy arrays
    """Return one column of lists as it is, and several columns side by side along axis 1.

    Raises:
        UnsupportedInputError: columns of different shape.
    """
    np = need("numpy", "robustness")
    shapes = {column.shape for column in columns}
    if len(shapes) != 1:
        written = tuple(sorted("x".join(map(str, shape)) for shape in shapes))
        raise UnsupportedInputError(msg("arrays.ragged", name=name, shapes=written))
    if len(columns) == 1 and columns[0].ndim > 1:
        return columns[0]
    return np.stack(columns, axis=1)


def _column(column: Any, feature: str, name: str) -> Any:  # an Arrow column; a numpy array
    pa = need("pyarrow", "pii")
    np = need("numpy", "robustness")
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    sizes: list[int] = [len(array)]
    while pa.types.is_list(array.type) or pa.types.is_large_list(array.type) or pa.types.is_fixed_size_list(array.type):
        if array.null_count:
            raise UnsupportedInputError(msg("arrays.empty-cells", name=name, column=feature))
        lengths = np.asarray(array.value_lengths()) if len(array) else np.zeros(1, dtype=np.int64)
        if lengths.min() != lengths.max():
            low, high = int(lengths.min()), int(lengths.max())
            raise UnsupportedInputError(msg("arrays.unequal-lists", name=name, column=feature, low=low, high=high))
        sizes.append(int(lengths[0]))
        array = array.flatten()
    if array.null_count:
        raise UnsupportedInputError(msg("arrays.empty-cells", name=name, column=feature))
    if not (pa.types.is_floating(array.type) or pa.types.is_integer(array.type) or pa.types.is_boolean(array.type)):
        raise UnsupportedInputError(msg("arrays.not-numeric", name=name, type=str(array.type)))
    return array.to_numpy(zero_copy_only=False).reshape(sizes)


def _labels(column: Any, label: str, name: str) -> Any:  # an Arrow column; a numpy array
    np = need("numpy", "robustness")
    if column.null_count:
        raise UnsupportedInputError(msg("arrays.empty-cells", name=name, column=label))
    values = column.to_pylist()
    return np.array(values, dtype=str) if any(isinstance(value, str) for value in values) else np.array(values)
